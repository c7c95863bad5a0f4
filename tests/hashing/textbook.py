"""PDQ as its paper says it, slowly and in double precision: an oracle that shares nothing with the code."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]


def textbook(pixels: NDArray[np.uint8]) -> tuple[Field, int]:
    """Return the 16 x 16 coefficients, of orders 1 to 16 down and across, and the quality."""
    luma = pixels @ np.array([0.299, 0.587, 0.114])
    if luma.shape != (64, 64):
        for _ in range(2):
            luma = box(box(luma.T).T)
    height, width = luma.shape
    small = np.array([[luma[int((i + 0.5) * height / 64), int((j + 0.5) * width / 64)] for j in range(64)] for i in range(64)])
    wave = [[math.sqrt(2 / 64) * math.cos(math.pi / 64 * order * (k + 0.5)) for k in range(64)] for order in range(1, 17)]
    steps = [abs(small[i + 1, j] - small[i, j]) for i in range(63) for j in range(64)]
    steps += [abs(small[i, j + 1] - small[i, j]) for i in range(64) for j in range(63)]
    quality = min(100, sum(int(step * 100 / 255) for step in steps) // 90)
    return np.array(wave) @ small @ np.array(wave).T, quality


def box(plane: Field) -> Field:
    """Average each column over a window of ceil(n / 128), which reaches one pixel further forward where it is even."""
    side = len(plane)
    window = math.ceil(side / 128)
    back, forward = (window - 1) // 2, window // 2
    return np.array([plane[max(0, i - back) : i + forward + 1].mean(axis=0) for i in range(side)])
