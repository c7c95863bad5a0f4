"""Shared by the use cases that bring a signed change of the policy into force, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import PersonView, signers
from odzew.ledger.policies import keep
from odzew.ledger.policy_changes import ChangeView, end
from odzew.policy.rules import Policy


def live(*, change: ChangeView, now: datetime) -> list[PersonView]:
    """Return those who signed the change and may still sign: who has left or lost their role counts no more."""
    here = {p.id: p for p in signers(now=now)}
    return [here[s.person] for s in change.signatures if s.person in here]


def bring_into_force(writes: Writes, *, change: ChangeView, policy: Policy, signed: list[str], actor: str, now: datetime) -> None:
    """Put a change in force. `signed`: the pseudonyms of those by whose signatures it is."""
    keep(writes, digest=policy.digest, version=policy.version, name=policy.name, text=change.text, now=now)
    end(writes, change=change.id, state="in_force", now=now)
    facts = {
        "policy": policy.digest,
        "version": policy.version,
        "before": change.base,
        "change": str(change.id),
        "signed": sorted(signed),
    }
    record(writes, kind="policy.in_force", actor=actor, now=now, facts=facts)
