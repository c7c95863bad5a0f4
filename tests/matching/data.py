"""Generated hashes of every kind that is hard for an index."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
KINDS = ("uniform", "clustered", "duplicated", "constant bits", "all equal", "few bits")


def generated(*, kind: str, n: int, seed: int) -> Words:
    """Return n hashes of 4 words."""
    rng = np.random.default_rng(seed)
    uniform = rng.integers(0, 1 << 64, (n, 4), np.uint64)
    if kind == "uniform" or n == 0:
        return uniform
    if kind == "clustered":
        centres = uniform[rng.integers(0, max(1, n // 50), n)]
        return np.ascontiguousarray(centres ^ (uniform & rng.integers(0, 1 << 64, (n, 4), np.uint64) & np.roll(uniform, 1, axis=1)))
    if kind == "duplicated":
        return uniform[rng.integers(0, max(1, n // 10), n)]
    if kind == "constant bits":
        return uniform & np.uint64(0xFFFF_0000_00FF_0001)
    if kind == "all equal":
        return np.repeat(uniform[:1], n, axis=0)
    if kind == "few bits":
        return uniform & np.uint64(1 << 40 | 1 << 3)
    raise ValueError(kind)


def in_order(hashes: Words) -> Words:
    """Return hashes sorted by their words."""
    return np.ascontiguousarray(hashes[np.lexsort(hashes.T[::-1])])


def moved(hash_: Words, bits: int, *, rng: np.random.Generator, spread: bool) -> Words:
    """Return a hash so many bits away: at random, or spread evenly over the chunks of 16, the worst for a table of chunks."""
    if spread:
        chunks = rng.permutation(16)
        flips = [int(chunks[n % 16]) * 16 + (n // 16 * 5 + int(rng.integers(0, 5))) % 16 for n in range(bits)]
    else:
        flips = rng.choice(256, bits, replace=False).tolist()
    assert len(set(flips)) == bits
    moved_ = hash_.copy()
    for flip in flips:
        moved_[flip // 64] ^= np.uint64(1) << np.uint64(flip % 64)
    return moved_
