"""A PDQ hash turned and mirrored, from its bits alone.

Bit 16 i + j says whether the coefficient of the vertical frequency i + 1 and the horizontal j + 1 of the picture's cosine transform is
above the median of all. Exchanging the axes exchanges i and j. Mirroring negates the coefficients of odd frequency; as the median is
near zero, their bits turn over, but for the few coefficients that lie between zero and the median.
Source: the PDQ paper (Facebook, The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm, 2019), dihedral hashes.
"""

from __future__ import annotations

from typing import Final

_SIDE: Final = 16
# Even places hold odd frequencies.
_ROWS: Final = sum(1 << (i * _SIDE + j) for i in range(0, _SIDE, 2) for j in range(_SIDE))
_COLUMNS: Final = sum(1 << (i * _SIDE + j) for i in range(_SIDE) for j in range(0, _SIDE, 2))


def other_forms(*, value: bytes) -> tuple[bytes, ...]:
    """Return the seven other orientations of a PDQ hash (32 bytes, in the order of published lists), each about right to a few bits."""
    upright = int.from_bytes(value)
    across = sum(1 << (j * _SIDE + i) for i in range(_SIDE) for j in range(_SIDE) if upright >> (i * _SIDE + j) & 1)
    every = (bits ^ mask for bits in (upright, across) for mask in (0, _ROWS, _COLUMNS, _ROWS ^ _COLUMNS))
    return tuple(bits.to_bytes(32) for bits in every)[1:]
