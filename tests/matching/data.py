"""Generated hashes of every kind that is hard for an index."""

from __future__ import annotations

import numpy as np

from odzew.entrypoints.bench import bits
from odzew.entrypoints.bench.bits import Words, moved

__all__ = ["KINDS", "Words", "generated", "in_order", "moved"]

KINDS = (*bits.KINDS, "constant bits", "all equal", "few bits")


def generated(*, kind: str, n: int, seed: int) -> Words:
    """Return n hashes of 4 words."""
    if kind in bits.KINDS or n == 0:
        return bits.generated(kind=kind, n=n, seed=seed)
    uniform = bits.generated(kind="uniform", n=n, seed=seed)
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
