"""The public test vectors: `python -m tests.hashing.vectors` writes docs/vectors/hashing anew.

Their pixels come from whole-number arithmetic (`patterns`), so anybody can make them again; the files are kept, because encoders differ.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageCms

from odzew.hashing.api import hash_file
from odzew.hashing.orientation import FLIPS
from tests.hashing.encode import png, save
from tests.hashing.patterns import Pixels, pattern

FOLDER: Final = Path(__file__).parents[2] / "docs" / "vectors" / "hashing"
OTHERS: Final = 10
"""Another decoder of a lossy form may differ by so many bits."""


def base() -> Pixels:
    """The picture that most vectors show: 84 x 60, soft and pale colours, no symmetry."""
    bright = pattern(kind="soft", seed=1234, height=60, width=84).astype(np.int64)
    return np.asarray((bright + bright.sum(axis=2, keepdims=True)) // 4, np.uint8)


def files() -> Iterator[tuple[str, str, bytes, int]]:
    """Name each file, say what it is, give its bytes, and within how many bits another decoder must come."""
    pixels = base()
    image = Image.fromarray(pixels)
    yield from _whole(pixels, image)
    yield from _lossy(image)
    yield from _turned(image)
    yield from _odd(image)


def _whole(pixels: Pixels, image: Image.Image) -> Iterator[tuple[str, str, bytes, int]]:
    grey, sixteen = image.convert("L"), pixels.astype(np.uint16) * 257
    alpha = np.linspace(0, 255, 84).astype(np.uint8)[None, :].repeat(60, axis=0)
    clear = Image.fromarray(np.dstack([pixels, alpha]))
    few = image.quantize(60)
    yield "rgb.png", "the plain picture", save(image, "PNG"), 0
    yield "rgb-interlaced.png", "in seven passes", png(pixels, interlaced=True), 0
    yield "rgb-16.png", "16 bits a channel", png(sixteen), 0
    yield (
        "rgba-opaque.png",
        "with an alpha channel that hides nothing",
        png(np.dstack([pixels, np.full((60, 84), 255, np.uint8)])),
        0,
    )
    yield "rgba.png", "transparent on the left: lies over white", save(clear, "PNG"), 0
    yield "rgba-16.png", "the same with 16 bits a channel", png(np.asarray(clear).astype(np.uint16) * 257), 0
    yield "rgba.webp", "the same in lossless WebP, transparent colours kept", save(clear, "WEBP", lossless=True, exact=True), 0
    yield "grey.png", "in grey", save(grey, "PNG"), 0
    yield "grey-16.png", "in grey, 16 bits", png(np.asarray(grey).astype(np.uint16) * 257), 0
    yield "grey-alpha.png", "in grey, transparent on the left", save(clear.convert("LA"), "PNG"), 0
    yield "one-bit.png", "in black and white", save(image.convert("1"), "PNG"), 0
    yield "palette.png", "60 colours", save(few, "PNG"), 0
    yield (
        "palette-transparent.png",
        "60 colours, every second of them transparent",
        save(few, "PNG", transparency=bytes([255, 0] * 30)),
        0,
    )
    yield "palette.gif", "60 colours", save(few, "GIF"), 0
    yield "palette.bmp", "60 colours", save(few, "BMP"), 0
    yield "rgb.bmp", "the plain picture", save(image, "BMP"), 0
    yield "rgb.tif", "the plain picture, LZW", save(image, "TIFF", compression="tiff_lzw"), 0
    yield "cmyk.tif", "CMYK without a profile: R = 255 - C, and so on, darkened by K", save(image.convert("CMYK"), "TIFF"), 0
    yield "rgb.webp", "the plain picture, lossless", save(image, "WEBP", lossless=True), 0
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield "srgb.png", "with the profile of sRGB, which changes nothing", save(image, "PNG", icc_profile=srgb), 0
    exchanged = Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1]))
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    yield "exchanged.png", "red and blue exchanged, and a profile that says so", save(exchanged, "PNG", icc_profile=swapped), OTHERS


def _lossy(image: Image.Image) -> Iterator[tuple[str, str, bytes, int]]:
    yield "444.jpg", "JPEG, full colour", save(image, "JPEG", quality=92, subsampling=0), OTHERS
    yield "420.jpg", "JPEG, colour at half size", save(image, "JPEG", quality=80, subsampling=2), OTHERS
    yield "progressive.jpg", "JPEG, progressive", save(image, "JPEG", quality=80, progressive=True), OTHERS
    yield "grey.jpg", "JPEG, grey", save(image.convert("L"), "JPEG", quality=85), OTHERS
    yield "cmyk.jpg", "JPEG, CMYK", save(image.convert("CMYK"), "JPEG", quality=90), OTHERS
    yield "lossy.webp", "WebP, lossy", save(image, "WEBP", quality=80), OTHERS
    yield "lossy.avif", "AVIF, lossy", save(image, "AVIF", quality=80), OTHERS


def _turned(image: Image.Image) -> Iterator[tuple[str, str, bytes, int]]:
    for orientation in FLIPS:
        exif = Image.Exif()
        exif[0x112] = orientation
        yield (
            f"exif-{orientation}.jpg",
            f"JPEG with EXIF orientation {orientation}",
            save(image, "JPEG", quality=85, exif=exif),
            OTHERS,
        )
    exif = Image.Exif()
    exif[0x112] = 6
    for form, how in (("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {"compression": "tiff_lzw"})):
        name = {"PNG": "png", "WEBP": "webp", "TIFF": "tif"}[form]
        yield f"exif-6.{name}", f"{form} with EXIF orientation 6", save(image, form, exif=exif, **how), 0
    yield "exif-6.avif", "AVIF to be turned as EXIF orientation 6 says", save(image, "AVIF", quality=80, exif=exif), OTHERS


def _odd(image: Image.Image) -> Iterator[tuple[str, str, bytes, int]]:
    frames = [Image.fromarray(pattern(kind="soft", seed=n, height=60, width=84)).quantize(32) for n in (1234, 5, 6)]
    moving = save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[100, 200, 300])
    yield "moving.gif", "three frames", moving, 0
    for side in (5, 63, 64, 65, 129):
        pixels = pattern(kind="soft", seed=side, height=side, width=side + side % 3)
        yield f"{pixels.shape[1]}x{side}.png", "another size", save(Image.fromarray(pixels), "PNG"), 0
    yield "flat.png", "one colour: quality 0, matched only exactly", save(Image.new("RGB", (40, 30), (9, 99, 200)), "PNG"), 256
    yield "plaid.png", "much quality, but nothing steady", png(pattern(kind="stripes", seed=3, height=60, width=84)), 256
    yield "4x4.png", "too small for PDQ", save(image.resize((4, 4)), "PNG"), 0
    yield "cut.jpg", "cut off in the middle: what there is of it", save(image, "JPEG", quality=90)[:2000], 256
    yield "text.png", "no picture, whatever its name says", b"This is no picture.\n", 0


def described(name: str, what: str, data: bytes, within: int) -> dict[str, Any]:
    """Say what the hashes of a file are."""
    found = hash_file(data=data)
    picture = found.picture.pdq if found.picture else None
    said: dict[str, Any] = {
        "file": name,
        "what": what,
        "sha256": found.sha256.hex(),
        "md5": found.md5.hex(),
        "pdq": picture.hex if picture else None,
        "quality": picture.quality if picture else None,
        "within": within,
    }
    if found.frames:
        said["frames"] = [{"at": round(f.at, 3), "pdq": f.pdq.hex, "quality": f.pdq.quality} for f in found.frames]
    return said | ({"note": found.note} if found.note else {})


def main() -> None:
    """Write the files and vectors.json."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    rows = []
    for name, what, data, within in files():
        (FOLDER / name).write_bytes(data)
        rows.append(described(name, what, data, within))
    text = "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"
    (FOLDER / "vectors.json").write_text(text, encoding="utf-8")
    print(f"{len(rows)} files, {sum(path.stat().st_size for path in FOLDER.iterdir()):,} bytes")


if __name__ == "__main__":
    main()
