"""The tables that hashes of 256 bits are looked up by: what lies where, and how they are made. `nearest_kernels.py` says how they serve.

A hash is seen as 16 chunks of 16 bits, or 8 pairs of chunks. There is a table for each chunk, with a block for each of its 65,536 values,
and in it, for every hash that has this value there: its *partner*, the other chunk of the pair. All blocks are of one size, so that where
a block lies follows from the value alone, and at a million hashes it is one line of memory. Numbers of 16 bits, little-endian:

    blocks    16 x 65,536 x w: where the block's first place is, and how many hashes are in it (32 bits each); then their partners,
              in order, equal ones in the order of the hashes. What does not fit lies in `more`; the last two numbers say from where on
    more      partners of blocks that are too small for theirs, and a line that is never anybody's: partners are read by lines
    places    n x 3 bytes for each table that has any: where a hash lies

Hashes are sorted, so that the place in the table of their first 16 bits is the place of the hash, and none is kept. Of each pair one chunk
is the *first*. Where memory is dear, the other chunk's table has no places either: its value and the partner are the pair, whose places the
first chunk's table has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Numbers = NDArray[np.uint16]
CHUNKS: Final = 16
KEYS: Final = 65_536
HEAD: Final = 4  # numbers at the beginning of a block
TAIL: Final = 2  # numbers at the end of one whose partners do not all fit
FIRST: Final = (0, 3, 4, 6, 8, 10, 12, 14)  # of each pair; of the second, what hashes are sorted by first
IN_ORDER: Final = 3
MOST: Final = (1 << 24) - 1  # hashes that one part with tables can hold: places have 24 bits
PLACE: Final = 3  # bytes
ALL: Final = 15  # tables with places, where the second chunks have them too
FIRSTS: Final = 7  # where they do not
# The numbers that the compiled search works with, a line for each of eight lists: whoever calls it gives it so much room.
SCRATCH: Final = (8, 512)
# What it is told of a part: the addresses of hashes, how many, of blocks, their words, of `more`, of places, how many tables have them.
ENTRY: Final = 7
_LINE: Final = 32
_SIZES: Final[tuple[int, ...]] = (8, 16, *range(_LINE, 16 * _LINE, _LINE))  # of blocks: lines of memory, or parts that divide one
_BYTES: Final = {ALL: 45, FIRSTS: 69}  # what blocks may take for each hash, where there are many, beside so many places
_SPARE: Final = 2.5  # standard deviations: one block in a hundred is too small


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Blocks of `words` numbers, what did not fit into them, and places in `rows` tables; at most 90 bytes a hash from half a million on."""

    words: int
    rows: int
    blocks: Numbers
    more: Numbers
    places: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large tables are: a block and `more` in numbers of 16 bits; and how many tables have places, `ALL` or `FIRSTS`."""

    words: int
    more: int
    rows: int

    @property
    def blocks(self) -> int:
        """How many numbers all blocks have."""
        return CHUNKS * KEYS * self.words


def shape_of(*, n: int) -> tuple[int, int]:
    """Return the size of a block for n hashes (at most `MOST`), and how many tables have places.

    Nearly all blocks hold what is theirs, if that is not dear; and where that leaves room, all tables have places.
    """
    mean = n / KEYS
    wanted = next(size for size in _SIZES if size >= HEAD + mean + _SPARE * math.sqrt(mean))
    if wanted <= _allowed(n, ALL):
        return wanted, ALL
    return min(wanted, max((size for size in _SIZES if size <= _allowed(n, FIRSTS)), default=_SIZES[0])), FIRSTS


def _allowed(n: int, rows: int) -> int:
    return _BYTES[rows] * n // (2 * CHUNKS * KEYS)


def sizes_of(*, hashes: Words) -> Sizes:
    """Return how large the tables of these hashes are (n x 4 words)."""
    words, rows = shape_of(n=len(hashes))
    more = _LINE
    for chunk in range(CHUNKS):
        counts = np.bincount(_chunks(hashes)[:, chunk], minlength=KEYS)
        more += int(_beyond(counts, words).sum())
    return Sizes(words=words, more=more, rows=rows)


def fill(*, hashes: Words, tables: Tables) -> None:
    """Write the tables of sorted hashes into arrays of `sizes_of` size; the same bytes on every machine."""
    chunks, n = _chunks(hashes), len(hashes)
    blocks, places = (
        tables.blocks.reshape(CHUNKS, KEYS, tables.words),
        tables.places.reshape(tables.rows, n, PLACE),
    )
    used = row = 0
    for chunk in range(CHUNKS):
        pairs = chunks[:, chunk].astype(np.uint64) << np.uint64(48) | chunks[:, chunk ^ 1].astype(np.uint64) << np.uint64(32)
        pairs |= np.arange(n, dtype=np.uint64)
        if chunk != IN_ORDER:
            pairs.sort()
        used = _file(pairs, blocks[chunk], tables.more, used)
        if chunk != IN_ORDER and (tables.rows == ALL or chunk in FIRST):
            places[row] = pairs.astype("<u4").view(np.uint8).reshape(n, 4)[:, :3]
            row += 1


def _file(pairs: Words, blocks: Numbers, more: Numbers, used: int) -> int:
    """Write the blocks of one chunk; return how much of `more` is used then."""
    words = blocks.shape[1]
    bounds = np.searchsorted(pairs, np.arange(KEYS, dtype=np.uint64) << np.uint64(48))
    starts, counts = bounds, np.diff(bounds, append=len(pairs))
    beyond = _beyond(counts, words)
    partners = pairs.view(np.uint16)[2::4]
    blocks[...] = 0
    blocks[:, :HEAD] = np.stack([starts, counts], axis=1).astype("<u4").view(np.uint16)
    to = np.arange(len(pairs)) + np.repeat(np.arange(KEYS) * words + HEAD - starts, counts)
    if not beyond.any():
        blocks.reshape(-1)[to] = partners
        return used
    apart = np.arange(len(pairs)) - np.repeat(starts + counts - beyond, counts)
    here = apart < 0
    blocks.reshape(-1)[to[here]] = partners[here]
    where, full = used + np.cumsum(beyond) - beyond, np.flatnonzero(beyond)
    blocks[full, -TAIL:] = where[full].astype("<u4").view(np.uint16).reshape(-1, TAIL)
    more[(np.repeat(where, counts) + apart)[~here]] = partners[~here]
    return used + int(beyond.sum())


def _beyond(counts: NDArray[np.int64], words: int) -> NDArray[np.int64]:
    """How many partners of each block do not fit into it."""
    return np.where(counts > words - HEAD, counts - (words - HEAD - TAIL), 0)


def _chunks(hashes: Words) -> Numbers:
    return hashes.view(np.uint16).reshape(-1, CHUNKS)
