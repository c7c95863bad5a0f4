"""The assumed course of the views: how many a post had at a moment, if nobody had hidden it. Nobody knows it, so three are played."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

from odzew.entrypoints.replay.story import Case, Curve

LEAST_AFTER: Final = 1 / 3
"""In every curve at least a third of the views come after the first notice, so that none makes waiting look harmless."""

# A late burst: a fifth comes steadily, the rest almost all in the last quarter of the time.
_LATE_BASE: Final = 0.2
_LATE_POWER: Final = 8.0


def part_at(*, case: Case, curve: Curve, now: datetime) -> float:
    """Return the part of all views that had happened by `now`: 0 at the posting, 1 when they were counted, never falling.

    What came after the count is in no record; it is left out, then and now alike.
    """
    x = _x(case, now)
    if curve.shape == "steady":
        return x
    if curve.shape == "late":
        return _LATE_BASE * x + (1 - _LATE_BASE) * math.pow(x, _LATE_POWER)
    if x >= 1:
        return 1.0
    power = math.log(curve.after or LEAST_AFTER) / math.log1p(-_x(case, case.first_notice))
    return 1 - math.pow(1 - x, power)


def _x(case: Case, now: datetime) -> float:
    whole = (case.then.counted_at - case.posted).total_seconds()
    return min(max((now - case.posted).total_seconds() / whole, 0.0), 1.0)


def views_at(*, case: Case, curve: Curve, now: datetime) -> float:
    """Return the views of everything together by `now`."""
    return case.then.views * part_at(case=case, curve=curve, now=now)


def reposts_at(*, case: Case, curve: Curve, now: datetime) -> float:
    """Return the reposts of everything together by `now`; they are assumed to come as the views do."""
    return case.then.reposts * part_at(case=case, curve=curve, now=now)


def share_after(*, case: Case, curve: Curve) -> float:
    """Return the part of all views that came after the first notice."""
    return 1 - part_at(case=case, curve=curve, now=case.first_notice)
