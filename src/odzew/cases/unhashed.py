"""Files of items that their platform gave no PDQ for: the desk hashes them itself, each row of media being its own work item."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.cases.data import HIDDEN_FOR_GOOD
from odzew.cases.prints import Looks, keep_prints, prints_of_items
from odzew.foundation.writes import Writes, fetch_all, fetch_none

# How long something that is hidden by us rests before it is looked at whether it still is.
_REST: Final = timedelta(days=1)
_AT_MOST: Final = 100
# Said in every question as well, so that the index of these rows alone is used.
_OPEN: Final = "hashing IN ('waiting', 'private', 'unfit', 'given_up')"

_SAME: Final = (
    "(t.sha256 = excluded.sha256 OR (t.sha256 IS NULL OR excluded.sha256 IS NULL) AND t.md5 = excluded.md5 "
    "OR num_nonnulls(t.sha256, t.md5, excluded.sha256, excluded.md5) = 0 AND t.hashing <> '' AND t.url = excluded.url)"
)
_KEPT: Final = (
    f"(excluded.hashing <> '' AND {_SAME} AND (t.hashing = 'hashed' OR t.hashing = '' AND (t.url <> '' OR excluded.url = '') "
    "OR t.url = excluded.url AND t.hashing IN ('unfit', 'given_up', excluded.hashing)))"
)
ANEW: Final = ", ".join(
    f"{column} = CASE WHEN {_KEPT} THEN t.{column} ELSE excluded.{column} END"
    for column in ("hashing", "hashing_for", "hashing_at", "hashing_tries", "hashing_why")
)
"""What follows where a file is registered again: the same bytes, or the same address if the platform names none, keep what they have."""


def wish(*, url: str, looks: Looks, private: bool, platform: uuid.UUID, now: datetime) -> dict[str, Any]:
    """Return the columns of a file that say whether the desk is to hash it: one with an address and neither PDQ nor frames."""
    if not url or looks.pdq or looks.frames:
        return {}
    return {"hashing": "private" if private else "waiting", "hashing_for": platform, "hashing_at": now}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unhashed:
    """A file that this caller may hash until `lease`. `sha256`, `md5`: as its platform says; `tries`: this one included."""

    media: uuid.UUID
    item: uuid.UUID
    name: str
    url: str
    sha256: bytes | None
    md5: bytes | None
    tries: int
    lease: datetime


def platforms_waiting(*, platforms: Sequence[uuid.UUID], now: datetime, private: bool) -> set[uuid.UUID]:
    """Return those platforms that have files to hash now; `private`: those of private items too."""
    sql = (
        "SELECT p.id FROM unnest(%s::uuid[]) AS p(id) WHERE EXISTS (SELECT 1 FROM cases_media m WHERE m.hashing_for = p.id "
        f"AND m.{_OPEN} AND m.hashing = ANY(%s) AND m.hashing_at <= %s)"
    )
    return {p for (p,) in fetch_all(sql, [list(platforms), _states(private), now])}


def _states(private: bool) -> list[str]:
    return ["waiting", "private"] if private else ["waiting"]


_CLAIM: Final = f"""
UPDATE cases_media m SET hashing = 'waiting', hashing_at = %s, hashing_tries = m.hashing_tries + 1
FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id LEFT JOIN cases_case c ON c.id = g.case_id
WHERE i.id = m.item_id AND m.id = (
  SELECT id FROM cases_media WHERE hashing_for = %s AND hashing = %s AND {_OPEN} AND hashing_at <= %s
  ORDER BY hashing_at DESC LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING m.id, m.item_id, m.external_id, m.url, m.sha256, m.md5, m.hashing_tries, i.private,
  coalesce(c.withheld OR c.state = ANY(%s), false)
"""


def claim_unhashed(*, platform: uuid.UUID, now: datetime, lasts: timedelta, private: bool) -> Unhashed | None:
    """Take the newest file of a platform that is to be hashed, for as long as `lasts`, writing down the try before it is made.

    What stands hidden by us is not shown to anybody, so it rests for a day; what is private is taken only where `private` allows it.
    """
    for state in _states(private):
        for _ in range(_AT_MOST):
            rows = fetch_all(_CLAIM, [now + lasts, platform, state, now, list(HIDDEN_FOR_GOOD)])
            if not rows:
                break
            media, item, name, url, sha256, md5, tries, is_private, hidden = rows[0]
            one = Unhashed(
                media=media, item=item, name=name, url=url, sha256=_bytes(sha256), md5=_bytes(md5), tries=tries, lease=now + lasts
            )
            if is_private and not private:
                _settle(one, "private", now, "", tries - 1)
            elif hidden:
                _settle(one, "waiting", now + _REST, "hidden", tries - 1)
            else:
                return one
    return None


def _bytes(value: object) -> bytes | None:
    return None if value is None else bytes(value)  # type: ignore[call-overload]


def _settle(one: Unhashed, state: str, at: datetime | None, why: str, tries: int) -> bool:
    sql = (
        "UPDATE cases_media SET hashing = %s, hashing_at = %s, hashing_why = %s, hashing_tries = %s "
        "WHERE id = %s AND hashing = 'waiting' AND hashing_at = %s RETURNING 1"
    )
    return bool(fetch_all(sql, [state, at, why[:100], tries, one.media, one.lease]))


def extend(*, one: Unhashed, until: datetime) -> Unhashed | None:
    """Take a file for longer; None if it is somebody else's by now, or another file."""
    return replace(one, lease=until) if _settle(one, "waiting", until, "", one.tries) else None


def try_later(*, one: Unhashed, at: datetime, why: str, counts: bool = True) -> bool:
    """Let a file be tried again; False if it is somebody else's by now, or another file. `counts`: whether this was a try."""
    return _settle(one, "waiting", at, why, one.tries if counts else one.tries - 1)


def try_no_more(*, one: Unhashed, state: str, why: str, now: datetime) -> bool:
    """Leave a file as `unfit` or `given_up`; False if it is somebody else's by now, or another file."""
    return _settle(one, state, now, why, one.tries)


def keep_own(writes: Writes, *, one: Unhashed, looks: Looks, now: datetime) -> bool:
    """Keep what we saw of a file as its look, and tell the index; False if it is somebody else's by now, or another file."""
    _hold_copyset(one.item)
    if not _settle(one, "hashed", now, "", one.tries):
        return False
    own = replace(looks, sha256=one.sha256 or looks.sha256, md5=one.md5 or looks.md5)
    others = {view.media: view.looks for view in prints_of_items(items=[one.item])}
    keep_prints(writes, wanted={one.item: {**others, one.name: own}}, fresh=set())
    return True


def _hold_copyset(item: uuid.UUID) -> None:
    """Hold the copy set of an item until the transaction ends, as whoever registers the item does; it may have moved before."""
    held = None
    while (now_in := [c for (c,) in fetch_all("SELECT copyset_id FROM cases_item WHERE id = %s", [item])]) and now_in[0] != held:
        held = now_in[0]
        fetch_none("SELECT id FROM cases_copyset WHERE id = %s FOR NO KEY UPDATE", [held])


def try_again(*, platform: uuid.UUID, now: datetime) -> int:
    """Let what was given up of a platform be tried anew; return how many files."""
    sql = (
        "UPDATE cases_media SET hashing = 'waiting', hashing_at = %s, hashing_tries = 0, hashing_why = '' "
        f"WHERE hashing_for = %s AND {_OPEN} AND hashing = 'given_up' RETURNING 1"
    )
    return len(fetch_all(sql, [now, platform]))


def count_unhashed() -> dict[tuple[uuid.UUID, str], int]:
    """Return how many files there are of each platform and state, of those that are not hashed."""
    sql = f"SELECT hashing_for, hashing, count(*) FROM cases_media WHERE {_OPEN} GROUP BY hashing_for, hashing"
    return {(platform, state): count for platform, state, count in fetch_all(sql, [])}
