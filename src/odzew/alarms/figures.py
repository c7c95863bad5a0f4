"""Figures: how often which alarm rang."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from odzew.foundation.writes import fetch_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang:
    """How often an alarm rang in a time, and how many of these nobody has confirmed."""

    code: str
    times: int
    unconfirmed: int


def rang(*, since: datetime, until: datetime) -> list[Rang]:
    """Return the alarms of that time by code, the most frequent first."""
    sql = (
        'SELECT code, count(*), count(*) FILTER (WHERE confirmed_at IS NULL) FROM alarms_alarm WHERE "at" > %s AND "at" <= %s '
        "GROUP BY code ORDER BY 2 DESC, 1"
    )
    return [Rang(code=code, times=times, unconfirmed=left) for code, times, left in fetch_all(sql, [since, until])]
