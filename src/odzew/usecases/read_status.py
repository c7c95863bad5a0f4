"""A reporter comes back with the code and reads what we answered."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from odzew.answers.api import AnswerView, answers_to
from odzew.cases.clocks import armed
from odzew.cases.rows import read_cases
from odzew.notices.api import by_receipt, view
from odzew.notices.receipt import clean
from odzew.usecases._hiding import PROMISING
from odzew.usecases.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a reporter may see: every answer, newest first, when the next one is due, and the cases they may ask us to look at again."""

    notice: uuid.UUID
    language: str
    answers: tuple[AnswerView, ...]
    next_due: datetime | None
    may_appeal: tuple[uuid.UUID, ...]


def read_status(*, code: str, desk: Desk) -> Status | None:
    """Return what the reporter of a code is told, or None: the same for a code that is wrong, expired or was never given.

    It reads only what was told; nothing of the case, of other reporters or of what was found beside it.
    """
    digits = clean(typed=code)
    notice = by_receipt(lookup=desk.keys.receipt_lookup(code=digits)) if digits else None
    known = view(notice=notice) if notice else None
    if notice is None or known is None:
        return None
    running = armed(cases=list(known.cases))
    due = [c.due for clocks in running.values() for (name, _), c in clocks.items() if name in PROMISING]
    decided = tuple(row.id for row in read_cases(ids=list(known.cases)) if not row.undecided)
    return Status(
        notice=notice,
        language=known.language,
        answers=tuple(reversed(answers_to(notice=notice))),
        next_due=min(due) if due and known.state == "open" else None,
        may_appeal=decided if known.state == "answered" else (),
    )
