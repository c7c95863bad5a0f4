"""The first policy of a desk is kept, whole, before anything is decided under it. Every later one is signed by people."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from odzew.alarms.api import ring
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.policies import in_force_before, keep, text_of, was_in_force
from odzew.ledger.policy_changes import hold
from odzew.policy.rules import Policy
from odzew.usecases._policy_texts import readable


def put_policy_in_force(*, policy: Policy, text: str, now: datetime, pretend: bool = False) -> bool:
    """Keep the policy of the settings and put its coming into force on the record; return whether it did.

    Only where none is in force, or where this release cannot use the one that is; then an alarm rings. Called by every worker when it
    starts; of several at once, one writes it. `pretend`: one that was never in force takes force, on the pretend desk of a demo.
    """
    with transaction.atomic():
        hold()
        before = in_force_before()
        unusable = before is not None and readable(text_of(digest=before) or "") is None
        if before == policy.digest or not (before is None or unusable or (pretend and not was_in_force(digest=policy.digest))):
            return False
        writes = Writes()
        keep(writes, digest=policy.digest, version=policy.version, name=policy.name, text=text, now=now)
        facts = {"policy": policy.digest, "version": policy.version, "before": before or ""}
        if unusable:
            facts["why"] = "unusable"
            ring(writes, code="policy_unusable", now=now)
        record(writes, kind="policy.in_force", actor="desk", now=now, facts=facts)
        writes.send()
    return True
