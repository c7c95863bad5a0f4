"""Figures over many cases: what waits and how long it still has, how views went on, how copies were found. Numbers, never a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.cases.data import UNDECIDED
from odzew.cases.likeness import COPY
from odzew.cases.queue import QUIET
from odzew.foundation.ids import first_id
from odzew.foundation.writes import fetch_all

# How much time an undecided case has until its next clock ends, in hours; `late` is before, `later` after, `none` without a clock.
LEFT: Final = ("late", "h1", "h4", "h24", "h72", "later", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How many undecided cases of a kind have how much time left; the empty kind counts every case once."""

    kind: str
    left: dict[str, int]


_WAITS: Final = """
WITH open AS (
  SELECT c.id, c.kinds, min(k.due_at) AS due FROM cases_case c
  LEFT JOIN cases_clock k ON k.case_id = c.id AND k.state = 'armed' AND k.name <> ALL(%s)
  WHERE c.state = ANY(%s) GROUP BY c.id),
placed AS (
  SELECT kinds, CASE WHEN due IS NULL THEN 'none' WHEN due < %s THEN 'late'
    WHEN due <= %s + interval '1 hour' THEN 'h1' WHEN due <= %s + interval '4 hours' THEN 'h4'
    WHEN due <= %s + interval '24 hours' THEN 'h24' WHEN due <= %s + interval '72 hours' THEN 'h72' ELSE 'later' END AS left_
  FROM open)
SELECT kind, left_, count(*) FROM placed, unnest(kinds) AS kind GROUP BY 1, 2
UNION ALL SELECT '', left_, count(*) FROM placed GROUP BY 2
"""


def waits(*, now: datetime) -> list[Waits]:
    """Return the undecided cases by kind and time left, every case once first; one of two kinds is counted under both of them."""
    found: dict[str, dict[str, int]] = {"": {}}
    for kind, left, number in fetch_all(_WAITS, [sorted(QUIET), list(UNDECIDED), now, now, now, now, now]):
        found.setdefault(kind, {})[left] = number
    return [Waits(kind=kind, left={name: counts.get(name, 0) for name in LEFT}) for kind, counts in sorted(found.items())]


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Views of the items of a case after its first notice. `cases` of `among` have a count from after it; the others are unknown."""

    among: int
    cases: int
    median: float | None
    p90: float | None
    worst: int | None
    total: int


_VIEWS: Final = """
WITH counted AS (
  SELECT c.id, sum(greatest(i.views - coalesce(
      (SELECT s.views FROM cases_spread s WHERE s.item_id = i.id AND s.at <= c.opened_at ORDER BY s.at DESC LIMIT 1),
      (SELECT s.views FROM cases_spread s WHERE s.item_id = i.id ORDER BY s.at LIMIT 1), 0), 0)) AS views
  FROM cases_case c JOIN cases_copyset g ON g.case_id = c.id JOIN cases_item i ON i.copyset_id = g.id
  WHERE c.id >= %s AND c.opened_at > %s AND c.opened_at <= %s AND c.state <> 'merged' AND i.spread_at > c.opened_at
  GROUP BY c.id)
SELECT (SELECT count(*) FROM cases_case WHERE id >= %s AND opened_at > %s AND opened_at <= %s AND state <> 'merged'), count(*),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY views), percentile_cont(0.9) WITHIN GROUP (ORDER BY views), max(views),
  coalesce(sum(views), 0) FROM counted
"""


def views_after(*, since: datetime, until: datetime) -> Views:
    """Return the views after the first notice, of the cases opened in that time, as their platforms counted them.

    Where no count was taken before the notice, the first one after it is where counting starts, so the figure is rather too low.
    """
    window = [first_id(at=since), since, until]
    among, cases, median, p90, worst, total = fetch_all(_VIEWS, [*window, *window])[0]
    number = int(worst) if worst is not None else None
    return Views(among=among, cases=cases, median=median, p90=p90, worst=number, total=int(total))


_COPIES: Final = f"""
SELECT count(*) FILTER (WHERE nth = 1 AND via <> '{COPY}'),
  count(*) FILTER (WHERE nth > 1 AND via <> '{COPY}' AND repost_of = ''),
  count(*) FILTER (WHERE nth > 1 AND via <> '{COPY}' AND repost_of <> ''),
  count(*) FILTER (WHERE via = '{COPY}')
FROM (SELECT g.via, i.repost_of, row_number() OVER (PARTITION BY g.id ORDER BY i.id) AS nth
  FROM cases_case c JOIN cases_copyset g ON g.case_id = c.id JOIN cases_item i ON i.copyset_id = g.id
  WHERE c.id >= %s AND c.opened_at > %s AND c.opened_at <= %s AND c.state <> 'merged') AS items
"""
HOW: Final = ("named", "bytes", "repost", "looks")


def copies(*, since: datetime, until: datetime) -> dict[str, int]:
    """Return how the items came under the cases opened in that time.

    `named`: in a notice, or found near an entry of a bank. The others are copies of those: the same `bytes`, a `repost`, or by their
    `looks`.
    """
    row = fetch_all(_COPIES, [first_id(at=since), since, until])[0]
    return dict(zip(HOW, row, strict=True))
