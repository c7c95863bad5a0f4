"""Who has which case in hand, and which case a person is handed next.

One living lease a case and one a person. Whoever gives or renews one holds the case, so that two never get the same.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.cases.data import UNDECIDED
from odzew.cases.queue import LONG_AGO, NO_ID
from odzew.decisions.data import LeaseView
from odzew.decisions.models import Lease
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none

_UNDECIDED: Final = "c.state IN (" + ", ".join(f"'{state}'" for state in sorted(UNDECIDED)) + ")"
# A drawn decision is in somebody's hands while its case stays decided and nobody has looked.
_LIVING: Final = (
    "l.ended_at IS NULL AND l.until_at > %s AND l.round = c.round AND CASE WHEN l.double_id IS NULL "
    f"THEN {_UNDECIDED} ELSE NOT {_UNDECIDED} AND EXISTS (SELECT 1 FROM decisions_double o WHERE o.id = l.double_id AND o.round = c.round "
    "AND o.state = 'waiting') END"
)
_SELECT: Final = (
    "SELECT l.id, l.case_id, l.round, l.person_id, l.at, l.until_at, l.double_id FROM decisions_lease l "
    f"JOIN cases_case c ON c.id = l.case_id WHERE {_LIVING} AND "
)


def _view(row: tuple[Any, ...]) -> LeaseView:
    return LeaseView(id=row[0], case=row[1], round=row[2], person=row[3], at=row[4], until=row[5], double=row[6])


def lease_of(*, person: uuid.UUID, now: datetime) -> LeaseView | None:
    """Return what a person has in hand, or None."""
    found = fetch_all(_SELECT + "l.person_id = %s", [now, person])
    return _view(found[0]) if found else None


def leases_on(*, cases: list[uuid.UUID], now: datetime) -> dict[uuid.UUID, LeaseView]:
    """Return which of the cases are in somebody's hands."""
    found = fetch_all(_SELECT + "l.case_id = ANY(%s)", [now, cases])
    return {lease.case: lease for lease in map(_view, found)}


def give(
    *,
    case: uuid.UUID,
    round: int,  # noqa: A002 - the field's word
    person: uuid.UUID,
    until: datetime,
    now: datetime,
    double: uuid.UUID | None = None,
) -> LeaseView | None:
    """Give a case that the caller holds to a person until then; None if they, or another, have just got one."""
    fetch_none(
        "UPDATE decisions_lease l SET ended_at = least(l.until_at, %s), how = 'expired' FROM cases_case c WHERE c.id = l.case_id "
        f"AND l.ended_at IS NULL AND (l.case_id = %s OR l.person_id = %s) AND NOT ({_LIVING})",
        [now, case, person, now],
    )
    lease = LeaseView(id=new_id(now=now), case=case, round=round, person=person, at=now, until=until, double=double)
    writes = Writes()
    row = {"id": lease.id, "case_id": case, "round": round, "person_id": person, "at": now, "until_at": until, "double_id": double}
    writes.insert(Lease, row, conflict="DO NOTHING")
    writes.send()
    return lease if Lease.objects.filter(id=lease.id).exists() else None


def extend(writes: Writes, *, lease: LeaseView, until: datetime) -> None:
    """Let a living lease last until then. The caller holds the case."""
    writes.update(Lease, {"id": lease.id, "until_at": until})


def hand_back(writes: Writes, *, lease: LeaseView, now: datetime) -> None:
    """End a lease without a decision. The caller holds the case."""
    writes.update(Lease, {"id": lease.id, "ended_at": now, "how": "given_back"})


def decided(*, case: uuid.UUID, person: uuid.UUID, now: datetime) -> None:
    """End what this person had in hand of a case: they have decided. The caller holds the case."""
    fetch_none(
        "UPDATE decisions_lease SET ended_at = %s, how = 'decided' WHERE case_id = %s AND person_id = %s AND ended_at IS NULL",
        [now, case, person],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """Who looks for a case, among whom.

    `present`: all who may decide now; `specialists`: those of them a passed-on case waits for; `special`: this person is one.
    `apart`: on a desk of one, the least time between two looks of the same person; None where a second person is there. `skips`: how
    long a case is not handed again to whoever gave it back; `not_today`: kinds that they would rather not be handed now.
    """

    person: uuid.UUID
    present: list[uuid.UUID]
    specialists: list[uuid.UUID]
    special: bool
    apart: timedelta | None
    skips: timedelta
    not_today: tuple[str, ...] = ()


_STANDING: Final = "('awaiting_second', 'disputed', 'passed_on')"
_SAID: Final = (
    f"SELECT 1 FROM decisions_decision d WHERE d.case_id = c.id AND d.round = c.round AND d.state IN {_STANDING} AND d.person_id = "
)
_BEFORE: Final = "SELECT 1 FROM decisions_decision d WHERE d.case_id = c.id AND d.round < c.round AND d.person_id = "
_FREE: Final = f"SELECT 1 FROM unnest(%s::uuid[]) AS p (id) WHERE p.id <> %s AND NOT EXISTS ({_SAID} p.id)"


def in_line(
    *, seeker: Seeker, after: tuple[datetime, uuid.UUID] | None, limit: int, now: datetime, only: uuid.UUID | None = None
) -> list[tuple[datetime, uuid.UUID]]:
    """Return the next cases for somebody, in the queue's order, as (place, case); with `only`, that case if it is one for them.

    Left out is what another has in hand, what this person gave back a short while ago, and what the rules on who may decide leave to
    others. Those rules are `usecases/_may_decide`, which has the last word; what is said twice here keeps a long queue fast.
    """
    at, last = after or (LONG_AGO, NO_ID)
    me, others = seeker.person, seeker.present
    parts: list[tuple[str, list[Any]]] = [
        (f"{_UNDECIDED} AND (c.queue_at, c.id) > (%s, %s)", [at, last]),
        (f"NOT EXISTS (SELECT 1 FROM decisions_lease l WHERE l.case_id = c.id AND l.person_id <> %s AND {_LIVING})", [me, now]),
        (
            "NOT EXISTS (SELECT 1 FROM decisions_lease l WHERE l.case_id = c.id AND l.person_id = %s AND l.how = 'given_back' "
            "AND l.ended_at > %s)",
            [me, now - seeker.skips],
        ),
        (f"NOT (EXISTS ({_BEFORE} %s) AND EXISTS ({_FREE} AND NOT EXISTS ({_BEFORE} p.id)))", [me, others, me]),
    ]
    if seeker.apart is None:
        parts.append((f"NOT EXISTS ({_SAID} %s AND (d.state <> 'passed_on' OR EXISTS ({_FREE})))", [me, others, me]))
    else:
        parts.append((f"NOT EXISTS ({_SAID} %s AND d.state <> 'passed_on' AND d.at > %s)", [me, now - seeker.apart]))
    if not seeker.special:
        parts.append((f"NOT (c.state = 'specialist' AND EXISTS ({_FREE}))", [seeker.specialists, me]))
    if seeker.not_today:
        parts.append(("NOT c.kinds && %s::text[]", [list(seeker.not_today)]))
    if only is not None:
        parts.append(("c.id = %s", [only]))
    where = " AND ".join(part for part, _ in parts)
    values = [value for _, values in parts for value in values]
    sql = f"SELECT c.queue_at, c.id FROM cases_case c WHERE {where} ORDER BY c.queue_at, c.id LIMIT %s"
    return [(place, case) for place, case in fetch_all(sql, [*values, limit])]
