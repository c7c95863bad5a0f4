"""A reporter who was warned and went on is suspended for a time: their word alone hides nothing at once."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final, Literal

from odzew.foundation.errors import Conflict, Invalid
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller, desk_size
from odzew.notices.misuse import MisuseView, ask_to_suspend, sent_by, suspend, warning_of
from odzew.usecases._misuse import only_leads, the_notice
from odzew.usecases._threads import held_thread
from odzew.usecases.desk import Desk

AFTER: Final = timedelta(days=14)  # from the warning
ALONE: Final = timedelta(hours=24)
LASTS: Final = timedelta(days=30)
Became = Literal["asked", "suspended"]


def suspend_reporter(*, case: uuid.UUID, notice: uuid.UUID, caller: Caller, desk: Desk, now: datetime) -> Became:
    """Ask that a warned reporter be suspended, or, as a second person, suspend them for 30 days; return what became of it.

    Whoever is suspended is still heard: each report is stored, has its clock and its answer, and a child is hidden by that clock. Only what
    their word did at once it does no more, and a trusted source counts as anybody. On a desk of one the same person says it again
    a day later. Raises `Forbidden`, `NotFound`, `Invalid` (not warned, warned lately, nothing unfounded since) and `Conflict` (suspended,
    or their own asking). Law: DSA art. 23(2); docs/decisions/0040.
    """
    only_leads(caller=caller)

    def work() -> Became:
        # 1. The thread is held, then the case; nobody else asks meanwhile.
        root, row = held_thread(case=case, notice=notice)
        first = the_notice(notice=root)
        found = _warned(first.reporter, now)
        writes = Writes()
        facts = {"misuse": str(found.id), "notice": str(root)}
        # 2. The first person asks.
        if found.asked_by is None:
            ask_to_suspend(writes, misuse=found.id, person=caller.id, now=now)
            record(writes, kind="reporter.suspension_asked", actor=caller.actor, now=now, case=row.id, facts=facts)
            writes.send()
            return "asked"
        # 3. Another one agrees; a desk of one sleeps on it.
        _second(found, caller, now)
        until = now + LASTS
        suspend(writes, misuse=found.id, until=until)
        record(writes, kind="reporter.suspended", actor=caller.actor, now=now, case=row.id, facts={**facts, "until": until})
        writes.send()
        return "suspended"

    became = atomically(work)
    desk.forget()
    return became


def _warned(reporter: str, now: datetime) -> MisuseView:
    found = warning_of(reporter=reporter, now=now)
    if found is None or found.warned_at > now - AFTER:
        raise Invalid(f"They are warned first, and {AFTER.days} days before.", why="misuse_first", word=str(AFTER.days))
    if found.suspended(now=now):
        raise Conflict("This reporter is suspended.", why="misuse_suspended")
    last = sent_by(reporter=reporter, now=now).last_cleared
    if last is None or last <= found.warned_at:
        raise Invalid("Nothing that they reported since the warning was cleared.", why="misuse_stopped")
    return found


def _second(found: MisuseView, caller: Caller, now: datetime) -> None:
    if found.asked_by != caller.id:
        return
    if desk_size(now=now) != "solo":
        raise Conflict("You have asked for it; somebody else agrees.", why="misuse_own")
    if found.asked_at is None or now < found.asked_at + ALONE:
        raise Conflict("You have asked for it; say it again a day later.", why="misuse_sleep")
