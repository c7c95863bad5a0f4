"""Which container a film is in, by its first bytes; names and declared types are never asked."""

from __future__ import annotations

from typing import Final

HEAD: Final = 1024
CONTAINERS: Final = ("mov", "matroska", "avi", "flv", "asf", "mpeg", "mpegvideo", "mpegts", "ogg")
"""FFmpeg's names; `mov` is MP4, QuickTime and 3GP, `matroska` is WebM too."""

PICTURE_BRANDS: Final = frozenset(
    {b"avif", b"avis", b"mif1", b"msf1", b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"jp2 "}
)
BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"moof", b"styp", b"sidx", b"uuid"})
ASF: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
TS_PACKET: Final = 188


def container_of(*, head: bytes) -> str | None:
    """Return which film container the first bytes (1,024 are enough) belong to: one of `CONTAINERS`, or None.

    Pictures that share a film's box structure (AVIF, HEIC, JPEG 2000) are not films. Playlists never are.
    """
    if head[4:8] in BOXES:
        return None if head[4:8] == b"ftyp" and head[8:12] in PICTURE_BRANDS else "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head[:4] == b"RIFF" and head[8:11] == b"AVI":
        return "avi"
    if head.startswith(b"FLV\x01"):
        return "flv"
    if head.startswith(ASF):
        return "asf"
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith(b"\x00\x00\x01\xba"):
        return "mpeg"
    if head.startswith(b"\x00\x00\x01\xb3"):
        return "mpegvideo"
    return "mpegts" if _transport_stream(head) else None


def _transport_stream(head: bytes) -> bool:
    return len(head) > 2 * TS_PACKET and all(head[at] == 0x47 for at in range(0, min(len(head), 4 * TS_PACKET + 1), TS_PACKET))
