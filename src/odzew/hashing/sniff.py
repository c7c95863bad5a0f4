"""What a file is, by its first bytes; names and declared types are never asked."""

from __future__ import annotations

from typing import Final, Literal

from odzew.hashing.data import Kind

Format = Literal["JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP"]

HEAD: Final = 4096
"""So many bytes are enough to tell."""

_PICTURES: Final[tuple[tuple[bytes, Format], ...]] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
)
_VIDEOS: Final = (
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"OggS",
    b"FLV\x01",
    b"0&\xb2u\x8ef\xcf\x11",  # ASF
    b"\0\0\x01\xba",  # MPEG program stream
    b"\0\0\x01\xb3",  # MPEG video
)
_AVIF: Final = (b"avif", b"avis")
_STILL_HEIF: Final = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
_PACKET: Final = 188  # of an MPEG transport stream


def picture_format(*, head: bytes) -> Format | None:
    """Return the form of a picture that can be decoded here, or None."""
    for start, form in _PICTURES:
        if head.startswith(start):
            return form
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return "AVIF" if any(brand in _AVIF for brand in _brands(head)) else None


def kind_of(*, head: bytes) -> Kind:
    """Tell whether a file that begins with `head` (the first 4,096 bytes) is a picture, a video, or neither of those known here."""
    if picture_format(head=head):
        return "image"
    brands = _brands(head)
    if brands:
        return "unknown" if brands[0] in _STILL_HEIF else "video"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip") or head.startswith(_VIDEOS):
        return "video"
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"AVIX"):
        return "video"
    packets = head[::_PACKET]
    return "video" if len(packets) > 2 and not packets.strip(b"G") else "unknown"


def is_heif(*, head: bytes) -> bool:
    """Tell whether it is a HEIF picture (HEIC), which cannot be decoded here."""
    brands = _brands(head)
    return bool(brands) and brands[0] in _STILL_HEIF and not any(brand in _AVIF for brand in brands)


def _brands(head: bytes) -> list[bytes]:
    """Return the major and the compatible brands of an ISO base media file."""
    if head[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(head[:4]), len(head))
    return [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
