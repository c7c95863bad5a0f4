"""Every hash within a Hamming distance, by looking at all of them: slow, short and plainly right.

It is what the fast search of `nearest.py` is held against, and what works where numba cannot.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
KEYS: Final = 65_536
IN_ORDER: Final = 3
# The numbers that the compiled search works with, one line for each of eight lists: whoever calls it gives it so much room.
SCRATCH: Final = (8, 512)
_BLOCK: Final = 8_192


def flat(*, hashes: Words, query: Words, radius: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions and distances of all rows of `hashes` within `radius` bits of `query`, in order of position.

    `hashes` is n x w words of 64 bits, `query` w words; which bit is which does not matter, only that both agree.
    """
    places: list[NDArray[np.int64]] = []
    distances: list[NDArray[np.int64]] = []
    for begin in range(0, len(hashes), _BLOCK):
        block: NDArray[Any] = np.bitwise_count(hashes[begin : begin + _BLOCK] ^ query).sum(axis=1, dtype=np.int64)
        near = np.flatnonzero(block <= radius)
        places.append(near.astype(np.int64) + begin)
        distances.append(block[near])
    if not places:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(places), np.concatenate(distances)


def build(
    *, chunks: NDArray[np.uint16], offsets: NDArray[np.uint32], partners: NDArray[np.uint16], places: NDArray[np.uint8]
) -> None:
    """Fill the tables that `nearest.py` describes, the same bytes as its kernel gives."""
    n = len(chunks)
    tables, rows = offsets.reshape(16, KEYS + 1), places.reshape(15, n, 3)
    filed = partners.reshape(16, n)
    for k in range(16):
        order = np.argsort(chunks[:, k], kind="stable")
        tables[k, 0] = 0
        tables[k, 1:] = np.cumsum(np.bincount(chunks[:, k], minlength=KEYS))
        filed[k] = chunks[order, k ^ 1]
        if k != IN_ORDER:
            rows[k if k < IN_ORDER else k - 1] = order.astype("<u4").view(np.uint8).reshape(n, 4)[:, :3]
