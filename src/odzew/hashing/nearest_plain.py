"""Every hash within a Hamming distance, by looking at all of them: slow, short and plainly right.

It is what the fast search of `nearest.py` is held against, and what works where numba cannot.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
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
