"""Small patterns from whole-number arithmetic alone, so that they are the same bytes on every machine and in every version."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
KINDS: Final = ("noise", "cells", "soft", "mirrored", "stripes", "ramp", "flat", "dots")


def pattern(*, kind: str, seed: int, height: int, width: int) -> Pixels:
    """Make RGB pixels; `mirrored`, `stripes`, `ramp` and `flat` have many coefficients that are exactly equal."""
    if kind == "noise":
        return _raw(seed, height, width)
    if kind == "flat":
        return np.broadcast_to(_raw(seed, 1, 1), (height, width, 3)).copy()
    y, x = np.mgrid[0:height, 0:width]
    if kind == "stripes":
        step = 1 + seed % 17
        return np.where(((x // step + (seed % 3) * (y // step)) % 2)[:, :, None], _raw(seed, 1, 1), 255 - _raw(seed, 1, 1))
    if kind == "ramp":
        return np.stack([(x * 255 // max(1, width - 1) + y * (seed % 5)) % 256] * 3, axis=2).astype(np.uint8)
    if kind == "dots":
        return np.where((_raw(seed, height, width)[:, :, :1] > 250), np.uint8(255), np.uint8(20)).repeat(3, axis=2)
    cells = _raw(seed, 3 + seed % 11, 3 + seed % 7)
    wide = cells[y * cells.shape[0] // height, x * cells.shape[1] // width]
    if kind == "cells":
        return np.asarray(wide, np.uint8)
    reach = max(1, min(height, width) // 12)
    total = sum(np.roll(wide.astype(np.int64), (n, n * 2), (0, 1)) for n in range(reach)) // reach
    soft = np.asarray(total, np.uint8)
    return soft if kind == "soft" else np.concatenate([soft[:, : width // 2], soft[:, : width - width // 2][:, ::-1]], axis=1)


def _raw(seed: int, height: int, width: int) -> Pixels:
    """Return bytes of PCG64 itself, whose stream numpy promises never to change."""
    count = height * width * 3
    words = np.random.PCG64(seed).random_raw(count // 8 + 1)
    return np.asarray(words, "<u8").view(np.uint8)[:count].reshape(height, width, 3)
