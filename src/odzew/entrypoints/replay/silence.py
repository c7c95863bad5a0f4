"""The promise that is watched at every moment: an open notice has a running clock or a delivered answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from odzew.answers.api import answers_to
from odzew.cases.clocks import Name, armed
from odzew.cases.data import ClockView
from odzew.notices.api import open_handlings

# Clocks that bring a reporter nothing: they guard what the uploader is told, or end a right.
_MUTE: Final = frozenset({"sor_user", "statement_review", "appeal_window", "watch", "ack"})
_CLOSING: Final = frozenset({"removed", "not_removed", "not_found"})
_HOUR: Final = timedelta(hours=1)


def silent_notices(
    *, notices: Sequence[uuid.UUID], cases: Sequence[uuid.UUID], now: datetime, told: set[uuid.UUID] | None = None
) -> frozenset[uuid.UUID]:
    """Return the notices that have neither a running clock nor a delivered answer; `cases` are all that they stand on now.

    `told` remembers notices with a delivered answer from one call to the next: an answer is never taken back.

    Stricter than the words of the promise: only a clock that ends in news, a hide or a decision counts, only while it is not
    overdue, and only an answer that closes the notice; and a notice that is closed must have been told something.
    """
    waiting: dict[uuid.UUID, list[uuid.UUID]] = {}
    for case, handlings in open_handlings(cases=list(cases)).items():
        for h in handlings:
            waiting.setdefault(h.notice, []).append(case)
    running = armed(cases=list(cases))
    known = told if told is not None else set()
    return frozenset(n for n in notices if not _heard(n, waiting.get(n, []), running, now, known))


def _heard(
    notice: uuid.UUID,
    on: list[uuid.UUID],
    running: Mapping[uuid.UUID, Mapping[Name, ClockView]],
    now: datetime,
    told: set[uuid.UUID],
) -> bool:
    if on and all(guarded(running=running[case], now=now, notice=notice) for case in on):
        return True
    if not on and notice in told:
        return True
    answers = [a for a in answers_to(notice=notice) if a.delivered_at is not None and a.kind != "receipt"]
    if answers:
        told.add(notice)
    if not on:
        return bool(answers)
    closed = {a.case for a in answers if a.kind in _CLOSING}
    return all(case in closed or guarded(running=running[case], now=now, notice=notice) for case in on)


def guarded(*, running: Mapping[Name, ClockView], now: datetime, notice: uuid.UUID | None = None) -> bool:
    """Say whether a clock runs that brings news, a hide or a decision: for a notice, or whatever it is for."""
    return any(
        name not in _MUTE and (notice is None or subject in (None, notice)) and clock.due >= now
        for (name, subject), clock in running.items()
    )


@dataclass(slots=True)
class Watch:
    """Adds up how long there was silence, from one look to the next."""

    silent: timedelta = timedelta(0)
    _last: datetime | None = None
    _was: bool = False
    _told: set[uuid.UUID] = field(default_factory=set)

    def look(self, *, notices: Sequence[uuid.UUID], cases: Sequence[uuid.UUID], now: datetime) -> None:
        """Look whether anybody is met by silence from now on; call it in order of time."""
        if self._was and self._last is not None:
            self.silent += now - self._last
        self._last, self._was = now, bool(silent_notices(notices=notices, cases=cases, now=now, told=self._told))

    @property
    def hours(self) -> float:
        """How many hours at least one open notice was met by silence."""
        return self.silent / _HOUR
