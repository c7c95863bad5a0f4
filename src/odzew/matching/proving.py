"""The index's own test: what lies in it is found at distance 0, 16 and 31, and not at 32."""

from __future__ import annotations

from typing import Final

import numpy as np

from odzew.hashing.nearest import Parts
from odzew.matching.segments import Words

_REACH: Final = 31
_DISTANCES: Final = (0, 16, 31, 32)


def proves(*, parts: Parts, turn: int) -> bool:
    """Say whether a hash of each part is found as it must be; another `turn`, another hash. Parts without hashes prove nothing."""
    width = parts.parts[0].hashes.shape[1] if parts.parts else 0
    return all(_finds(parts, n, turn, near=width == 4) for n, part in enumerate(parts.parts) if len(part.hashes))


def _finds(parts: Parts, number: int, turn: int, *, near: bool) -> bool:
    hashes = parts.parts[number].hashes
    place = turn * 2_654_435_761 % len(hashes)
    if not near:
        equal, other = hashes[place].copy(), hashes[place].copy()
        other[-1] ^= np.uint64(1)
        return [number, place] in parts.equal(query=equal).tolist() and [number, place] not in parts.equal(query=other).tolist()
    queries = np.stack([_moved(hashes[place], bits, turn) for bits in _DISTANCES])
    rows = parts.near(queries=queries, radii=np.full(len(_DISTANCES), _REACH, np.int64)).rows.tolist()
    found = [distance for _, part, at, distance in sorted(rows) if (part, at) == (number, place)]
    return found == [d for d in _DISTANCES if d <= _REACH]


def _moved(hash_: Words, bits: int, turn: int) -> Words:
    """Return the hash with so many bits turned, spread evenly over its chunks of 16, which is the hardest for the tables."""
    moved = hash_.copy()
    for n in range(bits):
        chunk, bit = n % 16, (n // 16 * 7 + turn) % 16
        moved[chunk // 4] ^= np.uint64(1) << np.uint64(chunk % 4 * 16 + bit)
    return moved
