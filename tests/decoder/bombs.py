"""Small files that would grow: pictures of nothing but zeros, headers that lie, scans and frames without end."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from tests.decoder.pictures import encoded, waves

PNG = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def header(*, width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    """Return a PNG's first chunk."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def zeros(*, count: int) -> bytes:
    """Return `count` zero bytes as zlib would pack them, made in a moment: the same packed block again and again."""
    block = 1 << 20
    packer = zlib.compressobj(9)
    start = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes(count % block)) + packer.flush(zlib.Z_FINISH)
    check = (count % 65521) << 16 | 1
    return start + again * (count // block - 1) + rest[:-4] + check.to_bytes(4)


def png(*, width: int, height: int, depth: int = 8, colour: int = 2, more: bytes = b"") -> bytes:
    """Return a PNG of zeros, with more chunks before its data."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = 1 + (width * samples * depth + 7) // 8
    palette = chunk(b"PLTE", bytes(6)) if colour == 3 else b""
    data = zeros(count=row * height) if row * height > 1 << 21 else zlib.compress(bytes(row * height))
    return (
        PNG
        + header(width=width, height=height, depth=depth, colour=colour)
        + more
        + palette
        + chunk(b"IDAT", data)
        + chunk(b"IEND", b"")
    )


def twelve_gibibytes() -> bytes:
    """Return a PNG of about 500 kB whose 65,536 x 65,536 pixels are 12 GiB in RGB."""
    return png(width=65_536, height=65_536, depth=1, colour=0)


def too_wide() -> Iterator[tuple[str, bytes]]:
    """Yield files of each form whose header names more pixels than are decoded."""
    yield "PNG", twelve_gibibytes()
    yield "PNG of 2^31", PNG + header(width=(1 << 31) - 1, height=(1 << 31) - 1) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")
    small = waves(width=48, height=48)
    gif = bytearray(encoded(picture=small, form="GIF"))
    struct.pack_into("<HH", gif, 6, 65_535, 65_535)
    yield "GIF", bytes(gif)
    jpeg = bytearray(encoded(picture=small, form="JPEG"))
    struct.pack_into(">HH", jpeg, jpeg.index(b"\xff\xc0") + 5, 65_500, 65_500)
    yield "JPEG", bytes(jpeg)
    bmp = bytearray(encoded(picture=small, form="BMP"))
    struct.pack_into("<ii", bmp, 18, 60_000, 60_000)
    yield "BMP", bytes(bmp)
    tiff = bytearray(encoded(picture=small, form="TIFF"))
    for tag in (256, 257):
        at = _entry(tiff, tag)
        struct.pack_into("<HII", tiff, at + 2, 4, 1, 65_000)
    yield "TIFF", bytes(tiff)
    yield "WEBP", b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<II", 10, 0) + b"\xfe\xff\x00\xfe\xff\x00" + bytes(8)
    avif = bytearray(encoded(picture=small, form="AVIF"))
    struct.pack_into(">II", avif, avif.index(b"ispe") + 8, 16_000, 16_000)
    yield "AVIF", bytes(avif)


def swollen() -> Iterator[tuple[str, bytes]]:
    """Yield files whose picture is small and whose other parts are not."""
    packed = zeros(count=200 << 20)
    yield "PNG text", png(width=64, height=64, more=b"".join(chunk(b"zTXt", b"a\0\0" + packed) for _ in range(4)))
    yield "PNG text in UTF-8", png(width=64, height=64, more=b"".join(chunk(b"iTXt", b"a\0\1\0\0\0" + packed) for _ in range(4)))
    yield "PNG profile", png(width=64, height=64, more=chunk(b"iCCP", b"a\0\0" + packed))
    yield "PNG longer than its size", PNG + header(width=64, height=64) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    yield "PNG of 30,000 chunks", png(width=64, height=64, more=chunk(b"tEXt", b"a\0b") * 30_000)
    yield (
        "JPEG profile without end",
        _jpeg_with(b"\xff\xe2" + struct.pack(">H", 65_535) + b"ICC_PROFILE\0\1\xff" + bytes(65_519), 200),
    )
    yield "JPEG of EXIF garbage", _jpeg_with(_exif_garbage(), 20)
    yield "TIFF whose pages bite their tail", _tiff_in_a_ring()
    yield "GIF without end", _gif(frames=200_000)
    yield "PNG moving without end", _apng(frames=30_000)


def scans(*, count: int, side: int = 2000) -> bytes:
    """Return a progressive JPEG that goes over its whole picture `count` times more than it needs."""
    flat = Image.new("L", (side, side), 90)
    data = encoded(picture=flat, form="JPEG", progressive=True, quality=50)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * (1 + count) + data[-2:]


def _entry(tiff: bytearray, tag: int) -> int:
    at = int.from_bytes(tiff[4:8], "little")
    count = int.from_bytes(tiff[at : at + 2], "little")
    return next(at + 2 + 12 * n for n in range(count) if struct.unpack_from("<H", tiff, at + 2 + 12 * n) == (tag,))


def _jpeg_with(segment: bytes, times: int) -> bytes:
    data = encoded(picture=waves(width=64, height=64), form="JPEG")
    return data[:2] + segment * times + data[2:]


def _exif_garbage() -> bytes:
    entries = b"".join(
        struct.pack("<HHII", tag, kind % 14, 1 << 28, 8) for tag, kind in zip(range(270, 2270), range(2000), strict=True)
    )
    body = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2000) + entries + struct.pack("<I", 8)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _tiff_in_a_ring() -> bytes:
    data = bytearray(encoded(picture=waves(width=64, height=64), form="TIFF"))
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    struct.pack_into("<I", data, at + 2 + 12 * count, at)
    return bytes(data)


def _gif(*, frames: int) -> bytes:
    start = b"GIF89a" + struct.pack("<HHBBB", 900, 900, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return start + frame * frames + b";"


def _apng(*, frames: int) -> bytes:
    data = zlib.compress(bytes(900 * 901))
    out = io.BytesIO()
    out.write(PNG + header(width=900, height=900, colour=0) + chunk(b"acTL", struct.pack(">II", frames, 0)))
    out.write(_fctl(0, 900) + chunk(b"IDAT", data))
    for number in range(1, frames):
        out.write(_fctl(2 * number - 1, 1) + chunk(b"fdAT", struct.pack(">I", 2 * number) + zlib.compress(b"\0\0")))
    out.write(chunk(b"IEND", b""))
    return out.getvalue()


def _fctl(number: int, side: int) -> bytes:
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, side, side, 0, 0, 1, 10, 0, 0))
