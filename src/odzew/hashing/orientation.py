"""How stored pixels are to be shown: the EXIF orientation.

Source: CIPA DC-008 (Exif 2.32), 4.6.4, tag 0x0112.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

FLIPS: Final[dict[int, tuple[bool, bool, bool]]] = {
    1: (False, False, False),
    2: (False, True, False),
    3: (True, True, False),
    4: (True, False, False),
    5: (False, False, True),
    6: (True, False, True),
    7: (True, True, True),
    8: (False, True, True),
}
"""Orientation: are the rows mirrored, the columns mirrored, and rows and columns then exchanged?"""


def after(orientation: int, turn: int) -> int:
    """Return the orientation of a picture stored as `orientation` says, and then turned as `turn` says."""
    up_down, left_right, transposed = FLIPS[orientation]
    more_up_down, more_left_right, again = FLIPS[turn]
    if transposed:
        more_up_down, more_left_right = more_left_right, more_up_down
    return _NUMBERS[up_down ^ more_up_down, left_right ^ more_left_right, transposed ^ again]


_NUMBERS: Final = {flips: number for number, flips in FLIPS.items()}
_TAG: Final = 0x0112


def upright(*, pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return the pixels as they are to be shown; a view, not a copy."""
    up_down, left_right, transposed = FLIPS[orientation]
    turned = pixels[:: -1 if up_down else 1, :: -1 if left_right else 1]
    return turned.swapaxes(0, 1) if transposed else turned


def exif_orientation(*, block: bytes) -> int:
    """Read the orientation (1 to 8) out of an EXIF block; 1 if there is none, or if the block makes no sense.

    Only the first directory is looked at, as browsers do; orientations in XMP or of an embedded small picture do not count.
    """
    tiff = block.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (first,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, first)
        for n in range(entries):
            tag, kind, count, value = struct.unpack_from(order + "HHIH", tiff, first + 2 + 12 * n)
            if tag == _TAG:
                return value if kind == 3 and count == 1 and value in FLIPS else 1
    except struct.error:
        return 1
    return 1
