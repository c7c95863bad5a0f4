"""PDQ's two box filters and its decimation, as one banded matrix for each side of a picture.

Everything that PDQ does before its median cut is linear and separable: out = A(height) . luma . A(width)^T, where A(n) is 64 x n,
depends on n alone, and has about n/64 neighbouring weights in each row. The weights are kept as whole numbers over 2^22, each row
summing to exactly 2^22, so that all sums of them are exact in whatever order they are made (see `odzew.hashing.pdq`).

Source of the windows: section "Downsampling" of the PDQ paper, and the reference's `computeJaroszFilterWindowSize`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

SIDE: Final = 64
BITS: Final = 22
_ONE: Final = 1 << BITS


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """The non-zero weights of a 64 x n matrix: row o is `weights[o, : count[o]]`, from column `start[o]` on; whole numbers over 2^22."""

    start: NDArray[np.int32]
    count: NDArray[np.int32]
    weights: NDArray[np.int32]


def window(*, side: int) -> int:
    """Return the length of the box filter for a side of so many pixels."""
    return (side + 2 * SIDE - 1) // (2 * SIDE)


def centres(*, side: int) -> NDArray[np.int64]:
    """Return the 64 positions that the decimation keeps."""
    return ((np.arange(SIDE) + 0.5) * side / SIDE).astype(np.int64)


@lru_cache(maxsize=512)
def band(side: int, block: int = 1, mirrored: bool = False) -> Band:
    """Return the matrix for a side of `side` pixels that was decoded at 1/`block`, that is to ceil(`side` / `block`) pixels.

    A decoder that scales gives the mean of `block` neighbours; so the weights of the full-size matrix are summed over blocks. That keeps
    the phase of the windows and of the decimation, which a hash of the small picture alone would lose. With `mirrored` the pixels are
    stored in the other direction than they are shown.
    """
    rows = [_row(side, int(centre)) for centre in centres(side=side)]
    if mirrored:
        rows = [(side - first - len(row), row[::-1]) for first, row in rows]
    if block > 1:
        rows = [_in_blocks(first, row, block) for first, row in rows]
    longest = max(len(row) for _, row in rows)
    weights = np.zeros((SIDE, longest), np.int32)
    for o, (_, row) in enumerate(rows):
        weights[o, : len(row)] = _whole(row)
    start = np.array([first for first, _ in rows], np.int32)
    count = np.array([len(row) for _, row in rows], np.int32)
    for array in (start, count, weights):
        array.flags.writeable = False
    return Band(start, count, weights)


def _row(side: int, centre: int) -> tuple[int, NDArray[np.float64]]:
    """Return the first pixel and the weights of one output: a box filter of a box filter, cut off at the edges."""
    width = window(side=side)
    half = (width + 2) // 2
    outer = np.arange(max(0, centre - (width - half)), min(side, centre + half))
    first, last = np.maximum(0, outer - (width - half)), np.minimum(side, outer + half)
    weights = np.zeros(last[-1] - first[0])
    for a, b in zip(first - first[0], last - first[0], strict=True):
        weights[a:b] += 1.0 / (len(outer) * (b - a))
    return int(first[0]), weights


def _in_blocks(first: int, row: NDArray[np.float64], block: int) -> tuple[int, NDArray[np.float64]]:
    start = first // block
    padded = np.zeros(((first + len(row) - 1) // block + 1 - start) * block)
    padded[first - start * block :][: len(row)] = row
    return start, padded.reshape(-1, block).sum(axis=1)


def _whole(row: NDArray[np.float64]) -> NDArray[np.int32]:
    """Round the weights to whole numbers over 2^22 that sum to exactly 2^22: the largest remainders are rounded up, the first of equal ones.

    The weights already sum to 1 but for the last bits of a double. They are not divided by their sum: its last bits hang on the order
    of adding, and a browser that makes the same weights would choose others among equal remainders.
    """
    scaled = row * _ONE
    whole = np.floor(scaled).astype(np.int64)
    short = _ONE - int(whole.sum())
    whole[np.argsort(whole - scaled, kind="stable")[:short]] += 1
    return np.asarray(whole, np.int32)
