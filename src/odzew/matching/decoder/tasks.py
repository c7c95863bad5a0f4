"""What a child does with a file: the only place that calls a decoder of pictures or videos."""

from __future__ import annotations

import io
import os
import warnings
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from odzew.hashing.data import Picture
from odzew.hashing.pdq import pdq_of_rgb
from odzew.matching.decoder.data import Verdict
from odzew.matching.decoder.messages import Request, Said

FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP")


def prepare() -> None:
    """Load every decoder and compile every kernel, on small pictures of our own."""
    warnings.simplefilter("ignore")
    Image.init()
    Image.MAX_IMAGE_PIXELS = None
    from PIL import AvifImagePlugin

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    for name in FORMATS:
        file = io.BytesIO()
        Image.new("RGB", (64, 64), (9, 99, 199)).save(file, name)
        _picture(file.getvalue(), Request(task="hashes", token=b"", turned=True, pixels=1 << 20))


def hashes(*, fd: int, request: Request) -> tuple[Verdict, Said]:
    """Return the verdict and the hashes of the file behind `fd`; raises `MemoryError` alone."""
    try:
        return _picture(_whole(fd), request)
    except MemoryError:
        raise
    except Exception as problem:
        return "unreadable", Said(note=f"It cannot be read: {problem}")


def _picture(data: bytes, request: Request) -> tuple[Verdict, Said]:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        if picture.width * picture.height > request.pixels:
            note = f"{picture.width} x {picture.height} pixels are more than the limit of {request.pixels}."
            return "too_many_pixels", Said(kind="image", note=note)
        upright = ImageOps.exif_transpose(picture.convert("RGB"))
        found: Picture = pdq_of_rgb(pixels=np.asarray(upright), turned=request.turned)
    return "ok", Said(kind="image", picture=found)


def _whole(fd: int) -> bytes:
    size, parts, at = os.fstat(fd).st_size, [], 0
    while at < size and (part := os.pread(fd, min(size - at, 1 << 24), at)):
        parts.append(part)
        at += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
