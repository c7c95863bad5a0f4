"""Pictures in the forms that people have them in, and what the desk makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from PIL import Image, ImageCms

from odzew.hashing.api import hash_file
from tests.hashing.corpus import picture
from tests.hashing.encode import png, save

SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def see_through(image: Image.Image, number: int) -> Image.Image:
    """Give it an alpha channel of every level."""
    rng = np.random.default_rng([number, 25])
    coarse = Image.fromarray(rng.integers(0, 256, (7, 9), dtype=np.uint8))
    out = image.convert("RGBA")
    out.putalpha(coarse.resize(image.size, Image.Resampling.BICUBIC))
    return out


def turned(image: Image.Image, number: int, form: str, **how: Any) -> bytes:
    """Encode it so that it is to be turned as EXIF says: 1 to 8, by its number."""
    exif = Image.Exif()
    exif[0x112] = 1 + number % 8
    return save(image, form, exif=exif, **how)


def _deep(image: Image.Image, number: int) -> bytes:
    rng = np.random.default_rng([number, 26])
    low = rng.integers(0, 256, (image.height, image.width, 3))
    return png((np.asarray(image).astype(np.uint16) << 8 | low).astype(np.uint16))


FORMS: Final[dict[str, Callable[[Image.Image, int], bytes]]] = {
    "png": lambda image, n: save(image, "PNG"),
    "png, 16 bits": _deep,
    "png, alpha": lambda image, n: save(see_through(image, n), "PNG"),
    "png, grey and alpha": lambda image, n: save(see_through(image, n).convert("LA"), "PNG"),
    "png, palette": lambda image, n: save(image.quantize(100), "PNG"),
    "png, palette and alpha": lambda image, n: save(image.quantize(100), "PNG", transparency=bytes(range(0, 250, 5)) * 2),
    "png, sRGB": lambda image, n: save(image, "PNG", icc_profile=SRGB),
    "png, gamma": lambda image, n: png(np.asarray(image), chunks=((b"gAMA", (100_000).to_bytes(4)),)),
    "png, turned": lambda image, n: turned(image, n, "PNG"),
    "jpeg": lambda image, n: save(image, "JPEG", quality=60 + n % 39),
    "jpeg, full colour": lambda image, n: save(image, "JPEG", quality=90, subsampling=0),
    "jpeg, half colour": lambda image, n: save(image, "JPEG", quality=85, subsampling=1),
    "jpeg, progressive": lambda image, n: save(image, "JPEG", quality=75, progressive=True),
    "jpeg, grey": lambda image, n: save(image.convert("L"), "JPEG", quality=80),
    "jpeg, sRGB": lambda image, n: save(image, "JPEG", quality=80, icc_profile=SRGB),
    "jpeg, turned": lambda image, n: turned(image, n, "JPEG", quality=85),
    "webp": lambda image, n: save(image, "WEBP", quality=50 + n % 50),
    "webp, lossless": lambda image, n: save(image, "WEBP", lossless=True),
    "webp, alpha": lambda image, n: save(see_through(image, n), "WEBP", quality=80),
    "webp, lossless alpha": lambda image, n: save(see_through(image, n), "WEBP", lossless=True),
    "webp, turned": lambda image, n: turned(image, n, "WEBP", quality=80),
    "avif": lambda image, n: save(image, "AVIF", quality=50 + n % 50, speed=10),
    "avif, full colour": lambda image, n: save(image, "AVIF", quality=80, speed=10, subsampling="4:4:4"),
    "avif, opaque alpha": lambda image, n: save(image.convert("RGBA"), "AVIF", quality=80, speed=10),
    "avif, turned": lambda image, n: turned(image, n, "AVIF", quality=80, speed=10),
    "gif": lambda image, n: save(image, "GIF"),
    "bmp": lambda image, n: save(image, "BMP"),
}


def corpus(*, count: int) -> Iterator[tuple[str, bytes]]:
    """Name and encode pictures, each in two forms; every form has its turn with other kinds of pictures."""
    forms = list(FORMS)
    for number in range(count):
        rng = np.random.default_rng([number, 27])
        image = picture(number, (int(rng.integers(60, 400)), int(rng.integers(60, 400))))
        for form in (forms[number % len(forms)], forms[(number + 13) % len(forms)]):
            yield f"{number} {form}", FORMS[form](image, number)


def desks(data: bytes) -> tuple[str | None, int | None, bool]:
    """Return the desk's own hash of a file, its quality, and whether it is steady."""
    found = hash_file(data=data).picture
    return (found.pdq.hex, found.pdq.quality, found.steady) if found else (None, None, False)


def profile(*, red: tuple[float, ...], green: tuple[float, ...], blue: tuple[float, ...]) -> bytes:
    """Return a colour profile with other primaries (XYZ, under D50) and the curve of sRGB."""
    made = bytearray(SRGB)
    for n in range(int.from_bytes(made[128:132])):
        name, at = bytes(made[132 + 12 * n : 136 + 12 * n]), int.from_bytes(made[136 + 12 * n : 140 + 12 * n])
        for tag, xyz in ((b"rXYZ", red), (b"gXYZ", green), (b"bXYZ", blue)):
            if name == tag:
                made[at + 8 : at + 20] = b"".join(round(v * 65536).to_bytes(4, signed=True) for v in xyz)
    return bytes(made)


P3: Final = profile(red=(0.51512, 0.24120, -0.00105), green=(0.29198, 0.69225, 0.04189), blue=(0.15710, 0.06657, 0.78407))
ADOBE: Final = profile(red=(0.60974, 0.31111, 0.01947), green=(0.20528, 0.62567, 0.06087), blue=(0.14919, 0.06322, 0.74457))
"""The primaries of Display P3 and of Adobe RGB (1998)."""
