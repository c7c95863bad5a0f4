"""The course of a play in words: when it was hidden, decided and served again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from odzew.entrypoints.replay.play import Played
from odzew.entrypoints.replay.story import Case

_SAID: Final = {
    "remove": "removed",
    "keep_withheld": "kept hidden",
    "no_violation": "cleared",
    "not_found": "said to be not found",
    "cannot_judge": "passed on",
}
_HOUR: Final = timedelta(hours=1)


def course_of(*, case: Case, played: Played) -> list[tuple[datetime, str]]:
    """Return what became visible outside or was decided from the first notice on, in order of time."""
    first = case.first_notice
    steps = [(c.at, 1, "served again" if c.served else "hidden") for c in played.changes if c.at >= first]
    steps += [(d.at, 0, f"{_SAID[d.outcome]} by people") for d in played.decisions if d.state == "final"]
    return [(at, what) for at, _, what in sorted(steps)]


def told(*, case: Case, played: Played) -> str:
    """Return the course as one line, in hours from the first notice."""
    steps = [f"{what} at {(at - case.first_notice) / _HOUR:.2f} h" for at, what in course_of(case=case, played=played)]
    served = played.changes[-1].served if played.changes else True
    return "; ".join([*(steps or ["nothing was done"]), "at the end it is " + ("served" if served else "not served")]) + "."
