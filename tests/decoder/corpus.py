"""Harmless files of every kind that is decoded: still, moving, in every colour mode, and films in every codec at hand."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

import av
import numpy as np
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from odzew.entrypoints.bench.clips import encode
from tests.decoder.pictures import FORMATS, encoded, waves

FILMS: Final = (
    ("libx264", "mp4", "yuv420p"),
    ("libx264", "mov", "yuv444p"),
    ("libx265", "matroska", "yuv420p"),
    ("libvpx", "webm", "yuv420p"),
    ("libvpx-vp9", "webm", "yuv420p"),
    ("libsvtav1", "mp4", "yuv420p"),
    ("mpeg4", "avi", "yuv420p"),
    ("mjpeg", "mov", "yuvj420p"),
    ("mpeg2video", "mpegts", "yuv420p"),
    ("mpeg1video", "mpeg", "yuv420p"),
    ("flv", "flv", "yuv420p"),
    ("ffv1", "matroska", "yuv420p"),
    ("prores", "mov", "yuv422p10le"),
    *(("ffv1", "matroska", pixels) for pixels in ("gray", "gray16le", "bgr0", "yuv411p", "yuv444p16le", "yuva420p", "gbrp10le")),
    ("rawvideo", "avi", "bgr24"),
    ("utvideo", "avi", "gbrp"),
)


def stills() -> Iterator[tuple[str, bytes]]:
    """Yield a name and a file for each way a picture can be saved."""
    first, second = waves(seed=1), waves(seed=2)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    grey16 = Image.fromarray(np.asarray(first.convert("L")).astype(np.uint16) * 257)
    for form in FORMATS:
        yield form, encoded(picture=first, form=form)
    for form in ("GIF", "PNG", "WEBP", "AVIF", "TIFF"):
        yield f"{form} moving", encoded(picture=first, form=form, save_all=True, append_images=[second, first], duration=70)
    for form in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF"):
        yield f"{form} profile", encoded(picture=first, form=form, icc_profile=srgb)
        yield f"{form} wrong profile", encoded(picture=first, form=form, icc_profile=lab)
        yield f"{form} no profile", encoded(picture=first, form=form, icc_profile=b"\xff" * 600)
        for turn in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = turn
            yield f"{form} turned {turn}", encoded(picture=first, form=form, exif=exif.tobytes())
    for mode, forms in {
        "1": ("PNG", "TIFF", "BMP"), "L": ("JPEG", "PNG", "TIFF", "BMP", "GIF"), "LA": ("PNG", "TIFF"), "P": ("PNG", "GIF", "TIFF", "BMP"),
        "PA": ("TIFF",), "RGBA": ("PNG", "WEBP", "AVIF", "TIFF"), "CMYK": ("JPEG", "TIFF"), "YCbCr": ("JPEG", "TIFF"),
    }.items():  # fmt: skip
        for form in forms:
            yield f"{form} {mode}", encoded(picture=_as(first, mode), form=form)
    for form in ("PNG", "TIFF"):
        yield f"{form} 16 bit", encoded(picture=grey16, form=form)
    yield "TIFF float", encoded(picture=Image.fromarray(np.asarray(first.convert("L")).astype(np.float32)), form="TIFF")
    for how in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits", "zstd", "lzma"):
        yield f"TIFF {how}", encoded(picture=first, form="TIFF", compression=how)
    for how in ("group3", "group4", "tiff_ccitt"):
        yield f"TIFF {how}", encoded(picture=first.convert("1"), form="TIFF", compression=how)
    yield "JPEG progressive", encoded(picture=first, form="JPEG", progressive=True)
    yield "JPEG 4:4:4", encoded(picture=first, form="JPEG", subsampling=0)
    yield "JPEG restarts", encoded(picture=first, form="JPEG", restart_marker_blocks=1)
    yield "JPEG large", encoded(picture=waves(width=2200, height=1400, seed=5), form="JPEG")
    yield "WEBP lossless", encoded(picture=first, form="WEBP", lossless=True)
    yield "AVIF 4:4:4", encoded(picture=first, form="AVIF", subsampling="4:4:4")
    yield "MPO", encoded(picture=first, form="MPO", save_all=True, append_images=[second])
    text = PngInfo()
    text.add_text("comment", "words " * 100, zip=True)
    text.add_itxt("comment", "słowa " * 100, "pl", "komentarz", zip=True)
    yield "PNG with words", encoded(picture=first, form="PNG", pnginfo=text)
    for side in ((1, 1), (1, 400), (400, 1), (4, 4), (5, 5), (64, 64)):
        yield f"PNG {side}", encoded(picture=waves(width=side[0], height=side[1]), form="PNG")


def films() -> Iterator[tuple[str, bytes]]:
    """Yield a name and a film of two seconds for each codec."""
    for codec, container, pixels in FILMS:
        yield f"{codec} in {container}", film(codec=codec, container=container, pixels=pixels)
    yield "sound alone", _sound()


def film(*, codec: str, container: str, pixels: str = "yuv420p", count: int = 20, side: tuple[int, int] = (160, 128)) -> bytes:
    """Return a film whose picture changes every half second."""
    rate = 25 if codec.startswith("mpeg") else 10
    pictures = (np.asarray(waves(width=side[0], height=side[1], seed=number // 5)) for number in range(count))
    return encode(frames=pictures, fps=rate, codec=codec, container=container, pix_fmt=pixels)


def _sound() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return file.getvalue()


def _as(picture: Image.Image, mode: str) -> Image.Image:
    return picture.convert("P").convert("PA") if mode == "PA" else picture.convert(mode)
