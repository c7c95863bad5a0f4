"""A reporter comes back with the code and reads what we answered."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from odzew.answers.api import AnswerView, answers_to
from odzew.cases.rows import read_cases
from odzew.notices.api import NoticeView, by_receipt, fingerprints_of, thread
from odzew.notices.receipt import clean
from odzew.usecases._appeal_windows import window_of_reporter
from odzew.usecases._banking import looked_for
from odzew.usecases.desk import Desk
from odzew.usecases.sign_formal_request import FormalState, formal_states


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a reporter may see: every answer, newest first, and the cases they may ask us to look at again; `too_late` when the time
    for that is over on all of them. `fingerprint`: something that they sent is still looked for, and can be taken back. `formal`: the
    formal requests that they signed or may sign.

    Nothing here moves because of somebody else: no clock of the case (another reporter may have brought it forward) and no state of
    it (another's appeal may have opened it); the next time is the one that the newest answer promises (practice 5).
    """

    notice: uuid.UUID
    language: str
    answers: tuple[AnswerView, ...]
    may_appeal: tuple[uuid.UUID, ...]
    too_late: bool = False
    fingerprint: bool = False
    formal: tuple[FormalState, ...] = ()


def read_status(*, code: str, desk: Desk, now: datetime) -> Status | None:
    """Return what the reporter of a code is told, of their report and of what they added to it later.

    None for a code that is wrong, expired or was never given: the same for each.

    It reads only what was told; nothing of the case, of other reporters or of what was found beside it.
    """
    digits = clean(typed=code)
    notice = by_receipt(lookup=desk.keys.receipt_lookup(code=digits)) if digits else None
    told = thread(notice=notice) if notice else []
    if notice is None or not told:
        return None
    closed = {case: one for one in told if one.state == "answered" for case in one.cases}
    in_time = _in_time(closed, desk, now)
    answers = sorted((a for one in told for a in answers_to(notice=one.id)), key=lambda a: (a.at, a.id), reverse=True)
    return Status(
        notice=notice,
        language=told[0].language,
        answers=tuple(answers),
        may_appeal=in_time,
        too_late=bool(closed) and not in_time,
        fingerprint=any(looked_for(hashes=fingerprints_of(notice=one.id), notice=one.id) for one in told),
        formal=formal_states(told=told, first=notice, desk=desk),
    )


def _in_time(closed: dict[uuid.UUID, NoticeView], desk: Desk, now: datetime) -> tuple[uuid.UUID, ...]:
    """Return those of the cases on which the time to ask again is not over."""
    rows = {row.id: row for row in read_cases(ids=list(closed))}
    ends = {case: window_of_reporter(case=row, notice=closed[case], desk=desk, now=now) for case, row in rows.items()}
    return tuple(case for case in closed if (end := ends.get(case)) is None or now <= end)
