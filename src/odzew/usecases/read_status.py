"""A reporter comes back with the code and reads what we answered."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from odzew.answers.api import AnswerView, answers_to
from odzew.cases.rows import read_cases
from odzew.notices.api import by_receipt, view
from odzew.notices.receipt import clean
from odzew.usecases._appeal_windows import window_of_reporter
from odzew.usecases.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a reporter may see: every answer, newest first, and the cases they may ask us to look at again; `too_late` when the time
    for that is over on all of them.

    Nothing here moves because of somebody else: no clock of the case (another reporter may have brought it forward) and no state of
    it (another's appeal may have opened it); the next time is the one that the newest answer promises (practice 5).
    """

    notice: uuid.UUID
    language: str
    answers: tuple[AnswerView, ...]
    may_appeal: tuple[uuid.UUID, ...]
    too_late: bool = False


def read_status(*, code: str, desk: Desk, now: datetime) -> Status | None:
    """Return what the reporter of a code is told, or None: the same for a code that is wrong, expired or was never given.

    It reads only what was told; nothing of the case, of other reporters or of what was found beside it.
    """
    digits = clean(typed=code)
    notice = by_receipt(lookup=desk.keys.receipt_lookup(code=digits)) if digits else None
    known = view(notice=notice) if notice else None
    if notice is None or known is None:
        return None
    closed = known.cases if known.state == "answered" else ()
    ends = {row.id: window_of_reporter(case=row, notice=known, desk=desk, now=now) for row in read_cases(ids=list(closed))}
    in_time = tuple(case for case in closed if (end := ends.get(case)) is None or now <= end)
    return Status(
        notice=notice,
        language=known.language,
        answers=tuple(reversed(answers_to(notice=notice))),
        may_appeal=in_time,
        too_late=bool(closed) and not in_time,
    )
