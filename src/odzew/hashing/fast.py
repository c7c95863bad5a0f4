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
from odzew.hashing.orientation import after, exif_orientation
from odzew.hashing.pdq import GOOD, SMALLEST, bits_of, coefficients, near_cut, picture_of, quality_near, shrunk_all, steady
from odzew.hashing.turns import AS_ORIENTATION

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
    stored, quality, firm = exif_orientation(block=header.exif), None, True
    hashes: list[bytes] = []
    orientations = [after(stored, turn) for turn in (AS_ORIENTATION if turned else AS_ORIENTATION[:1])]
    for small in shrunk_all(pixels=np.ascontiguousarray(plane), orientations=orientations, full=full, block=block):
        waves = coefficients(small)
        if quality is None:
            quality, firm = quality_near(small), steady(waves)
        if abs(quality - GOOD) <= QUALITY_MARGIN or near_cut(waves, NEAR) > MANY:
            return None
        hashes.append(bits_of(waves))
    return picture_of(hashes=hashes, quality=quality or 0, mode="fast", steady=firm)


def _block(short_side: int) -> int:
    block = 1
    while block < 8 and short_side // (2 * block) >= SHORT_SIDE:
        block *= 2
    return block
