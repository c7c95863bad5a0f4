"""Pictures in all the forms that a file can have; some that Pillow cannot write are written here."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_PASSES: Final = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
_COLOUR_TYPES: Final = {1: 0, 2: 4, 3: 2, 4: 6}


def save(image: Image.Image, form: str, **how: Any) -> bytes:
    """Encode with Pillow."""
    file = BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


def png(pixels: NDArray[Any], *, interlaced: bool = False, chunks: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """Write a PNG of 8 or 16 bits (by the array's type), of 1 to 4 channels, perhaps in seven passes (Adam7)."""
    deep = pixels if pixels.ndim == 3 else pixels[:, :, None]
    height, width, channels = deep.shape
    bits = deep.dtype.itemsize * 8
    big_endian = deep.astype(">u2" if bits == 16 else "u1")
    parts = [big_endian[top::down, left::across] for top, left, down, across in _PASSES] if interlaced else [big_endian]
    rows = b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)
    header = struct.pack(">IIBBBBB", width, height, bits, _COLOUR_TYPES[channels], 0, 0, int(interlaced))
    every = ((b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in every)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _sixteen(image: Image.Image) -> NDArray[np.uint16]:
    return np.asarray(image).astype(np.uint16) * 257


def _with_alpha(image: Image.Image, alpha: int) -> Image.Image:
    whole = image.convert("RGBA")
    whole.putalpha(alpha)
    return whole


LOSSLESS: Final[dict[str, Callable[[Image.Image], bytes]]] = {
    "PNG": lambda image: save(image, "PNG"),
    "PNG, interlaced": lambda image: png(np.asarray(image), interlaced=True),
    "PNG, 16 bits": lambda image: png(_sixteen(image)),
    "PNG, 16 bits, interlaced, opaque": lambda image: png(_sixteen(_with_alpha(image, 255)), interlaced=True),
    "PNG, opaque": lambda image: save(_with_alpha(image, 255), "PNG"),
    "BMP": lambda image: save(image, "BMP"),
    "TIFF": lambda image: save(image, "TIFF"),
    "TIFF, LZW": lambda image: save(image, "TIFF", compression="tiff_lzw"),
    "TIFF, deflate, opaque": lambda image: save(_with_alpha(image, 255), "TIFF", compression="tiff_deflate"),
    "TIFF, CMYK": lambda image: save(image.convert("CMYK"), "TIFF"),
    "WebP, lossless": lambda image: save(image, "WEBP", lossless=True),
    "WebP, lossless, opaque": lambda image: save(_with_alpha(image, 255), "WEBP", lossless=True),
}
"""Forms that hold an RGB picture whole."""

GREY: Final[dict[str, Callable[[Image.Image], bytes]]] = {
    "L, PNG": lambda image: save(image, "PNG"),
    "L, PNG, interlaced": lambda image: png(np.asarray(image), interlaced=True),
    "LA, PNG": lambda image: save(image.convert("LA"), "PNG"),
    "I;16, PNG": lambda image: png(_sixteen(image)),
    "LA, PNG, 16 bits": lambda image: png(_sixteen(image.convert("LA"))),
    "L, TIFF": lambda image: save(image, "TIFF", compression="tiff_lzw"),
    "I;16, TIFF": lambda image: save(Image.fromarray(_sixteen(image)), "TIFF"),
    "I, TIFF": lambda image: save(Image.fromarray(_sixteen(image).astype(np.int32)), "TIFF"),
    "F, TIFF": lambda image: save(Image.fromarray(np.asarray(image, np.float32) / 255), "TIFF"),
    "P, BMP": lambda image: save(image.convert("P"), "BMP"),
    "L, GIF": lambda image: save(image, "GIF"),
}
"""Forms that hold a grey picture whole."""

PALETTE: Final[dict[str, Callable[[Image.Image], bytes]]] = {
    "P, PNG": lambda image: save(image, "PNG"),
    "P, PNG, with transparency": lambda image: save(image, "PNG", transparency=bytes([255] * 256)),
    "P, GIF": lambda image: save(image, "GIF"),
    "P, TIFF": lambda image: save(image, "TIFF"),
    "P, BMP": lambda image: save(image, "BMP"),
}
"""Forms that hold a picture of at most 256 colours whole."""

LOSSY: Final[dict[str, Callable[[Image.Image], bytes]]] = {
    "JPEG 90": lambda image: save(image, "JPEG", quality=90),
    "JPEG 50": lambda image: save(image, "JPEG", quality=50),
    "JPEG 80, progressive": lambda image: save(image, "JPEG", quality=80, progressive=True),
    "JPEG 90, CMYK": lambda image: save(image.convert("CMYK"), "JPEG", quality=90),
    "JPEG 90, grey": lambda image: save(image.convert("L"), "JPEG", quality=90),
    "WebP 80": lambda image: save(image, "WEBP", quality=80),
    "AVIF 75": lambda image: save(image, "AVIF", quality=75, speed=10),
    "GIF": lambda image: save(image, "GIF"),
    "PNG, 256 colours": lambda image: save(image.quantize(256), "PNG"),
    "PNG, grey": lambda image: save(image.convert("L"), "PNG"),
}
"""Forms that change the picture."""
