"""A hash for looking up, from a JPEG decoded at a smaller scale.

Decoding costs nearly everything, so a large JPEG is decoded to grey, at 1/2, 1/4 or 1/8 of its size, and the filters of its full size are
applied to that (`odzew.hashing.operator`). The hash is then a few bits from the exact one, except where many coefficients lie near the cut:
such fragile pictures are left to the exact way. What was measured is in docs/hashing.md.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import simplejpeg

from odzew.hashing.canonical import Limits, check_size
from odzew.hashing.colour import transform_of
from odzew.hashing.data import Picture
from odzew.hashing.jpeg import read_header
from odzew.hashing.orientation import exif_orientation
from odzew.hashing.pdq import GOOD, SMALLEST, Square, coefficients, picture_of, quality_near, shrunk
from odzew.hashing.turns import SIGNS

SHORT_SIDE: Final = 512
"""The short side of what is decoded is not made smaller than this."""
NEAR: Final = 0.5
MANY: Final = 16
"""A picture with more than `MANY` coefficients within `NEAR` of the cut is fragile."""
QUALITY_MARGIN: Final = 3
"""A fast quality may differ by about so much; near `GOOD` it is left to the exact way."""


def fast_picture(*, data: bytes, turned: bool, limits: Limits) -> Picture | None:
    """Hash a JPEG quickly; None for what must be decoded exactly: other colours, profiles that matter, damage, fragile pictures."""
    header = read_header(data=data)
    if header is None or not header.plain or min(header.height, header.width) < SMALLEST:
        return None
    check_size(width=header.width, height=header.height, limits=limits)
    if header.profile and transform_of(header.profile, "L" if header.components == 1 else "RGB") is not None:
        return None
    block = _block(min(header.height, header.width))
    wanted = -(-header.height // block), -(-header.width // block)
    try:
        plane = simplejpeg.decode_jpeg(data, "GRAY", min_height=wanted[0], min_width=wanted[1])[:, :, 0]
    except ValueError:
        return None
    if plane.shape != wanted:
        return None
    full = header.height, header.width
    small = shrunk(pixels=plane, orientation=exif_orientation(block=header.exif), full=full, block=block)
    waves, quality = coefficients(small), quality_near(small)
    if abs(quality - GOOD) <= QUALITY_MARGIN or fragile(waves, turned):
        return None
    return picture_of(waves=waves, quality=quality, turned=turned, mode="fast")


def fragile(waves: Square, turned: bool) -> bool:
    """Tell whether small errors could move many coefficients across the cut, in any of the orientations asked for."""
    for signs in SIGNS[:4] if turned else SIGNS[:1]:
        flat = (waves * signs).ravel()
        cut = np.partition(flat, 127)[127]
        if np.count_nonzero(np.abs(flat - cut) < NEAR) > MANY:
            return True
    return False


def _block(short_side: int) -> int:
    block = 1
    while block < 8 and short_side // (2 * block) >= SHORT_SIDE:
        block *= 2
    return block
