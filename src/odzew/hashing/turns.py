"""The eight orientations of a picture: their names and order, and how its coefficients, or its bits alone, give an idea of the others.

Transposing a picture transposes its coefficients, mirroring it negates those of odd order. The names and their order are those of the
reference (`compute_dihedral`); they say what was done to the picture (a positive rotation is counter-clockwise).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

TURNS: Final = ("upright", "rotate90", "rotate180", "rotate270", "flip_x", "flip_y", "flip_plus1", "flip_minus1")
AS_ORIENTATION: Final = (1, 8, 3, 6, 4, 2, 5, 7)
"""The EXIF orientation that has the same effect."""

_ODD: Final = np.where(np.arange(16) % 2, 1.0, -1.0)  # index 0 is the wave of order 1
_ROWS, _COLUMNS = np.repeat(_ODD[:, None], 16, 1), np.repeat(_ODD[None, :], 16, 0)
_ONES: Final = np.ones((16, 16))
SIGNS: Final = (_ONES, _COLUMNS, _ROWS * _COLUMNS, _ROWS, _ROWS, _COLUMNS, _ONES, _ROWS * _COLUMNS)
TRANSPOSED: Final = (False, True, False, True, False, False, True, True)


def turned_waves(waves: NDArray[np.floating[Any]], turn: int) -> NDArray[np.floating[Any]]:
    """Return the 16 x 16 coefficients of the turned picture."""
    signed = waves * SIGNS[turn].astype(waves.dtype)
    return signed.T if TRANSPOSED[turn] else signed


def turned_of_bits(*, bits: bytes) -> tuple[bytes, ...]:
    """Estimate all eight hashes, in the order of `TURNS`, from the 32 bytes of one: for lists that give nothing but hashes.

    Those without a mirrored axis ("upright", "flip_plus1") are exact. For the others the coefficients' middle is taken to be 0, which it
    is not quite: docs/hashing.md says how far they are off.
    """
    waves = np.unpackbits(np.frombuffer(bits, np.uint8))[::-1].reshape(16, 16).astype(np.bool_)
    found = []
    for signs, transposed in zip(SIGNS, TRANSPOSED, strict=True):
        turned = waves ^ (signs < 0)
        found.append(np.packbits((turned.T if transposed else turned).ravel()[::-1]).tobytes())
    return tuple(found)
