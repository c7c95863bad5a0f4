"""Figures over many cases: how long it took until something was hidden, decided, removed, seen gone; and what was taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.foundation.ids import first_id
from odzew.foundation.writes import fetch_all
from odzew.ledger.people import FORM, MAIL

STEPS: Final = ("withheld", "decided", "removed", "gone")
ROADS: Final = ("form", "platform", "trusted_flagger", "hotline", "authority", "automatic", "mail", "other", "desk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How long one step took, in seconds from the opening of the case. `cases` came so far; the longest still waits `waits`."""

    cases: int
    median: float | None
    p90: float | None
    worst: float | None
    open: int
    waits: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """The cases of one road of intake: that of the first notice, `desk` if the desk found it itself; empty is all of them."""

    road: str
    cases: int
    took: dict[str, Took]


_COHORT: Final = """
cohort AS (SELECT id, opened_at, state IN ('open', 'awaiting_second', 'disputed', 'specialist') AS undecided, withheld FROM cases_case
  WHERE id >= %s AND opened_at > %s AND opened_at <= %s AND state <> 'merged')
"""
_PER_STEP: Final = """
  count({step}), percentile_cont(0.5) WITHIN GROUP (ORDER BY {step}), percentile_cont(0.9) WITHIN GROUP (ORDER BY {step}),
  max({step}), count(*) FILTER (WHERE {open}), max(age) FILTER (WHERE {open})
"""
# Who still waits for it: of what was decided to stay, nobody waits for a removal.
_OPEN: Final = {
    "withheld": "withheld IS NULL AND undecided",
    "decided": "decided IS NULL AND undecided",
    "removed": "removed IS NULL AND undecided",
    "gone": "gone IS NULL AND hides",
}
_TIMES: Final = f"""
WITH {_COHORT},
first AS (SELECT DISTINCT ON (h.case_id) h.case_id, CASE WHEN n.source <> 'user' THEN n.source WHEN n.program_id = %s THEN 'form'
    WHEN n.program_id = %s THEN 'mail'
    WHEN p.platform_id IS NOT NULL THEN 'platform' ELSE 'other' END AS road
  FROM cohort c JOIN notices_handling h ON h.case_id = c.id JOIN notices_notice n ON n.id = h.notice_id
  LEFT JOIN ledger_program p ON p.id = n.program_id
  ORDER BY h.case_id, n.received_at, n.id),
items AS (SELECT m.case_id, m.item_id, min(m.ordered_at) AS ordered, min(m.ordered_at) FILTER (WHERE m.measure = 'remove') AS removed,
    min(m.ended_at) FILTER (WHERE m.state IN ('done', 'returned')) AS gone, bool_or(m.in_force) AS in_force
  FROM cohort c JOIN enforcement_measure m ON m.case_id = c.id AND m.item_id IS NOT NULL AND m.measure IN ('withhold', 'remove')
  GROUP BY 1, 2),
hidden AS (SELECT case_id, min(ordered) AS withheld, min(removed) AS removed, bool_or(in_force) AS hides,
    CASE WHEN bool_and(gone IS NOT NULL) THEN max(gone) END AS gone FROM items GROUP BY 1),
judged AS (SELECT d.case_id, min(d.final_at) AS decided FROM cohort c JOIN decisions_decision d ON d.case_id = c.id
  WHERE d.final_at IS NOT NULL GROUP BY 1),
told AS (SELECT coalesce(f.road, 'desk') AS road, c.undecided, coalesce(h.hides, false) AS hides,
    extract(epoch FROM %s - c.opened_at)::float AS age, extract(epoch FROM h.withheld - c.opened_at)::float AS withheld,
    extract(epoch FROM j.decided - c.opened_at)::float AS decided, extract(epoch FROM h.removed - c.opened_at)::float AS removed,
    extract(epoch FROM h.gone - c.opened_at)::float AS gone
  FROM cohort c LEFT JOIN first f ON f.case_id = c.id LEFT JOIN hidden h ON h.case_id = c.id LEFT JOIN judged j ON j.case_id = c.id)
SELECT coalesce(road, ''), count(*), {", ".join(_PER_STEP.format(step=s, open=_OPEN[s]) for s in STEPS)}
FROM told GROUP BY GROUPING SETS ((), (road))
"""


def times(*, since: datetime, until: datetime) -> list[Road]:
    """Return how long the steps took for the cases opened in that time, all of them first, then by road of intake.

    `withheld`: the first order that hides any of it; `decided`: the first decision that was final; `removed`: the first order to remove;
    `gone`: the last of its hidden items was seen to be gone for the first time. An item that can only be told gone never counts as gone.
    """
    rows = {r[0]: r for r in fetch_all(_TIMES, [first_id(at=since), since, until, FORM, MAIL, until])}
    return [_road(rows[name]) for name in ("", *ROADS) if name in rows]


def _road(row: tuple[object, ...]) -> Road:
    width = 6
    took = {
        step: Took(**dict(zip(("cases", "median", "p90", "worst", "open", "waits"), row[2 + n * width :], strict=False)))  # type: ignore[arg-type]
        for n, step in enumerate(STEPS)
    }
    return Road(road=str(row[0]), cases=int(str(row[1])), took=took)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What became of the items that were first hidden in that time: how many stand, were removed, were taken back; of those, in a wave."""

    hidden: int
    removed: int
    reversed: int
    wave: int
    unverified: int


_HOLDS: Final = """
SELECT count(*), count(*) FILTER (WHERE removed), count(*) FILTER (WHERE back), count(*) FILTER (WHERE back AND wave),
  count(*) FILTER (WHERE unverified)
FROM (SELECT item_id, bool_or(measure = 'remove' AND in_force) AS removed, bool_or(measure = 'restore' AND in_force) AS back,
    bool_or(measure = 'restore' AND wave) AS wave, bool_or(unverified) AS unverified,
    min(ordered_at) FILTER (WHERE measure IN ('withhold', 'remove')) AS begun
  FROM enforcement_measure WHERE id >= %s AND item_id IS NOT NULL GROUP BY item_id) AS items
WHERE begun > %s AND begun <= %s
"""


def holds(*, since: datetime, until: datetime) -> Holds:
    """Return what became of the items that were hidden in that time."""
    hidden, removed, back, wave, unverified = fetch_all(_HOLDS, [first_id(at=since), since, until])[0]
    return Holds(hidden=hidden, removed=removed, reversed=back, wave=wave, unverified=unverified)
