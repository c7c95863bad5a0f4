"""What stands around a case, for whoever judges it: how it spread, how near its copies are, and the accounts of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.cases.likeness import COPY
from odzew.foundation.writes import fetch_all

# What counts views and reposts is read once and summed by the database; a platform may have sent thousands of counts.
_CURVE: Final = """
SELECT d.part, sum(d.views), sum(d.reposts) FROM (
  SELECT least(greatest(ceil((extract(epoch FROM s.at)::float8 - %s) * %s / %s - 0.000001)::int, 0), %s) AS part,
    s.views - coalesce(lag(s.views) OVER w, 0) AS views, s.reposts - coalesce(lag(s.reposts) OVER w, 0) AS reposts
  FROM cases_copyset g JOIN cases_item i ON i.copyset_id = g.id JOIN cases_spread s ON s.item_id = i.id
  WHERE g.case_id = %s AND s.at <= %s WINDOW w AS (PARTITION BY s.item_id ORDER BY s.at)
) d GROUP BY d.part ORDER BY d.part
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Views and reposts of all that a case covers, as known at a moment."""

    at: datetime
    views: int
    reposts: int


def spread_since(*, case: uuid.UUID, since: datetime, now: datetime, parts: int) -> list[Count]:
    """Return what was counted of everything a case covers at `since` and at the end of each of equal parts of the time until now.

    The sum of the newest count of each item by then. An item that was counted for the first time adds all its views at once.
    """
    whole = max((now - since).total_seconds(), 1.0)
    rows = fetch_all(_CURVE, [since.timestamp(), parts, whole, parts, case, now])
    grown = {n: (int(views), int(reposts)) for n, views, reposts in rows}
    found, views, reposts = [], 0, 0
    for n in range(parts + 1):
        more = grown.get(n, (0, 0))
        views, reposts = views + more[0], reposts + more[1]
        found.append(Count(at=since + (now - since) * n / parts, views=views, reposts=reposts))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How one item of a case came to be in it: `how` is `itself`, `bytes` (the same file as one of those), `repost` or `looks`.

    `distance`: bits of PDQ to the nearest file that was named; None where that cannot be said. `alike`: only its looks brought it here.
    """

    item: uuid.UUID
    how: str
    distance: int | None
    alike: bool
    posted_at: datetime | None
    seen_at: datetime


_TRACES: Final = """
SELECT i.id, g.via, i.repost_of, i.posted_at, i.seen_at, p.sha256, p.pdq, p.turned FROM cases_copyset g
JOIN cases_item i ON i.copyset_id = g.id
LEFT JOIN LATERAL (SELECT q.sha256, q.pdq, q.turned FROM cases_print q WHERE q.item_id = i.id ORDER BY q.number LIMIT 1) p ON true
WHERE g.case_id = %s ORDER BY i.id = ANY(%s) DESC, i.id LIMIT %s
"""
_ANCHORS: Final = 20


def traces_of(*, case: uuid.UUID, named: frozenset[uuid.UUID], most: int) -> dict[uuid.UUID, Trace]:
    """Return how the items of a case are related to those that somebody named, by item; `named` are the ids of these, and stand first."""
    rows = fetch_all(_TRACES, [case, list(named), most])
    anchors = [r for r in rows if r[0] in named] or [r for r in rows if r[1] != COPY][:1]
    shas = {bytes(r[5]) for r in anchors if r[5]}
    looks = [_bits(r[6]) for r in anchors if r[6]][:_ANCHORS]
    about = {r[0] for r in anchors}
    found = {}
    for item, via, repost, posted, seen, sha, pdq, turned in rows:
        how = "itself" if item in about else "bytes" if sha and bytes(sha) in shas else "repost" if repost else "looks"
        near = None if how in ("itself", "repost") and via != COPY else _nearest(pdq, turned, looks)
        found[item] = Trace(
            item=item, how=how, distance=0 if how == "bytes" else near, alike=via == COPY, posted_at=posted, seen_at=seen
        )
    return found


def _bits(value: object) -> int:
    return int.from_bytes(bytes(value), "big")  # type: ignore[call-overload]


def _nearest(pdq: object, turned: object, looks: Sequence[int]) -> int | None:
    if pdq is None or not looks:
        return None
    packed = bytes(turned or b"")  # type: ignore[call-overload]
    mine = [_bits(pdq), *(_bits(packed[n : n + 32]) for n in range(0, len(packed), 32))]
    return min((one ^ other).bit_count() for one in mine for other in looks)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCase:
    """Another case on which something of an account stands; `at`: when it was decided, or opened if it is not."""

    case: uuid.UUID
    state: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account of a case as the desk knows it: `here` items of the case, `items` registered in all (at most `MOST_ITEMS` are counted).

    `others`: the newest other cases that cover something of it, of the `MOST_ITEMS` items that are asked.
    """

    id: uuid.UUID
    external_id: str
    handle: str
    platform: uuid.UUID
    minor: bool
    marked_until: datetime | None
    here: int
    reposts: int
    items: int
    first_posted: datetime | None
    others: tuple[OtherCase, ...]


MOST_ITEMS: Final = 1_000
_OTHERS: Final = 10
_ACCOUNTS: Final = """
SELECT a.id, a.external_id, a.handle, a.platform_id, a.minor, a.marked_until, h.here, h.reposts, r.items, r.first, o.cases, o.states, o.times
FROM (SELECT i.account_id, count(*) AS here, count(*) FILTER (WHERE i.repost_of <> '') AS reposts FROM cases_copyset g
  JOIN cases_item i ON i.copyset_id = g.id WHERE g.case_id = %s AND i.account_id IS NOT NULL GROUP BY i.account_id
  ORDER BY count(*) DESC, i.account_id LIMIT %s) h
JOIN cases_account a ON a.id = h.account_id
JOIN LATERAL (SELECT count(*) AS items, min(s.posted_at) AS first FROM (
  SELECT j.posted_at FROM cases_item j WHERE j.account_id = a.id LIMIT %s) s) r ON true
JOIN LATERAL (SELECT coalesce(array_agg(c.id ORDER BY c.id DESC), '{}') AS cases, coalesce(array_agg(c.state ORDER BY c.id DESC), '{}') AS states,
  coalesce(array_agg(coalesce(c.decided_at, c.opened_at) ORDER BY c.id DESC), '{}') AS times FROM (
    SELECT d.id, d.state, d.decided_at, d.opened_at FROM cases_case d WHERE d.id IN (SELECT g.case_id FROM (
      SELECT j.copyset_id FROM cases_item j WHERE j.account_id = a.id LIMIT %s) k
      JOIN cases_copyset g ON g.id = k.copyset_id WHERE g.case_id <> %s) ORDER BY d.id DESC LIMIT %s) c) o ON true
ORDER BY (a.marked_until > %s) DESC NULLS LAST, h.here DESC, a.id
"""


def accounts_of(*, case: uuid.UUID, most: int, now: datetime) -> list[AccountView]:
    """Return the accounts that something of the case belongs to, marked ones first, then those with the most of it."""
    names = (
        "id", "external_id", "handle", "platform", "minor", "marked_until", "here", "reposts", "items", "first_posted",
    )  # fmt: skip
    found = []
    for *row, cases, states, times in fetch_all(_ACCOUNTS, [case, most, MOST_ITEMS, MOST_ITEMS, case, _OTHERS, now]):
        others = tuple(OtherCase(case=c, state=s, at=at) for c, s, at in zip(cases, states, times, strict=True))
        found.append(AccountView(**dict(zip(names, row, strict=True)), others=others))
    return found
