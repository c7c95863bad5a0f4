"""How well the desk's people agree, and what was overturned, by queue and by rule. Nothing here is of one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.decisions.data import DoubleView
from odzew.decisions.doubles import FIELDS, STANDS, view_of
from odzew.decisions.kappa import Kappa, kappa
from odzew.foundation.ids import first_id
from odzew.foundation.writes import fetch_all

QUEUES: Final = ("child", "intimate", "other")
# Below these nothing is said of how well people agree: it would be said of single persons, or of chance.
LEAST_PEOPLE: Final = 4
LEAST_LOOKS: Final = 200
# By convention agreement is good from here on.
GOOD: Final = 0.8
_GIVEN: Final = "o.given_at > %s AND o.given_at <= %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How two blind answers agree on one queue: of `looks` that were given, how many `agreed`, were `unsure`, and found it `worse`.

    `drawn` in the same time; `people` took part. `kappa` is None where there are too few looks or people to say, or nothing to tell.
    """

    queue: str
    drawn: int
    looks: int
    agreed: int
    unsure: int
    worse: int
    people: int
    kappa: Kappa | None

    @property
    def few(self) -> bool:
        """Is there too little to say how well people agree?"""
        return self.people < LEAST_PEOPLE or self.looks - self.unsure < LEAST_LOOKS

    @property
    def low(self) -> bool:
        """Do people agree less than they should, and chance cannot be why? The whole interval is below what is good."""
        return self.kappa is not None and self.kappa.high < GOOD


_PAIRS: Final = (
    "SELECT o.queue, o.outcome, o.second_outcome, count(*), count(*) FILTER (WHERE o.state = 'worse') FROM decisions_double o "
    f"WHERE {_GIVEN} GROUP BY 1, 2, 3"
)
_PEOPLE: Final = (
    "SELECT o.queue, count(DISTINCT p.id) FROM decisions_double o JOIN decisions_decision d ON d.id = o.decision_id "
    f"CROSS JOIN LATERAL (VALUES (d.person_id), (o.second_id)) AS p (id) WHERE {_GIVEN} AND o.second_outcome <> 'cannot_judge' GROUP BY 1"
)
_DRAWN: Final = "SELECT o.queue, count(*) FROM decisions_double o WHERE o.id >= %s AND o.at > %s AND o.at <= %s GROUP BY 1"


def agreements(*, since: datetime, until: datetime) -> list[Agreement]:
    """Return how people agreed on each queue, by the looks that were given in that time."""
    window = [since, until]
    pairs: dict[str, dict[tuple[str, str], int]] = {queue: {} for queue in QUEUES}
    worse = dict.fromkeys(QUEUES, 0)
    for queue, first, second, count, again in fetch_all(_PAIRS, window):
        pairs[queue][first, second] = count
        worse[queue] += again
    people = dict(fetch_all(_PEOPLE, window))
    drawn = dict(fetch_all(_DRAWN, [first_id(at=since), since, until]))
    return [_agreement(q, pairs[q], worse[q], people.get(q, 0), drawn.get(q, 0)) for q in QUEUES]


def agreement_of(*, queue: str, since: datetime, until: datetime) -> Agreement:
    """Return how people agreed on one queue."""
    return next(a for a in agreements(since=since, until=until) if a.queue == queue)


def _agreement(queue: str, pairs: dict[tuple[str, str], int], worse: int, people: int, drawn: int) -> Agreement:
    judged = {pair: n for pair, n in pairs.items() if pair[1] != "cannot_judge"}
    looks, sure = sum(pairs.values()), sum(judged.values())
    enough = people >= LEAST_PEOPLE and sure >= LEAST_LOOKS
    return Agreement(
        queue=queue,
        drawn=drawn,
        looks=looks,
        agreed=sum(n for (first, second), n in judged.items() if first == second),
        unsure=looks - sure,
        worse=worse,
        people=people,
        kappa=kappa(pairs=judged) if enough else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overturned:
    """Of the decisions under one rule: appeals that were decided, and how many of them overturned it; second looks that were given, and
    how many of them came to something else."""

    ground: str
    appeals: int
    upheld: int
    looks: int
    differed: int


_OVERTURNED: Final = """
SELECT ground, sum(appeals)::int, sum(upheld)::int, sum(looks)::int, sum(differed)::int FROM (
  SELECT d.ground, 1 AS appeals, (a.state = 'upheld')::int AS upheld, 0 AS looks, 0 AS differed FROM decisions_appeal a
  JOIN LATERAL (SELECT e.ground FROM decisions_decision e WHERE e.case_id = a.case_id AND e.round = a.against_round AND e.state = 'final'
    AND NOT e.outside ORDER BY e.at DESC, e.id DESC LIMIT 1) d ON true
  WHERE a.state <> 'open' AND a.decided_at > %s AND a.decided_at <= %s
  UNION ALL
  SELECT o.ground, 0, 0, 1, (o.state NOT IN ('agreed', 'unsure'))::int FROM decisions_double o WHERE o.given_at > %s AND o.given_at <= %s
) s GROUP BY ground ORDER BY ground
"""


def overturned(*, since: datetime, until: datetime) -> list[Overturned]:
    """Return for each rule that something was decided under what appeals and second looks made of it in that time."""
    rows = fetch_all(_OVERTURNED, [since, until, since, until])
    return [Overturned(ground=g, appeals=a, upheld=u, looks=n, differed=d) for g, a, u, n, d in rows]


def differing(*, most: int) -> list[DoubleView]:
    """Return the drawn decisions whose two answers differ and that wait for a lead, the oldest first.

    Where the case was opened again since, or became part of another, nothing waits any more.
    """
    sql = f"SELECT {FIELDS} FROM decisions_double o {STANDS} WHERE o.state = 'differs' ORDER BY o.given_at, o.id LIMIT %s"
    return [view_of(row) for row in fetch_all(sql, [most])]


def found_worse(*, since: datetime, until: datetime, most: int) -> list[DoubleView]:
    """Return where a second look would hide what the first cleared, in that time, the newest first: those cases were opened again."""
    sql = f"SELECT {FIELDS} FROM decisions_double o WHERE o.state = 'worse' AND {_GIVEN} ORDER BY o.given_at DESC, o.id LIMIT %s"
    return [view_of(row) for row in fetch_all(sql, [since, until, most])]


def looks_wanted() -> int:
    """Return how many drawn decisions wait for a second look."""
    return int(fetch_all(f"SELECT count(*) FROM decisions_double o {STANDS} WHERE o.state = 'waiting'", [])[0][0])
