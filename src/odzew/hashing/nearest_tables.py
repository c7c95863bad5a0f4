"""The tables that hashes of 256 bits are looked up by: what lies where, and how they are made. `nearest_kernels.py` says how they serve.

A hash is seen as 16 chunks of 16 bits, or 8 pairs of chunks. There is a table for each chunk, with a block for each of its 65,536 values,
and in it, for every hash that has this value there: its *partner*, the other chunk of the pair. All blocks are of one size, so that where
a block lies follows from the value alone, and at a million hashes it is one line of memory. Numbers of 16 bits, little-endian:

    blocks    16 x 65,536 x w: where the block's first place is, and how many hashes are in it (32 bits each); then their partners,
              in order, equal ones in the order of the hashes. What does not fit lies in `more`; the last two numbers say from where on
    more      partners of blocks that are too small for theirs, and a line that is never anybody's: partners are read by lines
    places    n x 3 bytes for each of seven pairs: where a hash lies, for the tables of the pair's *first* chunk

The other chunk's table has no places: its value and the partner are the pair, whose places the first chunk's table has. Hashes are
sorted, so that of the second pair the first chunk is the hash's beginning, the place in its table is the place of the hash, and none is kept.
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
PLACES: Final = 21  # bytes for each hash
# The numbers that the compiled search works with, a line for each of eight lists: whoever calls it gives it so much room.
SCRATCH: Final = (8, 512)
ENTRY: Final = 6  # what it is told of a part: the addresses of hashes, how many, of blocks, their words, of `more`, of places
_LINE: Final = 32
_SIZES: Final = (8, 16, *range(_LINE, 16 * _LINE, _LINE))  # of blocks: lines of memory, or parts that divide one
_BYTES: Final = 69  # what blocks may take for each hash, where they are many


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Blocks of `words` numbers, what did not fit into them, and places; together at most some 90 bytes a hash from half a million on."""

    words: int
    blocks: Numbers
    more: Numbers
    places: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large the arrays of `Tables` are: a block and `more` in numbers of 16 bits."""

    words: int
    more: int

    @property
    def blocks(self) -> int:
        """How many numbers all blocks have."""
        return CHUNKS * KEYS * self.words


def words_of(*, n: int) -> int:
    """Return the size of a block for n hashes (at most 2^24): nearly all of them hold what is theirs, if that is not dear."""
    mean = n / KEYS
    wanted = HEAD + mean + 3 * math.sqrt(mean)
    allowed = max(_SIZES[0], _BYTES * n // (2 * CHUNKS * KEYS))
    dear = next((size for size in reversed(_SIZES) if size <= allowed), _SIZES[0])
    return next((size for size in _SIZES if wanted <= size < dear), dear)


def sizes_of(*, hashes: Words) -> Sizes:
    """Return how large the tables of these hashes are (n x 4 words)."""
    words, more = words_of(n=len(hashes)), _LINE
    for chunk in range(CHUNKS):
        counts = np.bincount(_chunks(hashes)[:, chunk], minlength=KEYS)
        more += int(_beyond(counts, words).sum())
    return Sizes(words=words, more=more)


def fill(*, hashes: Words, tables: Tables) -> None:
    """Write the tables of sorted hashes into arrays of `sizes_of` size; the same bytes on every machine."""
    chunks, n = _chunks(hashes), len(hashes)
    blocks, places = tables.blocks.reshape(CHUNKS, KEYS, tables.words), tables.places.reshape(7, n, 3)
    used = row = 0
    for chunk in range(CHUNKS):
        first = FIRST[chunk // 2] == chunk
        pairs = chunks[:, chunk].astype(np.uint64) << np.uint64(48) | chunks[:, chunk ^ 1].astype(np.uint64) << np.uint64(32)
        pairs |= np.arange(n, dtype=np.uint64)
        if chunk != IN_ORDER:
            pairs.sort()
        used = _file(pairs, blocks[chunk], tables.more, used)
        if first and chunk != IN_ORDER:
            places[row] = pairs.astype("<u4").view(np.uint8).reshape(n, 4)[:, :3]
            row += 1


def _file(pairs: Words, blocks: Numbers, more: Numbers, used: int) -> int:
    """Write the blocks of one chunk; return how much of `more` is used then."""
    keys = (pairs >> np.uint64(48)).astype(np.int64)
    partners = (pairs >> np.uint64(32)).astype(np.uint16)
    counts = np.bincount(keys, minlength=KEYS)
    starts = np.cumsum(counts) - counts
    beyond = _beyond(counts, blocks.shape[1])
    blocks[...] = 0
    blocks[:, :HEAD] = np.stack([starts, counts], axis=1).astype("<u4").view(np.uint16)
    inside = (counts - beyond)[keys]
    rank = np.arange(len(keys)) - starts[keys]
    here = rank < inside
    blocks.reshape(-1)[keys[here] * blocks.shape[1] + HEAD + rank[here]] = partners[here]
    full = np.flatnonzero(beyond)
    if len(full):
        where = used + np.cumsum(beyond) - beyond
        blocks[full, -TAIL:] = where[full].astype("<u4").view(np.uint16).reshape(-1, TAIL)
        more[where[keys[~here]] + (rank - inside)[~here]] = partners[~here]
    return used + int(beyond.sum())


def _beyond(counts: NDArray[np.int64], words: int) -> NDArray[np.int64]:
    """How many partners of each block do not fit into it."""
    return np.where(counts > words - HEAD, counts - (words - HEAD - TAIL), 0)


def _chunks(hashes: Words) -> Numbers:
    return hashes.view(np.uint16).reshape(-1, CHUNKS)
