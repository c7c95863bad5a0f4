"""The newest cases with what is known around each, read many at once: for whoever judges past cases anew and changes nothing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.cases.data import Surroundings
from odzew.cases.rows import CaseRow, read_cases
from odzew.foundation.ids import first_id
from odzew.foundation.writes import fetch_all

_IDS: Final = (
    "SELECT c.id FROM cases_case c WHERE c.id >= %s AND c.opened_at >= %s AND c.state <> 'merged' ORDER BY c.id DESC LIMIT %s"
)
_AROUND: Final = """
SELECT g.case_id, count(*), sum(i.views), sum(i.reposts), sum(i.views_per_hour), bool_and(i.private),
  coalesce(bool_or(a.marked_until > %s), false), coalesce(bool_or(a.minor), false), bool_or(i.registered), bool_or(NOT i.private)
FROM cases_copyset g JOIN cases_item i ON i.copyset_id = g.id LEFT JOIN cases_account a ON a.id = i.account_id
WHERE g.case_id = ANY(%s) GROUP BY g.case_id
"""
_NOTHING: Final = Surroundings(
    items=0,
    views=0,
    reposts=0,
    views_per_hour=0.0,
    private=False,
    account_marked=False,
    account_minor=False,
    registered=False,
    public=False,
    own=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A case as it is known now, and what stands around it."""

    row: CaseRow
    around: Surroundings


def opened_since(*, since: datetime, limit: int) -> list[uuid.UUID]:
    """Return the newest cases that were opened since a moment, the newest first, at most `limit`."""
    return [row[0] for row in fetch_all(_IDS, [first_id(at=since), since, limit])]


def past_cases(*, ids: list[uuid.UUID], now: datetime) -> list[Past]:
    """Return these cases, without holding them, by two statements however many they are."""
    around = {
        case: Surroundings(
            items=items,
            views=int(views),
            reposts=int(reposts),
            views_per_hour=float(speed),
            private=private,
            account_marked=marked,
            account_minor=minor,
            registered=registered,
            public=public,
            own=False,
        )
        for case, items, views, reposts, speed, private, marked, minor, registered, public in fetch_all(_AROUND, [now, ids])
    }
    return [Past(row=row, around=around.get(row.id, _NOTHING)) for row in read_cases(ids=ids)]
