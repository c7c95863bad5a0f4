"""What a file is, by its first bytes; names and declared types are never asked."""

from __future__ import annotations

from typing import Final, Literal

from odzew.hashing.containers import container_of
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
_AVIF: Final = (b"avif", b"avis")
_STILL_HEIF: Final = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")


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
    return "video" if container_of(head=head) else "unknown"


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
