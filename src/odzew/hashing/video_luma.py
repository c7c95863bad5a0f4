"""One decoded picture of a film to its PDQ hash, as it is shown: turned by its display matrix, in its own colours.

PDQ sees only luma, 0.299 R + 0.587 G + 0.114 B. In BT.601 that is the Y plane itself; in other colour matrices it is the Y plane plus
a little of both chroma planes. As everything before PDQ's median cut is linear, the planes are shrunk one by one and added afterwards:
no RGB picture is ever made. What no such sum can say (RGB, palettes, alpha, packed forms) goes through RGB.
"""

from __future__ import annotations

from dataclasses import dataclass
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
from odzew.hashing.operator import SIDE, Band, band
from odzew.hashing.pdq import SMALLEST, bits_of, coefficients

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
Luma: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How the stored picture is shown: transposed first, then mirrored left to right (`columns`) and top to bottom (`rows`)."""

    transposed: bool = False
    rows: bool = False
    columns: bool = False


def pdq_of_frame(*, frame: av.VideoFrame) -> Pdq:
    """Return the hash of a decoded picture as it is shown; raises ValueError for a form of pixels that cannot be turned into luma."""
    if min(frame.width, frame.height) < SMALLEST:
        return Pdq(bits=bytes(32), quality=0)
    turn = turn_of(frame=frame)
    planes = _planes(frame)
    return _cut(_sum_of_planes(frame, planes, turn) if planes else _through_rgb(frame, turn))


def turn_of(*, frame: av.VideoFrame) -> Turn:
    """Return the turn that the picture's display matrix asks for, rounded to quarter turns and mirrors.

    The matrix is nine 32-bit numbers, ((a, b, u), (c, d, v), (x, y, w)): a stored point (p, q) is shown at (ap + cq, bp + dq), with q
    downwards (ISO/IEC 14496-12, 6.2.2).
    """
    side = cast("SideData | None", frame.side_data.get("DISPLAYMATRIX"))
    if side is None or side.buffer_size < MATRIX_BYTES:
        return Turn()
    a, b, _, c, d = (int(number) for number in np.frombuffer(memoryview(side), dtype="=i4")[:5])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Turn(columns=a < 0, rows=d < 0)
    return Turn(transposed=True, columns=c < 0, rows=b < 0)


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


def _sum_of_planes(frame: av.VideoFrame, planes: tuple[Plane, ...], turn: Turn) -> Luma:
    full = frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj")
    kr, kb = matrix_of(tag=frame.colorspace, lines=frame.height)
    weights: tuple[float, ...] = (1.0,) if full else (255 / 219,)
    if len(planes) > 1:
        blue, red = _chroma_weights(kr, kb)
        weights += (blue, red) if full else (blue * 255 / 224, red * 255 / 224)
    out = np.zeros((SIDE, SIDE))
    for plane, stored, weight in zip(planes, frame.planes, weights, strict=True):
        if abs(weight) > LEAST_WEIGHT:
            wide, high = -(-frame.width // stored.width), -(-frame.height // stored.height)
            out += weight * _shrunk(plane, (frame.width, wide), (frame.height, high), turn)
    return out


def _chroma_weights(kr: float, kb: float) -> tuple[float, float]:
    """Return how much of Cb and of Cr there is in 0.299 R + 0.587 G + 0.114 B; nothing in BT.601."""
    kg = 1 - kr - kb
    blue = 2 * (1 - kb) * (0.114 - 0.587 * kb / kg)
    red = 2 * (1 - kr) * (0.299 - 0.587 * kr / kg)
    return blue, red


def _shrunk(plane: Plane, across: tuple[int, int], down: tuple[int, int], turn: Turn) -> Luma:
    """Return a plane as 64 x 64 means, turned; `across` and `down` are the picture's pixels, and the pixels for one sample of the plane.

    What the memory of the plane holds beyond its width is given no weight.
    """
    rows = _band(*down, turn.columns if turn.transposed else turn.rows)
    columns = _band(*across, turn.rows if turn.transposed else turn.columns)
    out = shrunk(plane, rows, columns) / 2.0**44
    return out.T if turn.transposed else out


@lru_cache(maxsize=256)
def _band(side: int, block: int, mirrored: bool) -> Band:
    """Return the matrix of a side, for a plane that has one sample for `block` pixels, mirrored if the picture is shown mirrored."""
    as_stored = band(side, block)
    if not mirrored:
        return as_stored
    samples = -(-side // block)
    weights = np.zeros_like(as_stored.weights)
    for row, count in enumerate(as_stored.count):
        weights[row, :count] = as_stored.weights[row, :count][::-1]
    return Band(samples - as_stored.start - as_stored.count, as_stored.count, weights)


def _through_rgb(frame: av.VideoFrame, turn: Turn) -> Luma:
    pixels = rgb_of(frame=frame)
    if turn.transposed:
        pixels = pixels.transpose(1, 0, 2)
    pixels = pixels[:: -1 if turn.rows else 1, :: -1 if turn.columns else 1]
    return shrunk(np.ascontiguousarray(pixels), band(pixels.shape[0]), band(pixels.shape[1])) / (1000.0 * 2.0**34)


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


def _cut(luma: Luma) -> Pdq:
    """Return the hash of 64 x 64 luma values of 0 to 255."""
    small = np.rint(luma * 2.0**16)
    steps = sum(int(np.floor(np.abs(np.diff(luma, axis=axis)) * (100 / 255)).sum()) for axis in (0, 1))
    return Pdq(bits=bits_of(coefficients(small)), quality=min(100, steps // 90))
