"""A reporter's suspension and warning end before their time."""

from __future__ import annotations

import uuid
from datetime import datetime

from odzew.foundation.errors import NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller
from odzew.notices.misuse import end_misuse, warning_of
from odzew.usecases._misuse import only_leads, the_notice
from odzew.usecases._threads import held_thread
from odzew.usecases.desk import Desk


def end_suspension(*, case: uuid.UUID, notice: uuid.UUID, caller: Caller, desk: Desk, now: datetime) -> None:
    """End the warning of a reporter and what followed from it, by one person. Raises `Forbidden` and `NotFound` (not warned)."""
    only_leads(caller=caller)

    def work() -> None:
        root, row = held_thread(case=case, notice=notice)
        found = warning_of(reporter=the_notice(notice=root).reporter, now=now)
        if found is None:
            raise NotFound("This reporter is not warned.", why="misuse_none")
        writes = Writes()
        end_misuse(writes, misuse=found.id, now=now)
        facts = {"misuse": str(found.id), "notice": str(root)}
        record(writes, kind="reporter.suspension_ended", actor=caller.actor, now=now, case=row.id, facts=facts)
        writes.send()

    atomically(work)
    desk.forget()
