"""Every hash within a Hamming distance, exactly, without looking at all of them; and every equal hash.

`Parts` is what is searched as one: a few arrays of hashes, big ones with tables (`nearest_kernels.py` says how they work), small ones
without. Both searches release Python's lock, keep nothing between calls and may be called by any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from odzew.hashing import nearest_plain as plain
from odzew.hashing.nearest_tables import ENTRY, PLACE, SCRATCH, Tables, fill, sizes_of

Words = NDArray[np.uint64]
FURTHEST_BY_TABLES: Final = 31
HITS: Final = 64  # how many hits a room has a place for
_PLAIN_UP_TO: Final = 8_192  # so few hashes are compared by numpy: a small desk needs no compiler in memory


@cache
def _kernels() -> Any:
    """Return the compiled kernels, or None where numba is not installed."""
    try:
        from odzew.hashing import nearest_kernels
    except ImportError:
        return None
    return nearest_kernels


def warm() -> None:
    """Compile the kernels, or load them from where they were kept, so that no look-up waits for it."""
    if _kernels() is None:
        return
    hashes = np.arange(64, dtype=np.uint64).reshape(16, 4)
    parts = Parts(parts=[Part(hashes=hashes, in_order=True, tables=tables_of(hashes=hashes))], width=4)
    parts.near(queries=hashes[:1], radii=np.array([31], np.int64))
    parts.equal(query=hashes[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Hashes, n rows of words of 64 bits, contiguous. `in_order`: sorted by the words from the first; tables need that."""

    hashes: Words
    in_order: bool = False
    tables: Tables | None = None


class Found(NamedTuple):
    """Rows of (query, part, place, distance) in no order, and what it took: postings seen, hashes compared, parts scanned instead."""

    rows: NDArray[np.int64]
    postings: int
    compared: int
    scans: int


def tables_of(*, hashes: Words) -> Tables:
    """Return the tables of sorted hashes (n x 4 words, n <= MOST), in memory."""
    sizes = sizes_of(hashes=hashes)
    memory = np.zeros(sizes.blocks + sizes.more, np.uint16)
    places = np.empty(sizes.rows * PLACE * len(hashes), np.uint8)
    tables = Tables(words=sizes.words, rows=sizes.rows, blocks=memory[: sizes.blocks], more=memory[sizes.blocks :], places=places)
    fill(hashes=hashes, tables=tables)
    return tables


class Room:
    """What one thread asks one question at a time with: a place for hits, and counts of what it took, since its beginning."""

    def __init__(self) -> None:
        self.hits = np.empty((HITS, 4), np.int64)
        self.counts = np.zeros(3, np.int64)
        self._scratch = np.empty(SCRATCH, np.int64)
        self._addresses = np.array([a.ctypes.data for a in (self.hits, self.counts, self._scratch)], np.int64)
        self.address: int = self._addresses.ctypes.data


class Parts:
    """Several parts of hashes of one width, searched in one call; never changed."""

    def __init__(self, *, parts: Sequence[Part], width: int) -> None:
        self.parts = tuple(parts)
        self._width = width
        rows = []
        for part in self.parts:
            if part.hashes.shape[1:] != (width,) or not part.hashes.flags.c_contiguous:
                raise ValueError(f"hashes are rows of {width} words that lie together")
            tables = part.tables
            rest = [0] * (ENTRY - 2)
            if tables:
                rest = [tables.blocks.ctypes.data, tables.words, tables.more.ctypes.data, tables.places.ctypes.data, tables.rows]
            rows.append([part.hashes.ctypes.data, len(part.hashes), *rest])
        self._table = np.array(rows, np.int64).reshape(-1, ENTRY)
        self._addresses, self._sizes = self._table[:, 0].copy(), self._table[:, 1].copy()
        self._in_order = np.array([part.in_order for part in self.parts], np.bool_)
        needed = int(self._sizes.sum()) > _PLAIN_UP_TO or any(part.tables for part in self.parts)
        self._kernels = _kernels() if needed else None
        # How many rows are within `radius` bits of a question: (32 bytes, radius, address of a room, `HITS`). None without the kernels.
        self.count: Callable[[bytes, int, int, int], int] | None = (
            partial(self._kernels.ask, self._table.ctypes.data, len(self.parts)) if self._kernels else None
        )

    def found(self, *, count: int | None, query: bytes, radius: int, room: Room) -> list[list[int]]:
        """Return the rows of a question that was just counted in a room, as a list; without a count it is asked now.

        The rows are those of `near`, and what it took is added to the room's counts.
        """
        if count is not None and count <= HITS:
            return cast(list[list[int]], room.hits[:count].tolist()) if count else []
        found = self.near(queries=np.frombuffer(query, np.uint64).reshape(1, 4), radii=np.array([radius], np.int64))
        if count is None:
            room.counts += (found.postings, found.compared, found.scans)
        return cast(list[list[int]], found.rows.tolist())

    def near(self, *, queries: Words, radii: NDArray[np.int64]) -> Found:
        """Return every row of every part within `radii[i]` bits of `queries[i]` (4 words each), whatever the radius."""
        if self._kernels is None:
            return self._plainly(queries, radii)
        out, counters = np.empty((HITS, 4), np.int64), np.zeros(3, np.int64)
        while (count := self._kernels.search(self._table, queries, radii, out, counters)) > len(out):
            out, counters = np.empty((count, 4), np.int64), np.zeros(3, np.int64)
        return Found(out[:count], *counters.tolist())

    def _plainly(self, queries: Words, radii: NDArray[np.int64]) -> Found:
        found = [np.empty((0, 4), np.int64)]
        for label, (query, radius) in enumerate(zip(queries, radii.tolist(), strict=True)):
            for number, part in enumerate(self.parts):
                places, distances = plain.flat(hashes=part.hashes, query=query, radius=radius)
                front = np.broadcast_to(np.array([label, number], np.int64), (len(places), 2))
                found.append(np.column_stack([front, places, distances]))
        compared = len(queries) * sum(len(part.hashes) for part in self.parts)
        return Found(np.concatenate(found), 0, compared, 0)

    def equal(self, *, query: Words) -> NDArray[np.int64]:
        """Return rows of (part, place) of everything equal to `query`."""
        if self._kernels is None:
            same = [(n, np.flatnonzero((part.hashes == query).all(axis=1))) for n, part in enumerate(self.parts)]
            return np.array([(n, place) for n, places in same for place in places.tolist()], np.int64).reshape(-1, 2)
        out = np.empty((HITS, 2), np.int64)
        while (count := self._kernels.equal(self._addresses, self._sizes, self._width, self._in_order, query, out)) > len(out):
            out = np.empty((count, 2), np.int64)
        rows: NDArray[np.int64] = out[:count]
        return rows
