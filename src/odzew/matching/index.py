"""The index in this process: what is searched, and how it keeps up with the log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from odzew.foundation.writes import fetch_all
from odzew.hashing.nearest_plain import flat
from odzew.matching.data import WIDTHS, Answer, Hit, Query, check_collection

# An answer from a view that was read longer ago than this is incomplete: the database may know more.
STALE_AFTER: Final = timedelta(seconds=5)

_TAIL: Final = """
SELECT 'now', NULL::text, NULL::bytea, NULL::bigint, pg_current_snapshot()::text
UNION ALL SELECT a.collection, a.type, a.hash, a.owner, NULL FROM matching_addition a
  WHERE a.batch = 0 AND a.xid >= pg_snapshot_xmin(%s::pg_snapshot) AND NOT pg_visible_in_snapshot(a.xid, %s::pg_snapshot)
UNION ALL SELECT r.collection, NULL, NULL, r.owner, NULL FROM matching_removal r
  WHERE r.xid >= pg_snapshot_xmin(%s::pg_snapshot) AND NOT pg_visible_in_snapshot(r.xid, %s::pg_snapshot)
"""
_NOTHING_SEEN: Final = "1:1:"


@dataclass(slots=True)
class _Delta:
    """Hashes in memory, only ever appended to; readers hold how many they may see."""

    width: int
    hashes: NDArray[np.uint64] = field(init=False)
    owners: NDArray[np.int64] = field(init=False)
    size: int = 0

    def __post_init__(self) -> None:
        self.hashes = np.empty((64, self.width // 8), np.uint64)
        self.owners = np.empty(64, np.int64)

    def append(self, hashes: bytes, owners: list[int]) -> None:
        end = self.size + len(owners)
        if end > len(self.owners):
            room = max(end, 2 * len(self.owners))
            grown, grown_owners = np.empty((room, self.width // 8), np.uint64), np.empty(room, np.int64)
            grown[: self.size], grown_owners[: self.size] = self.hashes[: self.size], self.owners[: self.size]
            self.hashes, self.owners = grown, grown_owners
        self.hashes[self.size : end] = np.frombuffer(hashes, np.uint64).reshape(-1, self.width // 8)
        self.owners[self.size : end] = owners
        self.size = end


@dataclass(frozen=True, slots=True)
class _View:
    """What one search sees: it is never changed, only replaced."""

    parts: dict[tuple[str, str], tuple[NDArray[np.uint64], NDArray[np.int64]]]
    removed: dict[str, set[int]]
    as_of: datetime


class Index:
    """Every hash of both collections, searched in this process; one object is shared by all threads.

    A search takes no lock. `refresh` reads what was committed since the last one; somebody must call it, a few times a second in a
    server. `clock` tells the time, `folder` holds the segments.
    """

    def __init__(self, *, folder: Path, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._deltas: dict[tuple[str, str], _Delta] = {}
        self._removed: dict[str, set[int]] = {}
        self._seen = _NOTHING_SEEN
        self._view: _View | None = None

    def refresh(self) -> None:
        """Read what was committed since the last time; the next search sees it. Never call it in a transaction.

        Raises what the database raises when it is away; the view stays as it was, and answers become incomplete by age.
        """
        if connection.in_atomic_block:
            raise RuntimeError("the index is not read in a transaction")
        with self._lock:
            now = self._clock()
            rows = fetch_all(_TAIL, [self._seen] * 4)
            added: dict[tuple[str, str], tuple[list[bytes], list[int]]] = {}
            for name, type_, hash_, owner, snapshot in rows:
                if snapshot is not None:
                    seen = snapshot
                elif type_ is None:
                    self._removed.setdefault(name, set()).add(owner)
                else:
                    hashes, owners = added.setdefault((name, type_), ([], []))
                    hashes.append(bytes(hash_))
                    owners.append(owner)
            for group, (hashes, owners) in added.items():
                self._deltas.setdefault(group, _Delta(WIDTHS[group[1]])).append(b"".join(hashes), owners)
            self._seen = seen
            parts = {group: (d.hashes[: d.size], d.owners[: d.size]) for group, d in self._deltas.items()}
            self._view = _View(parts=parts, removed=self._removed, as_of=now)

    def search(self, *, collection: str, queries: Sequence[Query]) -> Answer:
        """Return, for each query in order, everything in the collection within its radius. Raises `Invalid` for another collection."""
        check_collection(collection=collection)
        view = self._view
        if view is None:
            return Answer(hits=((),) * len(queries), complete=False, as_of=None)
        removed = view.removed.get(collection, set())
        hits = tuple(_search(view, collection, q, removed) for q in queries)
        return Answer(hits=hits, complete=self._clock() - view.as_of <= STALE_AFTER, as_of=view.as_of)


def _search(view: _View, collection: str, query: Query, removed: set[int]) -> tuple[Hit, ...]:
    part = view.parts.get((collection, query.type))
    if part is None:
        return ()
    hashes, owners = part
    places, distances = flat(hashes=hashes, query=np.frombuffer(query.hash, np.uint64), radius=query.radius)
    hits = {
        Hit(owner, hashes[place].tobytes(), distance)
        for place, owner, distance in zip(places.tolist(), owners[places].tolist(), distances.tolist(), strict=True)
        if owner not in removed
    }
    return tuple(sorted(hits, key=lambda hit: (hit.distance, hit.owner, hit.hash)))
