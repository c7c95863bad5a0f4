"""A change of the policy is written down, for people of the desk to look at, try on past cases, and sign."""

from __future__ import annotations

import uuid
from datetime import datetime

from odzew.foundation.errors import Conflict, Forbidden
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import SIGNERS, Caller
from odzew.ledger.policies import in_force_before
from odzew.ledger.policy_changes import ChangeView, draft, hold, open_change
from odzew.usecases._policy_texts import usable
from odzew.usecases.desk import Desk

SHELL = "operator"


def draft_policy(*, text: str, seen: str, caller: Caller | None, desk: Desk, now: datetime) -> uuid.UUID:
    """Keep a text as the open change of the policy; return the change.

    `seen` is the digest of the draft that its author had before them, empty if there was none. `caller` None is the shell, which
    writes no draft over another. What was signed of the draft before is void, and so is a time at which it was to take force.
    Raises `Invalid` with every reason against the text, `Forbidden`, and `Conflict` if somebody else has written meanwhile.
    """
    if caller is not None and caller.role not in SIGNERS:
        raise Forbidden("A lead or a safety officer changes the policy.", why="policy_role")
    policy = usable(text=text)
    actor = caller.actor if caller else SHELL

    def work() -> uuid.UUID:
        writes = Writes()
        # 1. Nobody else writes or signs meanwhile; the draft is still the one that was seen.
        hold()
        change, base = open_change(), in_force_before() or desk.policy.digest
        if (change.digest if change else "") != seen:
            raise Conflict("Somebody has written this draft anew meanwhile; look at it again.", why="policy_moved")
        if policy.digest == base:
            raise Conflict("This is the policy that is in force; nothing would change.", why="policy_same")
        if change and change.digest == policy.digest and change.base == base:
            return change.id
        # 2. Whoever signed the draft before has not signed this one.
        if change and change.state == "proposed":
            facts = _facts(change) | {"why": "changed"}
            record(writes, kind="policy.withdrawn", actor=actor, now=now, facts=facts)
        # 3. The draft; its preview is made by the worker.
        made = draft(
            writes,
            change=change.id if change else None,
            base=base,
            digest=policy.digest,
            version=policy.version,
            name=policy.name,
            text=text,
            author=actor,
            now=now,
        )
        writes.send()
        return made

    return atomically(work)


def _facts(change: ChangeView) -> dict[str, object]:
    return {"change": str(change.id), "policy": change.digest}
