"""Brightness of high-dynamic-range films, as an ordinary screen would show it.

Phones record in HLG or PQ; what is passed on is mostly an ordinary copy. The hash of the stored values would be 10 to 14 bits away from
the copy's (20 at most, in 120 comparisons). Bringing the 64 x 64 means to the ordinary curve leaves 4 bits (8 at most). White is where
ITU-R BT.2408 puts it, at 203 cd/m2 in PQ and at 75 % in HLG; what is brighter is white. Curves: ITU-R BT.2100-2, tables 4 and 5.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.float64]

PQ: Final = 16
HLG: Final = 18
"""The code points of ITU-T H.273, table 3."""
WHITE_PQ: Final = 203.0 / 10_000
WHITE_HLG: Final = 0.265


def ordinary(*, luma: Luma, transfer: int) -> Luma:
    """Return luma (0 black, 255 white) as the sRGB curve has it, where `transfer` is PQ or HLG; any other is left as it is."""
    if transfer == PQ:
        return _srgb(_light_of_pq(luma / 255) / WHITE_PQ)
    if transfer == HLG:
        return _srgb(_light_of_hlg(luma / 255) / WHITE_HLG)
    return luma


def _light_of_pq(signal: Luma) -> Luma:
    """Return the share of 10,000 cd/m2."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = np.clip(signal, 0, 1) ** (1 / m2)
    return np.asarray((np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1))


def _light_of_hlg(signal: Luma) -> Luma:
    """Return the light of the scene, 1 at the most."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    clipped = np.clip(signal, 0, 1)
    return np.where(clipped <= 0.5, clipped**2 / 3, (np.exp((clipped - c) / a) + b) / 12)


def _srgb(light: Luma) -> Luma:
    """Return the sRGB value (IEC 61966-2-1), 0 to 255."""
    clipped = np.clip(light, 0, 1)
    return np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055) * 255
