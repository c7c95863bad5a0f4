"""The eight orientations of a picture, from the coefficients of one.

Transposing a picture transposes its coefficients, mirroring it negates those of odd order. So all eight hashes cost eight median cuts.
The names and their order are those of the reference (`compute_dihedral`); they say what was done to the picture.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

TURNS: Final = ("upright", "rotate90", "rotate180", "rotate270", "flip_x", "flip_y", "flip_plus1", "flip_minus1")

_ODD: Final = np.where(np.arange(16) % 2, 1.0, -1.0)  # index 0 is the wave of order 1
_ROWS, _COLUMNS = np.repeat(_ODD[:, None], 16, 1), np.repeat(_ODD[None, :], 16, 0)
_ONES: Final = np.ones((16, 16))
SIGNS: Final = (_ONES, _COLUMNS, _ROWS * _COLUMNS, _ROWS, _ROWS, _COLUMNS, _ONES, _ROWS * _COLUMNS)
TRANSPOSED: Final = (False, True, False, True, False, False, True, True)


def turned_waves(waves: NDArray[np.floating[Any]], turn: int) -> NDArray[np.floating[Any]]:
    """Return the 16 x 16 coefficients of the turned picture."""
    signed = waves * SIGNS[turn].astype(waves.dtype)
    return signed.T if TRANSPOSED[turn] else signed
