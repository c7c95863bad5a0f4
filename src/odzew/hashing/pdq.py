"""PDQ of pixels: the reference's bits, at a fraction of its cost.

1. Two box filters, the decimation and the luma are one linear step (`odzew.hashing.operator`), in whole numbers: exact, so that every
   machine, numba or numpy, and a browser's doubles give the same 64 x 64 values.
2. The cosine transform and the median cut follow, again in whole numbers.
3. The reference works in float32, with rounding errors of its own. Where a coefficient or the quality is so near its limit that they
   could matter (`TIE`, `STEP`), the reference's float32 operations are repeated in its order, and their result is taken.

Source: the PDQ paper (Facebook, 2019) and the reference as packaged in `pdqhash` 0.2.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from odzew.foundation.errors import Invalid
from odzew.hashing import plain
from odzew.hashing.data import Mode, Pdq, Picture
from odzew.hashing.operator import SIDE, band
from odzew.hashing.orientation import FLIPS, after, upright
from odzew.hashing.turns import AS_ORIENTATION, SIGNS, TURNS, turned_waves


@cache
def _fast() -> ModuleType:
    """Return the compiled kernels, or their numpy twin without numba: loaded with the first picture, since the compiler is large."""
    try:
        from odzew.hashing import kernels
    except ImportError:
        return plain
    return kernels


Pixels = NDArray[np.uint8]
Square = NDArray[np.float64]
Waves = NDArray[np.floating[Any]]

SMALLEST: Final = 5
"""Below so many pixels on a side the reference gives no hash: all bits zero, quality 0."""
TIE: Final = 0.012
"""Near the cut the reference's rounding moves a coefficient by less than this: twice the most that was seen in 20,000 pictures."""
GOOD: Final = 50
"""Below this quality a picture has too little structure to be told from others."""
STEP: Final = 0.01
"""The same for the difference of two neighbours in its 64 x 64 picture."""

_UNIT: Final = 1 << 16  # the 64 x 64 values are whole numbers over 2^16
_PLAIN: Final = {(False, False): 1, (False, True): 2, (True, True): 3, (True, False): 4}
_NOTHING: Final = Pdq(bits=bytes(32), quality=0)


def _waves() -> tuple[Square, NDArray[np.float32]]:
    """Return rows 1 to 16 of the 64-point cosine transform: as whole numbers over 2^26, and as the reference's float32."""
    angles = np.pi / 128 * (np.arange(16)[:, None] + 1) * (2 * np.arange(SIDE) + 1)
    scale = np.float32(np.sqrt(2 / SIDE))
    return np.rint(np.cos(angles) * np.sqrt(2 / SIDE) * (1 << 26)), (np.cos(angles) * float(scale)).astype(np.float32)


_WAVES, _WAVES32 = _waves()


