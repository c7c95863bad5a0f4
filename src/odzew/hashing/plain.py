"""The kernels in numpy alone: slower, with the same bits as `odzew.hashing.kernels`.

`shrunk` is exact whole-number arithmetic (in float64, below 2^53), so no order of summing can change it. `reference` repeats the
reference's float32 additions in the reference's order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from odzew.hashing.operator import SIDE, Band, centres, window

Pixels = NDArray[np.uint8]


def shrunk(pixels: Pixels, rows: Band, columns: Band) -> NDArray[np.float64]:
    """Return 64 x 64 whole numbers: a grey plane times 2^44, or the luma of RGB pixels times 1000 * 2^34."""
    grey = pixels.ndim == 2
    flat = pixels if grey else pixels.reshape(pixels.shape[0], -1)
    tall = np.empty((SIDE, flat.shape[1]))
    for o in range(SIDE):
        first, count = int(rows.start[o]), int(rows.count[o])
        tall[o] = rows.weights[o, :count].astype(np.float64) @ flat[first : first + count].astype(np.float64)
    if not grey:
        tall = np.rint((tall[:, 0::3] * 299.0 + tall[:, 1::3] * 587.0 + tall[:, 2::3] * 114.0) * 2.0**-10)
    out = np.empty((SIDE, SIDE))
    for o in range(SIDE):
        first, count = int(columns.start[o]), int(columns.count[o])
        out[:, o] = tall[:, first : first + count] @ columns.weights[o, :count].astype(np.float64)
    return out


def reference(pixels: Pixels, always: bool = False) -> NDArray[np.float32]:
    """Return the reference's own 64 x 64 luma: the same float32 operations in the same order, rounding errors included.

    It does not filter a picture of exactly 64 x 64 pixels; `always` does.
    """
    luma = luma_of(pixels)
    height, width = luma.shape
    if always or (height, width) != (SIDE, SIDE):
        for _ in range(2):
            luma = _box(luma.T, window(side=width)).T
            luma = _box(luma, window(side=height))
    kept: NDArray[np.float32] = luma[np.ix_(centres(side=height), centres(side=width))]
    return kept


def luma_of(pixels: Pixels) -> NDArray[np.float32]:
    """Return the luma as pdqhash makes it: in float64, then rounded to float32."""
    if pixels.ndim == 2:
        return pixels.astype(np.float32)
    wide: NDArray[np.float64] = pixels[:, :, 0] * 0.299 + pixels[:, :, 1] * 0.587 + pixels[:, :, 2] * 0.114
    return wide.astype(np.float32)


def _box(plane: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Average each column over a running window, as a running sum in float32."""
    side = plane.shape[0]
    half = (width + 2) // 2
    out = np.empty(plane.shape, np.float32)
    total = np.zeros(plane.shape[1], np.float32)
    for i in range(side + half - 1):
        if i < side:
            total += plane[i]
        if i >= width:
            total -= plane[i - width]
        if i >= half - 1:
            np.divide(total, np.float32(min(i + 1, side) - max(0, i + 1 - width)), out=out[i - half + 1])
    return out
