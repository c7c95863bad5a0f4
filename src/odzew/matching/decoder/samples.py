"""Harmless pictures and one film, made by code in every form that is decoded: they warm up a server before its walls go up."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

import av
import numpy as np
from PIL import Image, ImageCms

_SIDE: Final = 72
_STILL: Final = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP")
_MOVING: Final = ("PNG", "GIF", "WEBP", "AVIF", "TIFF")
_MODES: Final = (
    ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "1"), ("PNG", "LA"), ("PNG", "P"), ("PNG", "RGBA"), ("PNG", "I;16"), ("TIFF", "CMYK"),
    ("TIFF", "LAB"), ("TIFF", "I;16"), ("TIFF", "F"), ("GIF", "P"), ("BMP", "P"), ("WEBP", "RGBA"), ("AVIF", "RGBA"),
)  # fmt: skip


def pictures() -> Iterator[bytes]:
    """Yield still and moving pictures: every form, every colour mode, with and without profile, turned, large, and cut off."""
    first, second = _waves(1), _waves(2)
    for form in _STILL:
        yield _file(first, form)
    for form in _MOVING:
        yield _file(first, form, save_all=True, append_images=[second, first], duration=100)
    for form, mode in _MODES:
        yield _file(_in_mode(first, mode), form)
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for form in ("JPEG", "PNG", "WEBP", "TIFF"):
        yield _file(first, form, exif=exif.tobytes(), icc_profile=srgb)
        yield _file(first, form, icc_profile=profile)
    large = first.resize((1400, 1100))
    yield _file(large, "JPEG", progressive=True)
    yield _file(large, "JPEG")[:20_000]
    yield _file(first, "PNG")[:2000]


def films() -> Iterator[bytes]:
    """Yield a short film. It needs one thread to be made."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = _SIDE
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        for seed in range(10):
            frame = av.VideoFrame.from_ndarray(np.asarray(_waves(seed)), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    yield file.getvalue()


def _waves(seed: int) -> Image.Image:
    y, x = np.mgrid[0:_SIDE, 0:_SIDE].astype(np.float64)
    planes = [np.sin((n + seed) * x / 19) * np.cos((n + 2) * y / 23 + seed) * 120 + 128 for n in range(3)]
    return Image.fromarray(np.stack(planes, 2).astype(np.uint8))


def _in_mode(picture: Image.Image, mode: str) -> Image.Image:
    if mode == "LAB":
        lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
        return ImageCms.applyTransform(picture, lab) or picture
    if mode in ("I;16", "F"):
        grey = np.asarray(picture.convert("L"))
        return Image.fromarray(grey.astype(np.uint16) * 257 if mode == "I;16" else grey.astype(np.float32))
    return picture.convert(mode)


def _file(picture: Image.Image, form: str, **how: Any) -> bytes:
    file = io.BytesIO()
    if form == "AVIF":
        how |= {"speed": 10, "max_threads": 1}
    picture.save(file, form, **how)
    return file.getvalue()