def pdq_of_rgb(*, pixels: Pixels, turned: bool = False, orientation: int = 1) -> Picture:
    """Hash RGB pixels (height x width x 3, uint8) as `pdqhash.compute` does, bit for bit; with `turned` all eight orientations.

    `orientation` (EXIF, 1 to 8) says how they are to be shown: the hash is that of the pixels as shown, without moving them.
    Raises `Invalid` for arrays of another shape.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise Invalid("PDQ wants RGB pixels: an array of height x width x 3 bytes.")
    return _exact(pixels, turned, orientation)


def pdq_of_grey(*, plane: Pixels, turned: bool = False, orientation: int = 1) -> Picture:
    """Hash a grey plane (height x width, uint8) as `pdqhash.compute` does for pixels whose red, green and blue are equal.

    Raises `Invalid` for arrays of another shape.
    """
    if plane.ndim != 2 or plane.dtype != np.uint8:
        raise Invalid("PDQ wants a grey plane: an array of height x width bytes.")
    return _exact(plane, turned, orientation)


def dihedral(*, pixels: Pixels) -> tuple[bytes, ...]:
    """Return what `pdqhash.compute_dihedral` returns: eight hashes from the coefficients of one, in the order of `TURNS`.

    They are only near the hashes of the turned pixels, because the filters of PDQ are not symmetric (docs/hashing.md has the distances).
    Use `turned` to find turned copies, and this to compare with other programs. Takes RGB or grey pixels, at least 5 on a side.
    """
    waves: Waves = coefficients(shrunk(pixels=np.ascontiguousarray(pixels)))
    if not all(certain(waves * signs) for signs in SIGNS[:4]):
        waves = _coefficients32(_fast().reference(pixels, always=True))
    return tuple(bits_of(turned_waves(waves, turn)) for turn in range(len(TURNS)))


def _exact(pixels: Pixels, turned: bool, orientation: int) -> Picture:
    turns = AS_ORIENTATION if turned else AS_ORIENTATION[:1]
    if min(pixels.shape[:2]) < SMALLEST:
        return picture_of(hashes=[_NOTHING.bits for _ in turns], quality=0, mode="exact", steady=False)
    pixels, quality, firm = np.ascontiguousarray(pixels), None, True
    hashes: list[bytes] = []
    orientations = [after(orientation, turn) for turn in turns]
    for number, small in zip(orientations, shrunk_all(pixels=pixels, orientations=orientations), strict=True):
        waves: Waves = coefficients(small)
        clear = certain(waves)
        if not hashes:
            quality, firm = quality_of(small), steady(waves)
        if not clear or quality is None:
            small32 = _fast().reference(upright(pixels=pixels, orientation=number))
            waves = waves if clear else _coefficients32(small32)
            quality = _quality32(small32) if quality is None else quality
        hashes.append(bits_of(waves))
    return picture_of(hashes=hashes, quality=quality or 0, mode="exact", steady=firm)


def picture_of(*, hashes: list[bytes], quality: int, mode: Mode, steady: bool) -> Picture:
    """Return a picture of one hash, or of all eight."""
    turned = tuple(hashes) if len(hashes) > 1 else ()
    return Picture(pdq=Pdq(bits=hashes[0], quality=quality), turned=turned, mode=mode, steady=steady)


def shrunk_all(*, pixels: Pixels, orientations: list[int], full: tuple[int, int] | None = None, block: int = 1) -> Iterator[Square]:
    """Return the 64 x 64 pictures (`shrunk`) for several orientations; two that differ by a transposition share the work."""
    done: dict[tuple[bool, bool], Square] = {}
    for orientation in orientations:
        up_down, left_right, transposed = FLIPS[orientation]
        key = up_down, left_right
        if key not in done:
            done[key] = shrunk(pixels=pixels, orientation=_PLAIN[key], full=full, block=block)
        yield done[key].T if transposed else done[key]


def shrunk(*, pixels: Pixels, orientation: int = 1, full: tuple[int, int] | None = None, block: int = 1) -> Square:
    """Return the 64 x 64 picture as whole numbers over 2^16.

    `pixels` may be decoded at 1/`block` from a picture whose stored height and width are `full`. A picture to be turned is weighed in its
    stored order, with mirrored weights, and the 64 x 64 values are transposed: the same sums as over turned pixels.
    """
    height, width = full or pixels.shape[:2]
    up_down, left_right, transposed = FLIPS[orientation]
    out = _fast().shrunk(pixels, band(height, block, up_down), band(width, block, left_right))
    out = np.rint(out * 2.0**-28) if pixels.ndim == 2 else np.rint(out / (1000.0 * (1 << 18)))
    return np.asarray(out.T if transposed else out)


def coefficients(small: Square) -> Square:
    """Return 16 x 16 coefficients; all sums are of whole numbers below 2^53, so no order of summing changes them."""
    half = np.rint((_WAVES @ (small - 128.0 * _UNIT)) * 2.0**-28)
    return np.asarray((half @ _WAVES.T) * 2.0**-40)


def bits_of(waves: Waves) -> bytes:
    """Cut at the lower median: the first bit of the first byte is the coefficient of the highest frequencies."""
    flat = waves.ravel()
    return np.packbits((flat > np.partition(flat, 127)[127])[::-1]).tobytes()


def near_cut(waves: Waves, distance: float) -> int:
    """Count the coefficients that lie nearer to the cut than `distance`."""
    flat = waves.ravel()
    return int(np.count_nonzero(np.abs(flat - np.partition(flat, 127)[127]) < distance))


def steady(waves: Waves) -> bool:
    """Tell whether the hash survives re-encoding: at most a quarter of the coefficients lie within 1 of the cut."""
    return near_cut(waves, 1.0) <= 64


def certain(waves: Waves) -> bool:
    """Tell whether the reference must find the same bits: no coefficient above the cut is near one below it."""
    flat = np.partition(waves.ravel(), (127, 128))
    return bool(flat[128] - flat[127] > 2 * TIE)


def quality_of(small: Square) -> int | None:
    """Return the quality, or None where the reference's rounding may decide between two.

    It is a sum over neighbours: their difference in percent of 255, the fraction cut off; over 90, at most 100.
    """
    steps = _steps(small)
    lowest, highest = _quality(np.maximum(steps - STEP * _UNIT, 0.0)), _quality(steps + STEP * _UNIT)
    return lowest if lowest == highest else None


def quality_near(small: Square) -> int:
    """Return the quality without regard to the reference's rounding, which may give one less or more."""
    return _quality(_steps(small))


def _steps(small: Square) -> Square:
    return np.concatenate([np.abs(np.diff(small, axis=0)).ravel(), np.abs(np.diff(small, axis=1)).ravel()])


def _quality(steps: Square) -> int:
    return min(100, int(np.floor(steps * (100.0 / (255.0 * _UNIT))).sum()) // 90)


def _coefficients32(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the coefficients with the reference's additions in its order."""
    half = np.zeros((16, SIDE), np.float32)
    for k in range(SIDE):
        half += _WAVES32[:, k : k + 1] * small[k : k + 1]
    waves = np.zeros((16, 16), np.float32)
    for k in range(SIDE):
        waves += half[:, k : k + 1] * _WAVES32[:, k]
    return waves


def _quality32(small: NDArray[np.float32]) -> int:
    """Return the quality with the reference's roundings."""
    hundred, full = np.float32(100), np.float32(255)
    total = sum(int(np.abs(np.trunc(np.diff(small, axis=axis) * hundred / full)).sum()) for axis in (0, 1))
    return min(100, total // 90)
