"""What came into the log between two moments, so that somebody can look at each new hash once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from odzew.foundation.writes import fetch_all

# Before everything: nothing was seen.
NOTHING: Final = "1:1:"

_BETWEEN: Final = """
SELECT a.id, a.collection, a.type, a.hash, a.owner FROM matching_addition a
WHERE a.id > 0 AND a.xid >= pg_snapshot_xmin(%s::pg_snapshot) AND NOT pg_visible_in_snapshot(a.xid, %s::pg_snapshot)
  AND pg_visible_in_snapshot(a.xid, %s::pg_snapshot) AND a.id > %s
  AND NOT EXISTS (SELECT 1 FROM matching_removal r WHERE r.collection = a.collection AND r.owner = a.owner)
ORDER BY a.id LIMIT %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A hash in the log, under its number there."""

    id: int
    collection: str
    type: str
    hash: bytes
    owner: int


def this_moment() -> str:
    """Return what is committed now, as PostgreSQL writes a snapshot: what commits later is after it, whatever its number."""
    snapshot: str = fetch_all("SELECT pg_current_snapshot()::text", [])[0][0]
    return snapshot


def rows_between(*, seen: str, upto: str, after: int, most: int) -> list[Row]:
    """Return what became visible after the moment `seen` and was visible at `upto`, by number, beginning after the number `after`.

    What was removed meanwhile is left out, and what came by `add_many`: for so much at once there is a scan of everything.
    """
    rows = fetch_all(_BETWEEN, [seen, seen, upto, after, most])
    return [Row(id=i, collection=c, type=t, hash=bytes(h), owner=o) for i, c, t, h, o in rows]
