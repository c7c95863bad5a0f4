"""One decoded picture of a film to its PDQ hash, as it is shown: turned by its display matrix, in its own colours.

PDQ sees only luma, 0.299 R + 0.587 G + 0.114 B. In BT.601 that is the Y plane itself; in other colour matrices it is the Y plane plus
a little of both chroma planes. As everything before PDQ's median cut is linear, the planes are shrunk one by one and added afterwards:
no RGB picture is ever made. What no such sum can say (RGB, palettes, alpha, packed forms) goes through RGB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

import av
import numpy as np
from av.sidedata.sidedata import SideData
from av.video.format import VideoFormat
from av.video.plane import VideoPlane
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from odzew.hashing.data import Pdq
from odzew.hashing.operator import SIDE, band
from odzew.hashing.orientation import FLIPS, after
from odzew.hashing.pdq import SMALLEST, Square, bits_of, coefficients, quality_near, shrunk_all
from odzew.hashing.turns import AS_ORIENTATION
from odzew.hashing.video_tone import ordinary

try:
    from odzew.hashing.kernels import shrunk
except ImportError:  # numba is not installed
    from odzew.hashing.plain import shrunk

HD_LINES: Final = 720
# Kr and Kb by the code points of ITU-T H.273, table 4.
BT601: Final = (0.299, 0.114)
BT709: Final = (0.2126, 0.0722)
MATRICES: Final[dict[int, tuple[float, float]]] = {
    1: BT709,
    4: (0.30, 0.11),
    5: BT601,
    6: BT601,
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}
SWSCALE: Final[dict[tuple[float, float], str]] = {
    BT601: "ITU601",
    BT709: "ITU709",
    (0.30, 0.11): "FCC",
    (0.212, 0.087): "SMPTE240M",
    (0.2627, 0.0593): "BT2020",
}
FULL_RANGE: Final = 2
RGB_MATRIX: Final = 0
MATRIX_BYTES: Final = 36
LEAST_WEIGHT: Final = 1e-9
BILINEAR_ACCURATE: Final = int(Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT)
Plane: TypeAlias = NDArray[np.uint8]


def pdq_of_frame(*, frame: av.VideoFrame) -> Pdq:
    """Return the hash of a decoded picture as it is shown; raises ValueError for a form of pixels that cannot be turned into luma."""
    if min(frame.width, frame.height) < SMALLEST:
        return Pdq(bits=bytes(32), quality=0)
    (small,) = _smalls(frame, [orientation_of(frame=frame)])
    return Pdq(bits=bits_of(coefficients(small)), quality=quality_near(small))


def turned_of_frame(*, frame: av.VideoFrame) -> tuple[bytes, ...]:
    """Return the hashes of a decoded picture, of at least 5 pixels on a side, turned and mirrored, in the order of `turns.TURNS`."""
    shown = orientation_of(frame=frame)
    return tuple(bits_of(coefficients(small)) for small in _smalls(frame, [after(shown, turn) for turn in AS_ORIENTATION]))


def orientation_of(*, frame: av.VideoFrame) -> int:
    """Return the EXIF orientation that does what the picture's display matrix asks for, rounded to quarter turns and mirrors.

    The matrix is nine 32-bit numbers, ((a, b, u), (c, d, v), (x, y, w)): a stored point (p, q) is shown at (ap + cq, bp + dq), with q
    downwards (ISO/IEC 14496-12, 6.2.2).
    """
    side = cast("SideData | None", frame.side_data.get("DISPLAYMATRIX"))
    if side is None or side.buffer_size < MATRIX_BYTES:
        return 1
    a, b, _, c, d = (int(number) for number in np.frombuffer(memoryview(side), dtype="=i4")[:5])
    transposed = abs(b) + abs(c) > abs(a) + abs(d)
    flips = (c < 0, b < 0, True) if transposed else (d < 0, a < 0, False)
    return next(number for number, wanted in FLIPS.items() if wanted == flips)


def matrix_of(*, tag: int, lines: int) -> tuple[float, float]:
    """Return Kr and Kb for a tagged colour matrix; without a known tag BT.709 for 720 stored lines and more, BT.601 below."""
    return MATRICES.get(tag, BT709 if lines >= HD_LINES else BT601)


def _planes(frame: av.VideoFrame) -> tuple[Plane, ...]:
    """Return one or three planes of 8 bits, each as wide in memory as it is stored, or none where luma needs more than a sum."""
    bits, planes = _layout(frame.format.name)
    if not planes or (planes == 3 and frame.colorspace == RGB_MATRIX):
        return ()
    return tuple(_plane(plane, bits) for plane in frame.planes)


@lru_cache(maxsize=64)
def _layout(name: str) -> tuple[int, int]:
    """Return the bits of a sample and the number of planes, for a form of pixels that is grey or Y, Cb and Cr in planes of their own."""
    form = VideoFormat(name)
    parts = form.components
    bits = parts[0].bits
    plain = name.startswith(("yuv", "gray")) and not form.is_big_endian and 8 <= bits <= 16 and len(parts) in (1, 3)
    apart = all(part.plane == number and part.bits == bits for number, part in enumerate(parts))
    return bits, len(parts) if plain and apart and not name.endswith("f32le") else 0


def _plane(plane: VideoPlane, bits: int) -> Plane:
    stored: NDArray[Any] = np.frombuffer(memoryview(plane), dtype=np.uint8 if bits == 8 else "<u2").reshape(plane.height, -1)
    return stored if bits == 8 else (stored >> (bits - 8)).astype(np.uint8)


def _smalls(frame: av.VideoFrame, orientations: Sequence[int]) -> Iterator[Square]:
    """Yield the picture as 64 x 64 luma values, whole numbers over 2^16, once for each orientation."""
    planes = _planes(frame)
    if not planes:
        yield from shrunk_all(pixels=np.ascontiguousarray(rgb_of(frame=frame)), orientations=list(orientations))
        return
    for orientation in orientations:
        up_down, left_right, transposed = FLIPS[orientation]
        luma = ordinary(luma=_sum_of_planes(frame, planes, up_down, left_right), transfer=frame.color_trc)
        yield np.rint((luma.T if transposed else luma) * 2.0**16)


def _sum_of_planes(frame: av.VideoFrame, planes: tuple[Plane, ...], up_down: bool, left_right: bool) -> Square:
    """Return the luma (0 black, 255 white) of planes that are weighed as they are stored, with mirrored weights where the picture is shown mirrored.

    What the memory of a plane holds beyond its width is given no weight.
    """
    full = frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj")
    parts: tuple[tuple[float, int], ...] = ((1.0, 0) if full else (255 / 219, 16),)
    if len(planes) > 1:
        chroma = 1.0 if full else 255 / 224
        parts += tuple((weight * chroma, 128) for weight in _chroma_weights(*matrix_of(tag=frame.colorspace, lines=frame.height)))
    out = np.zeros((SIDE, SIDE))
    for plane, stored, (weight, zero) in zip(planes, frame.planes, parts, strict=True):
        if abs(weight) > LEAST_WEIGHT:
            rows = band(frame.height, -(-frame.height // stored.height), up_down)
            columns = band(frame.width, -(-frame.width // stored.width), left_right)
            out += weight * (shrunk(plane, rows, columns) / 2.0**44 - zero)
    return out


def _chroma_weights(kr: float, kb: float) -> tuple[float, float]:
    """Return how much of Cb and of Cr there is in 0.299 R + 0.587 G + 0.114 B; nothing in BT.601."""
    kg = 1 - kr - kb
    blue = 2 * (1 - kb) * (0.114 - 0.587 * kb / kg)
    red = 2 * (1 - kr) * (0.299 - 0.587 * kr / kg)
    return blue, red


def rgb_of(*, frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Return the picture as it is stored, in RGB of 8 bits, transparent parts over white; the slow way, and the rule for all others."""
    form = frame.format
    see_through = form.has_palette or any(part.is_alpha for part in form.components)
    source = None if form.is_rgb or form.has_palette else SWSCALE[matrix_of(tag=frame.colorspace, lines=frame.height)]
    made = frame.reformat(
        format="rgba" if see_through else "rgb24",
        src_colorspace=source,
        dst_color_range="JPEG",
        interpolation=BILINEAR_ACCURATE,
        threads=1,
    )
    pixels: Plane = made.to_ndarray().astype(np.uint8, copy=False)
    if not see_through:
        return pixels
    alpha = pixels[:, :, 3:].astype(np.uint16)
    return ((pixels[:, :, :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
