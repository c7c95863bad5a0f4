"""Made-up PDQ hashes of every kind that is hard for an index, and questions a given distance from them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
KINDS: Final = ("uniform", "clustered", "duplicated", "adversarial")
_FAMILY: Final = 1_000
_CROWD: Final = 4


def generated(*, kind: str, n: int, seed: int) -> Words:
    """Return n hashes of 4 words of 64 bits; the same seed gives the same ones.

    `uniform`: every bit by chance. `clustered`: fifty around each centre, some 32 bits from it. `duplicated`: each some ten times.
    `adversarial`: made against tables of pairs of chunks; see the code.
    """
    rng = np.random.default_rng(seed)
    uniform = rng.integers(0, 1 << 64, (n, 4), np.uint64)
    if kind == "uniform" or n == 0:
        return uniform
    if kind == "clustered":
        centres = uniform[rng.integers(0, max(1, n // 50), n)]
        return np.ascontiguousarray(centres ^ (uniform & rng.integers(0, 1 << 64, (n, 4), np.uint64) & np.roll(uniform, 1, axis=1)))
    if kind == "duplicated":
        return uniform[rng.integers(0, max(1, n // 10), n)]
    if kind == "adversarial":
        return _adversarial(uniform)
    raise ValueError(kind)


def _adversarial(hashes: Words) -> Words:
    """Three of four are in families of a thousand that share six of eight pairs of chunks, so that half of a family lies just within
    31 bits of each of them and half just beyond; the fourth share two pairs and nothing else, so that no pair of these is rare."""
    crowd = len(hashes) // _CROWD
    hashes[:crowd, 0] = hashes[0, 0]
    family = crowd + np.arange(len(hashes) - crowd) // _FAMILY * _FAMILY
    hashes[crowd:, :3] = hashes[family, :3]
    return hashes


def moved(hash_: Words, bits: int, *, rng: np.random.Generator, spread: bool) -> Words:
    """Return a hash so many bits away: at random, or spread evenly over the chunks of 16, the worst for a table of chunks."""
    if spread:
        chunks = rng.permutation(16)
        flips = [int(chunks[n % 16]) * 16 + (n // 16 * 5 + int(rng.integers(0, 5))) % 16 for n in range(bits)]
    else:
        flips = rng.choice(256, bits, replace=False).tolist()
    away = hash_.copy()
    for flip in flips:
        away[flip // 64] ^= np.uint64(1) << np.uint64(flip % 64)
    return away
