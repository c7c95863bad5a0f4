"""What the header of a JPEG says, read without decoding it.

Source: ITU-T T.81, annex B; ICC.1:2022, annex B.4 (profiles in APP2); Exif 2.32, 4.5.4 (APP1).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN: Final = 0xDA


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The frame of a JPEG, its EXIF block and its colour profile; `plain` says that it is 8-bit, grey or of three colours."""

    height: int
    width: int
    components: int
    plain: bool
    exif: bytes = b""
    profile: bytes = b""


def read_header(*, data: bytes) -> Header | None:
    """Walk the markers up to the first scan; None if they make no sense."""
    at, exif, profile = 2, b"", {}
    frame: tuple[int, int, int, bool] | None = None
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if marker == _SCAN:
            break
        if marker in _FRAMES and len(body) >= 6:
            bits, height, width, components = struct.unpack_from(">BHHB", body)
            frame = (height, width, components, bits == 8 and marker in (0xC0, 0xC1, 0xC2))
        elif marker == 0xE1 and body.startswith(b"Exif\0\0"):
            exif = exif or body
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
            profile[body[12]] = body[14:]
        at += 2 + length
    if frame is None:
        return None
    height, width, components, eight = frame
    joined = b"".join(part for _, part in sorted(profile.items()))
    return Header(
        height=height, width=width, components=components, plain=eight and components in (1, 3), exif=exif, profile=joined
    )
