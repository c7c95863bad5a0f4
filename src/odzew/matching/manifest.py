"""What the database knows of the index: the live segments, the log they are made from, and how far it is settled."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from odzew.foundation.writes import fetch_all, fetch_none
from odzew.matching.data import WIDTHS
from odzew.matching.models import Segment
from odzew.matching.segments import Made, Owners, Rows, gather

Cover = tuple[int, int]  # of ids: low < id <= high

_LOCK_SWAP: Final = 0x0D2E_1001
_CHUNK: Final = 200_000
_LIVE: Final = """
SELECT id, collection, type, sha256, size, hashes, pairs, covers, sealed_to, removals, made_at FROM matching_segment ORDER BY id
"""
_ROWS: Final = """
SELECT string_agg(hash, ''::bytea ORDER BY id), string_agg(int8send(owner), ''::bytea ORDER BY id), max(id), count(*) FROM (
  SELECT id, hash, owner FROM matching_addition WHERE id > %s AND id <= %s AND collection = %s AND type = %s ORDER BY id LIMIT %s) c
"""
_WRITERS: Final = """
SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = %s::regclass AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A segment that is in use, or with id 0 one that is to be; see `models.Segment`."""

    id: int = 0
    collection: str
    type: str
    sha256: bytes
    size: int
    hashes: int
    pairs: int
    covers: tuple[Cover, ...]
    sealed_to: int
    removals: int
    made_at: datetime

    @property
    def group(self) -> tuple[str, str]:
        """The collection and type."""
        return self.collection, self.type


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Segments to put in and to take out, and the boundary of the log that this was worked out from."""

    add: tuple[Live, ...]
    drop: tuple[Live, ...]
    sealed_to: int | None


def live_segments() -> list[Live]:
    """Return every segment in use."""
    return [
        Live(
            id=r[0],
            collection=r[1],
            type=r[2],
            sha256=bytes(r[3]),
            size=r[4],
            hashes=r[5],
            pairs=r[6],
            covers=tuple((low, high) for low, high in (json.loads(r[7]) if isinstance(r[7], str) else r[7])),
            sealed_to=r[8],
            removals=r[9],
            made_at=r[10],
        )
        for r in fetch_all(_LIVE, [])
    ]


def boundary(*, live: Sequence[Live]) -> int:
    """Return the number in the log up to which everything is in a segment."""
    return max((s.sealed_to for s in live), default=0)


def made(*, group: tuple[str, str], file: Made, covers: Sequence[Cover], sealed_to: int, removals: int, now: datetime) -> Live:
    """Return the entry of a file that was written."""
    return Live(
        collection=group[0],
        type=group[1],
        sha256=file.sha256,
        size=file.size,
        hashes=file.hashes,
        pairs=file.pairs,
        covers=tuple(covers),
        sealed_to=sealed_to,
        removals=removals,
        made_at=now,
    )


def swap(*, change: Swap) -> bool:
    """Put segments in and take others out, in the transaction that is open. False, and nothing done, if others were quicker."""
    fetch_none("SELECT pg_advisory_xact_lock(%s)", [_LOCK_SWAP])
    if change.sealed_to is not None and change.sealed_to != boundary(live=live_segments()):
        return False
    gone = [s.id for s in change.drop]
    if gone:
        found = fetch_all("SELECT id FROM matching_segment WHERE id = ANY(%s) FOR UPDATE", [gone])
        if len(found) != len(gone):
            return False
        fetch_none("DELETE FROM matching_segment WHERE id = ANY(%s)", [gone])
    insert_segments(segments=change.add)
    return True


def insert_segments(*, segments: Sequence[Live]) -> None:
    """Put segments in, in the transaction that is open."""
    Segment.objects.bulk_create(
        Segment(
            collection=s.collection,
            type=s.type,
            sha256=s.sha256,
            size=s.size,
            hashes=s.hashes,
            pairs=s.pairs,
            covers=s.covers,
            sealed_to=s.sealed_to,
            removals=s.removals,
            made_at=s.made_at,
        )
        for s in segments
    )


def rows_of(*, group: tuple[str, str], covers: Sequence[Cover]) -> Rows:
    """Return what the log has of a collection and type between these ids."""
    collection, type_ = group
    width = WIDTHS[type_] // 8
    found: list[Rows] = []
    for low, high in covers:
        at = low
        while True:
            hashes, owners, last, count = fetch_all(_ROWS, [at, high, collection, type_, _CHUNK])[0]
            if count:
                words = np.frombuffer(bytes(hashes), np.uint64).reshape(-1, width)
                found.append(Rows(hashes=words, owners=np.frombuffer(bytes(owners), ">i8").astype(np.int64)))
                at = last
            if count < _CHUNK:
                break
    return gather(rows=found, width=width)


def settled(*, table: str, patience: float) -> int | None:
    """Return a number such that no row of the table with a number up to it can still appear; None if writers take too long.

    Numbers are given before commit, so the highest that is seen says nothing of those below it. But whoever was given one holds the
    table's lock for writers until the end of its transaction. So: look at the highest number, then at who holds that lock, and wait
    until each of them has ended. Whoever comes later gets a higher number. Nobody waits for us.
    """
    highest = int(fetch_all(f"SELECT coalesce(max(id), 0) FROM {table}", [])[0][0])  # noqa: S608 - a table of ours
    waiting = {r[0] for r in fetch_all(_WRITERS, [table])}
    left = patience
    while waiting:
        if left <= 0:
            return None
        time.sleep(0.005)
        left -= 0.005
        waiting &= {r[0] for r in fetch_all(_WRITERS, [table])}
    return highest


def removed_owners(*, collection: str, up_to: int) -> Owners:
    """Return the owners that were taken out of a collection by removals up to this number."""
    rows = fetch_all("SELECT owner FROM matching_removal WHERE collection = %s AND id <= %s", [collection, up_to])
    return np.array([r[0] for r in rows], np.int64)


def joined(*, covers: Sequence[Cover]) -> tuple[Cover, ...]:
    """Return these ranges in order, those that touch made one."""
    out: list[Cover] = []
    for low, high in sorted(covers):
        if out and out[-1][1] == low:
            out[-1] = (out[-1][0], high)
        else:
            out.append((low, high))
    return tuple(out)
