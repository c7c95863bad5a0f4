"""The queue: which cases stand in it, in its order, a page at a time."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from odzew.cases.data import UNDECIDED
from odzew.cases.rows import CaseRow, read_cases
from odzew.foundation.ids import first_id
from odzew.foundation.writes import fetch_all

_WAITING: Final = "c.state IN (" + ", ".join(f"'{state}'" for state in sorted(UNDECIDED)) + ")"
_DECIDED: Final = f"NOT {_WAITING} AND c.state <> 'merged'"
_OF_PLATFORM: Final = (
    "EXISTS (SELECT 1 FROM cases_copyset g JOIN cases_item i ON i.copyset_id = g.id WHERE g.case_id = c.id AND i.platform_id = %s)"
)
LONG_AGO: Final = datetime.fromisoformat("0001-01-02T00:00:00+00:00")
NO_ID: Final = uuid.UUID(int=0)
LAST_ID: Final = uuid.UUID(int=2**128 - 1)


# What runs beside the decision and is nobody's next step.
QUIET: Final = frozenset({"ack", "sor_user", "appeal_window", "watch", "decision_notice"})
_DUE: Final = (
    "EXISTS (SELECT 1 FROM cases_clock k WHERE k.case_id = c.id AND k.state = 'armed' AND k.due_at <= %s AND k.name <> ALL(%s))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which undecided cases a reader wants to see; what is left at its default asks nothing.

    `due`: a clock that is somebody's next step is due by then.
    `cases`: these and no other.
    """

    regime: str = ""
    hidden: bool | None = None
    danger: bool = False
    due: datetime | None = None
    platform: uuid.UUID | None = None
    states: frozenset[str] = frozenset()
    cases: tuple[uuid.UUID, ...] | None = None

    def conditions(self) -> tuple[str, list[Any]]:
        """Return what a row `c` must fulfil, as SQL that begins with AND, and its values."""
        parts: list[tuple[str, list[Any]]] = []
        if self.regime:
            parts.append(("c.regime = %s", [self.regime]))
        if self.hidden is not None:
            parts.append(("c.withheld = %s", [self.hidden]))
        if self.danger:
            parts.append(("c.flags @> ARRAY['imminent']::text[]", []))
        if self.due is not None:
            parts.append((_DUE, [self.due, sorted(QUIET)]))
        if self.platform is not None:
            parts.append((_OF_PLATFORM, [self.platform]))
        if self.states:
            parts.append(("c.state IN (" + ", ".join(["%s"] * len(self.states)) + ")", sorted(self.states)))
        if self.cases is not None:
            parts.append(("c.id = ANY(%s)", [list(self.cases)]))
        return "".join(f" AND {part}" for part, _ in parts), [value for _, values in parts for value in values]


EVERY: Final = Wanted()


def _rows(ids: list[uuid.UUID]) -> list[CaseRow]:
    known = {row.id: row for row in read_cases(ids=ids)}
    return [known[i] for i in ids if i in known]


def waiting(*, after: tuple[datetime, uuid.UUID] | None, limit: int, wanted: Wanted = EVERY) -> list[CaseRow]:
    """Return undecided cases in the order in which people should take them, from behind `after` (queue place, id) on."""
    at, last = after or (LONG_AGO, NO_ID)
    more, values = wanted.conditions()
    sql = (
        f"SELECT c.id FROM cases_case c WHERE {_WAITING} AND (c.queue_at, c.id) > (%s, %s){more} ORDER BY c.queue_at, c.id LIMIT %s"
    )
    return _rows([r[0] for r in fetch_all(sql, [at, last, *values, limit])])


def opened_since(*, at: datetime, wanted: Wanted = EVERY, most: int) -> int:
    """Return how many undecided cases were opened after this moment, counted no further than `most`."""
    more, values = wanted.conditions()
    sql = f"SELECT count(*) FROM (SELECT 1 FROM cases_case c WHERE {_WAITING} AND c.id >= %s AND c.opened_at > %s{more} LIMIT %s) AS new"
    return int(fetch_all(sql, [first_id(at=at), at, *values, most])[0][0])


def decided(*, before: uuid.UUID | None, limit: int) -> list[CaseRow]:
    """Return decided cases, the newest first, from before the case `before` on."""
    sql = f"SELECT c.id FROM cases_case c WHERE {_DECIDED} AND c.id < %s ORDER BY c.id DESC LIMIT %s"
    return _rows([r[0] for r in fetch_all(sql, [before or LAST_ID, limit])])


def of_platform(*, platform: uuid.UUID, closed: bool, before: uuid.UUID | None, limit: int) -> list[CaseRow]:
    """Return the cases that cover items of a platform, the newest first: their order tells nothing of the queue."""
    which = _DECIDED if closed else _WAITING
    sql = f"SELECT c.id FROM cases_case c WHERE {which} AND c.id < %s AND {_OF_PLATFORM} ORDER BY c.id DESC LIMIT %s"
    return _rows([r[0] for r in fetch_all(sql, [before or LAST_ID, platform, limit])])


def find_case(*, case: uuid.UUID) -> CaseRow | None:
    """Return a case without holding it; a merged one leads to the case it became."""
    for _ in range(8):
        rows = read_cases(ids=[case])
        if not rows or rows[0].merged_into is None:
            return rows[0] if rows else None
        case = rows[0].merged_into
    return None


def how_many_wait() -> int:
    """Return how many cases nobody has decided."""
    return int(fetch_all(f"SELECT count(*) FROM cases_case c WHERE {_WAITING}", [])[0][0])
