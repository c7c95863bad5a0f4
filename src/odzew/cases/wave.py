"""A wave: cases that came while the breaker slowed unverified claims down, and those whose hides tripped it."""

from __future__ import annotations

import uuid
from datetime import datetime

from odzew.cases.models import UNDECIDED
from odzew.foundation.writes import fetch_all


def wave_since() -> datetime | None:
    """Return when the breaker first slowed a case that nobody has decided, or None when there is no wave."""
    at: datetime | None = fetch_all(
        "SELECT min(wave_at) FROM cases_case WHERE wave_at IS NOT NULL AND state = ANY(%s)", [list(UNDECIDED)]
    )[0][0]
    return at


def wave_members() -> list[uuid.UUID]:
    """Return the undecided cases that the breaker slowed, by place in the queue."""
    sql = "SELECT id FROM cases_case WHERE wave_at IS NOT NULL AND state = ANY(%s) ORDER BY queue_at, id"
    return [r[0] for r in fetch_all(sql, [list(UNDECIDED)])]
