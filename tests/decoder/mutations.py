"""Small harmless files, broken in many ways: the same number, the same broken file."""

from __future__ import annotations

import random
import struct
import zlib
from typing import Final

from PIL import Image

from tests.decoder.corpus import film
from tests.decoder.pictures import FORMATS, encoded, waves

_EDGES: Final = (0, 1, 2, 4, 5, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)


def seeds() -> list[bytes]:
    """Return the files that are broken: all forms, still and moving, some with EXIF and profile, and short films."""
    first, second = waves(width=40, height=32, seed=1), waves(width=40, height=32, seed=2)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a bridge"
    files = [encoded(picture=first, form=form) for form in FORMATS]
    files += [encoded(picture=first, form=form, exif=exif.tobytes()) for form in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF")]
    files += [
        encoded(picture=first, form=form, save_all=True, append_images=[second, first], duration=40)
        for form in ("GIF", "PNG", "WEBP", "AVIF", "TIFF")
    ]
    files += [
        encoded(picture=first.convert(mode), form=form)
        for mode, form in (("P", "PNG"), ("CMYK", "JPEG"), ("LA", "PNG"), ("P", "BMP"))
    ]
    files += [encoded(picture=first, form="TIFF", compression=how) for how in ("tiff_lzw", "tiff_adobe_deflate", "jpeg")]
    files += [encoded(picture=first, form="JPEG", progressive=True), encoded(picture=first, form="WEBP", lossless=True)]
    return files


def short_films() -> list[bytes]:
    """Return short films in a few containers."""
    kinds = ("libx264 mp4", "mpeg4 avi", "libvpx webm", "libvpx-vp9 matroska", "mpeg2video mpegts", "flv flv", "libsvtav1 mp4")
    return [film(codec=kind.split()[0], container=kind.split()[1], count=6, side=(64, 64)) for kind in kinds]


def broken(*, files: list[bytes], number: int) -> bytes:
    """Return one of the files with one to four faults."""
    chance = random.Random(number)
    data = bytearray(chance.choice(files))
    for _ in range(chance.choice((1, 1, 2, 4))):
        chance.choice((_flip, _flip, _set, _set, _number, _number, _cut, _splice, _double, _drop, _head))(data, chance, files)
    return _mended(bytes(data)) if chance.random() < 0.75 else bytes(data)


def _mended(data: bytes) -> bytes:
    """Put right the check sums of a PNG, so that its faults reach the decoder."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    out, at = bytearray(data), 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        if end + 4 > len(data):
            break
        out[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4)
        at = end + 4
    return bytes(out)


def _place(data: bytearray, chance: random.Random) -> int:
    """Half of the faults are where sizes and types stand."""
    most = max(1, len(data))
    return chance.randrange(min(most, 128)) if chance.random() < 0.5 else chance.randrange(most)


def _flip(data: bytearray, chance: random.Random, _files: list[bytes]) -> None:
    if data:
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _set(data: bytearray, chance: random.Random, _files: list[bytes]) -> None:
    if data:
        data[_place(data, chance)] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))


def _number(data: bytearray, chance: random.Random, _files: list[bytes]) -> None:
    form = chance.choice(["<H", ">H", "<I", ">I"])
    at, size = _place(data, chance), struct.calcsize(form)
    if at + size <= len(data):
        struct.pack_into(form, data, at, chance.choice(_EDGES) & (1 << 8 * size) - 1)


def _cut(data: bytearray, chance: random.Random, _files: list[bytes]) -> None:
    del data[chance.randrange(len(data) + 1) :]


def _splice(data: bytearray, chance: random.Random, files: list[bytes]) -> None:
    other = chance.choice(files)
    data[_place(data, chance) :] = other[chance.randrange(len(other)) :]


def _double(data: bytearray, chance: random.Random, _files: list[bytes]) -> None:
    at = _place(data, chance)
    piece = data[at : at + chance.randrange(1, 64)]
    data[at:at] = piece * chance.choice((1, 2, 50))


def _drop(data: bytearray, chance: random.Random, _files: list[bytes]) -> None:
    at = _place(data, chance)
    del data[at : at + chance.randrange(1, 16)]


def _head(data: bytearray, chance: random.Random, files: list[bytes]) -> None:
    other, length = chance.choice(files), chance.randrange(1, 40)
    data[:length] = other[:length]
