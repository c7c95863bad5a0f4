"""Figures over many cases: appeals and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.foundation.ids import first_id
from odzew.foundation.writes import fetch_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Appealed:
    """The appeals of one side in a time: how many wait, were upheld, were rejected, and how long the answer took, in seconds."""

    by: str
    open: int
    upheld: int
    rejected: int
    median: float | None
    p90: float | None


_APPEALS: Final = """
SELECT by, count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE state = 'upheld'), count(*) FILTER (WHERE state = 'rejected'),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - "at")::float),
  percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - "at")::float)
FROM decisions_appeal WHERE id >= %s AND "at" > %s AND "at" <= %s GROUP BY by
"""
SIDES: Final = ("reporter", "uploader")


def appeals(*, since: datetime, until: datetime) -> list[Appealed]:
    """Return the appeals of that time by side, both always."""
    found = {r[0]: r[1:] for r in fetch_all(_APPEALS, [first_id(at=since), since, until])}
    nothing = (0, 0, 0, None, None)
    names = ("open", "upheld", "rejected", "median", "p90")
    return [Appealed(by=side, **dict(zip(names, found.get(side, nothing), strict=True))) for side in SIDES]
