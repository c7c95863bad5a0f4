"""A change of the policy is withdrawn before it takes force."""

from __future__ import annotations

import uuid
from datetime import datetime

from odzew.foundation.errors import Conflict, Forbidden
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import SIGNERS, Caller
from odzew.ledger.policy_changes import end, hold, open_change


def withdraw_policy(*, change: uuid.UUID, caller: Caller, now: datetime) -> None:
    """End the open change; every lead and safety officer may, at any time before it takes force. Raises `Forbidden` and `Conflict`."""
    if caller.role not in SIGNERS:
        raise Forbidden("A lead or a safety officer changes the policy.", why="policy_role")

    def work() -> None:
        writes = Writes()
        hold()
        found = open_change()
        if found is None or found.id != change:
            raise Conflict("This draft has ended or was written anew meanwhile; look at it again.", why="policy_moved")
        end(writes, change=change, state="withdrawn", now=now)
        facts = {"change": str(change), "policy": found.digest, "why": "withdrawn"}
        record(writes, kind="policy.withdrawn", actor=caller.actor, now=now, facts=facts)
        writes.send()

    atomically(work)
