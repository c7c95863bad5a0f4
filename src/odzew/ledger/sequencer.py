"""Folding acts into the tree: whatever was committed without a number gets one, a leaf and its place, all in one transaction.

Writers never wait for each other: they leave rows without a number, in any order, as late as their transactions take. The
sequencer looks for rows *without a number*, never for ids above the last one, so that a transaction that commits late is only
numbered later, not lost. The one row of the tree is locked while it grows: of any number of sequencers one works, the others
pass by.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.foundation.errors import Unavailable
from odzew.foundation.writes import fetch_all
from odzew.ledger.merkle import TILE_LEVELS, Frontier, TreeError, grow, leaf_hash

BATCH: Final = 2_000


class RecordDamaged(Unavailable):
    """The stored tree contradicts itself or what was signed: somebody or something changed it. `odzew ledger verify` says where."""

    code = "record-damaged"


_LOCK: Final = "SELECT size, frontier FROM ledger_tree WHERE id = 1 FOR UPDATE"
_FRESH: Final = "SELECT id, data FROM ledger_event WHERE seq IS NULL ORDER BY id LIMIT %s"
_GROW: Final = """
WITH fresh AS (SELECT id, %s::bigint + n - 1 AS seq, hash
  FROM unnest(%s::uuid[], %s::bytea[]) WITH ORDINALITY AS f (id, hash, n)),
numbered AS (UPDATE ledger_event e SET seq = f.seq FROM fresh f WHERE e.id = f.id AND e.seq IS NULL RETURNING 1),
leaves AS (INSERT INTO ledger_leaf (seq, hash) SELECT seq, hash FROM fresh),
nodes AS (INSERT INTO ledger_node ("level", "index", hash)
  SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])),
tree AS (UPDATE ledger_tree SET size = %s, frontier = %s WHERE id = 1 AND size = %s RETURNING 1)
SELECT (SELECT count(*) FROM numbered), (SELECT count(*) FROM tree)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What one batch did: `events` were numbered; `more` when the batch was full, so that there may be more."""

    events: int
    more: bool


def fold(*, limit: int = BATCH) -> Folded:
    """Number at most `limit` events in the order of their ids and grow the tree by them, in the transaction that is open.

    Nothing happens while another sequencer is at it. Raises RecordDamaged when the stored tree cannot be continued, IntegrityError
    when a place in it is already taken; the transaction must then be rolled back.
    """
    found = fetch_all(f"{_LOCK} SKIP LOCKED", [])
    if not found and not _plant():
        return Folded(events=0, more=False)
    frontier = read_frontier(*(found[0] if found else (0, b"")))
    rows: list[tuple[uuid.UUID, bytes]] = [(row[0], bytes(row[1])) for row in fetch_all(_FRESH, [limit])]
    if rows:
        _append(frontier, rows)
    return Folded(events=len(rows), more=len(rows) == limit)


def read_frontier(size: int, stored: bytes | memoryview) -> Frontier:
    """Return the frontier that a row of the tree holds; raises RecordDamaged when it is not one of that size."""
    try:
        frontier = Frontier.from_bytes(data=bytes(stored)) if stored else Frontier()
    except TreeError as error:
        raise RecordDamaged("The row that the record grows from is damaged.", size=size) from error
    if frontier.size != size:
        raise RecordDamaged("The row that the record grows from contradicts itself.", size=size, frontier=frontier.size)
    return frontier


def lock_tree() -> Frontier:
    """Wait for the tree, hold it until the transaction ends, and return its frontier."""
    found = fetch_all(_LOCK, [])
    return read_frontier(*found[0]) if found else Frontier()


def _plant() -> bool:
    """Make the one row of the tree on the first day; False when it is there and held by another sequencer."""
    made = "INSERT INTO ledger_tree (id, size, frontier) VALUES (1, 0, '') ON CONFLICT DO NOTHING RETURNING 1"
    return bool(fetch_all(made, []))


def _append(frontier: Frontier, rows: list[tuple[uuid.UUID, bytes]]) -> None:
    leaves = [leaf_hash(data=data) for _, data in rows]
    grown, nodes = grow(frontier=frontier, leaves=leaves, lowest=TILE_LEVELS)
    numbered, trees = fetch_all(
        _GROW,
        [
            frontier.size,
            [event for event, _ in rows],
            leaves,
            [level // TILE_LEVELS for level, _, _ in nodes],
            [index for _, index, _ in nodes],
            [value for _, _, value in nodes],
            grown.size,
            grown.to_bytes(),
            frontier.size,
        ],
    )[0]
    if numbered != len(rows) or trees != 1:
        raise RecordDamaged("The record changed while it was locked.", events=len(rows), numbered=numbered)


def keep_checkpoint(*, size: int, at: datetime, note: str) -> bool:
    """Keep a signed note; False when one of that size is kept already."""
    sql = 'INSERT INTO ledger_checkpoint (size, "at", note) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1'
    return bool(fetch_all(sql, [size, at, note]))
