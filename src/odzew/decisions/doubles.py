"""Final decisions that were drawn: who is handed one, who looks, and the case as it stood when the first person decided.

Whoever is handed one sees the case without the first answer and all that followed from it, on every page and by every key, until an
answer is given or the case is decided anew.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from odzew.cases.data import UNDECIDED
from odzew.cases.rows import CaseRow
from odzew.decisions.data import DecisionView, DoubleView
from odzew.decisions.leases import Seeker
from odzew.decisions.models import Double
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all

FIELDS: Final = (
    "o.id, o.case_id, o.round, o.decision_id, o.queue, o.outcome, o.ground, o.hidden, o.at, o.state, o.second_id, o.second_outcome, "
    "o.second_ground, o.reason_id, o.given_at"
)
# What is said of a decision holds while its case is decided in the round that it was made in.
STANDS: Final = "JOIN cases_case c ON c.id = o.case_id AND c.round = o.round AND c.state IN ('removed', 'kept_withheld', 'cleared', 'not_found')"
_WAITING: Final = f"SELECT {FIELDS} FROM decisions_double o {STANDS} WHERE o.state = 'waiting' AND "


def view_of(row: tuple[Any, ...], /) -> DoubleView:
    """Return a row of the fields of a drawn decision as others see it."""
    names = (
        "id", "case", "round", "decision", "queue", "outcome", "ground", "hidden", "at", "state", "second", "second_outcome",
        "second_ground", "reason", "given_at",
    )  # fmt: skip
    return DoubleView(**dict(zip(names, row, strict=True)))


def add_double(writes: Writes, *, case: CaseRow, decision: DecisionView, nobody: bool, now: datetime) -> uuid.UUID:
    """Note that a decision was drawn, on a case as it stood before it; `nobody`: nobody else is left to look."""
    double = new_id(now=now)
    writes.insert(
        Double,
        {
            "id": double,
            "case_id": case.id,
            "round": case.round,
            "decision_id": decision.id,
            "queue": case.regime,
            "outcome": decision.outcome,
            "ground": decision.ground,
            "hidden": case.withheld,
            "at": now,
            "state": "nobody" if nobody else "waiting",
        },
    )
    return double


def handed_to(*, person: uuid.UUID, case: uuid.UUID) -> DoubleView | None:
    """Return the drawn decision of a case that this person was handed and did not give back, while nobody has looked."""
    found = _handed("o.case_id = %s", person, case)
    return found[0] if found else None


def _handed(where: str, person: uuid.UUID, value: object) -> list[DoubleView]:
    sql = (
        f"{_WAITING} {where} AND EXISTS (SELECT 1 FROM decisions_lease l WHERE l.double_id = o.id AND l.person_id = %s "
        "AND l.how <> 'given_back')"
    )
    return [view_of(row) for row in fetch_all(sql, [value, person])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """A case as it is shown; `at`: as it stood then, before a decision that its reader must not know of."""

    row: CaseRow
    at: datetime | None = None


def as_it_stood(*, rows: list[CaseRow], person: uuid.UUID) -> list[Stood]:
    """Return the cases as this person may know them: those that they were handed as drawn, undecided; all others as they are."""
    decided = [row.id for row in rows if row.state not in UNDECIDED]
    drawn = {d.case: d for d in _handed("o.case_id = ANY(%s)", person, decided)} if decided else {}
    return [
        Stood(row=replace(row, state="open", withheld=drawn[row.id].hidden, decided_at=None), at=drawn[row.id].at)
        if row.id in drawn
        else Stood(row=row)
        for row in rows
    ]


def looked(*, case: uuid.UUID) -> frozenset[uuid.UUID]:
    """Return who gave a second look at a decision on this case."""
    return frozenset(
        p for (p,) in fetch_all("SELECT second_id FROM decisions_double WHERE case_id = %s AND second_id IS NOT NULL", [case])
    )


def drawn_for(*, seeker: Seeker, now: datetime, limit: int, only: uuid.UUID | None = None) -> list[DoubleView]:
    """Return the drawn decisions that this person may be handed, the oldest first; of one case with `only`.

    Left out is whatever they had a part in, in whatever round, what they gave back once (they could have read the answer since), what is
    in other hands, and what they would rather not be handed today.
    """
    sql = (
        f"{_WAITING} NOT EXISTS (SELECT 1 FROM decisions_decision d WHERE d.case_id = o.case_id AND d.person_id = %s) "
        "AND NOT EXISTS (SELECT 1 FROM decisions_double p WHERE p.case_id = o.case_id AND p.second_id = %s) "
        "AND NOT EXISTS (SELECT 1 FROM decisions_lease l WHERE l.double_id = o.id AND (l.person_id = %s AND l.how = 'given_back' "
        "OR l.person_id <> %s AND l.ended_at IS NULL AND l.until_at > %s)) "
        "AND NOT c.kinds && %s::text[] AND (%s::uuid IS NULL OR o.case_id = %s) ORDER BY o.at, o.id LIMIT %s"
    )
    me = seeker.person
    return [view_of(r) for r in fetch_all(sql, [me, me, me, me, now, list(seeker.not_today), only, only, limit])]


def give_look(
    writes: Writes,
    *,
    double: DoubleView,
    person: uuid.UUID,
    outcome: str,
    ground: str,
    reason: uuid.UUID,
    state: str,
    now: datetime,
) -> None:
    """Note the second answer and what the two come to. The caller holds the case."""
    writes.update(
        Double,
        {
            "id": double.id,
            "second_id": person,
            "second_outcome": outcome,
            "second_ground": ground,
            "reason_id": reason,
            "given_at": now,
            "state": state,
        },
    )


def read_double(*, double: uuid.UUID) -> DoubleView | None:
    """Return one drawn decision."""
    rows = fetch_all(f"SELECT {FIELDS} FROM decisions_double o WHERE o.id = %s", [double])
    return view_of(rows[0]) if rows else None


def settle_look(writes: Writes, *, double: DoubleView, by: uuid.UUID, state: str, now: datetime) -> None:
    """Note what a lead did with two answers that differ. The caller holds the case."""
    writes.update(Double, {"id": double.id, "state": state, "settled_at": now, "settled_by_id": by})
