"""What kept the words of a case longer ends before its time."""

from __future__ import annotations

import uuid
from datetime import datetime

from odzew.cases.rows import lock_case
from odzew.foundation.errors import NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller
from odzew.notices.erasure import end_hold as end
from odzew.usecases.hold_words import only_holders


def end_hold(*, case: uuid.UUID, hold: uuid.UUID, caller: Caller, now: datetime) -> None:
    """End a hold now; words that are due go with the next round. Raises `Forbidden` and `NotFound` (no such hold is running)."""
    only_holders(caller=caller)

    def work() -> None:
        row = lock_case(case=case)
        if not end(hold=hold, case=row.id, now=now):
            raise NotFound("No such hold is running on this case.", why="hold_none")
        writes = Writes()
        record(writes, kind="words.released", actor=caller.actor, now=now, case=row.id, facts={"hold": str(hold)})
        writes.send()

    atomically(work)
