"""Files to hashes: every form and colour mode is seen as a person sees it, and what cannot be seen gets a clear verdict."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from odzew.hashing.api import LOW_QUALITY, TOO_SMALL, hash_file, hash_picture
from odzew.hashing.canonical import CUT_OFF, Limits, Unreadable, canonical
from odzew.hashing.data import Pdq
from odzew.hashing.orientation import upright


def smooth(seed: int, size: tuple[int, int] = (300, 200)) -> Image.Image:
    """A soft pattern of colours."""
    small = np.random.default_rng(seed).integers(0, 256, (12, 9, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, form: str, **how: Any) -> bytes:
    """The bytes of a file."""
    file = BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


def bits_between(one: Pdq, other: Pdq) -> int:
    """In how many bits two hashes differ."""
    return (int.from_bytes(one.bits) ^ int.from_bytes(other.bits)).bit_count()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("form", "how"), [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 95}), ("AVIF", {})]
)
def test_a_picture_is_turned_as_exif_says(orientation: int, form: str, how: dict[str, Any]) -> None:
    image, exif = smooth(1), Image.Exif()
    exif[0x112] = orientation
    data = encoded(image, form, exif=exif, **how)
    shown = upright(pixels=np.asarray(image), orientation=orientation)
    plain = Image.fromarray(np.ascontiguousarray(shown))
    assert canonical(data=data).shown().shape == shown.shape
    found, wanted = hash_picture(data=data), hash_picture(data=encoded(plain, "PNG"))
    assert bits_between(found.pdq, wanted.pdq) <= (0 if form in ("PNG", "TIFF", "WEBP") else 10)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF", "TIFF"])
def test_the_frames_of_an_animation(form: str) -> None:
    frames = [smooth(n) for n in range(3)]
    found = hash_file(data=encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=[100, 200, 300]))
    assert found.picture and found.frames[0].pdq == found.picture.pdq and found.kind == "image" and found.note == ""
    assert [frame.at for frame in found.frames] == pytest.approx([0, 0, 0] if form == "TIFF" else [0, 0.1, 0.3])
    few = hash_file(data=encoded(frames[0], form, save_all=True, append_images=frames[1:]), limits=Limits(frames=2))
    assert len(few.frames) == 2 and "first 2 frames" in few.note


def test_frames_that_do_not_differ_are_kept_once() -> None:
    frames = [smooth(1), smooth(1).transpose(Image.Transpose.ROTATE_180), smooth(1), smooth(1)]
    found = hash_file(data=encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=500, lossless=True))
    assert [frame.at for frame in found.frames] == [0, 0.5, 1.0]


JPEG, PNG, BMP = (encoded(smooth(1), form) for form in ("JPEG", "PNG", "BMP"))


@pytest.mark.parametrize(
    ("data", "verdict", "said"),
    [
        (b"", "empty", "The file is empty"),
        (b"hello", "unknown", "no picture of a known form"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "unknown", "HEIC"),
        (encoded(smooth(1, (1, 1)), "PNG"), "too_small", TOO_SMALL),
        (encoded(smooth(1, (65535, 1)), "PNG"), "too_small", TOO_SMALL),
        (encoded(smooth(1, (4001, 1)), "PNG"), "too_many_pixels", "4,001 x 1 pixels"),
        (encoded(smooth(1, (500, 400)), "JPEG"), "too_many_pixels", "500 x 400 pixels"),
        (b"BM" + bytes(4_000_000), "too_large", "4,000,002 bytes"),
        (JPEG[:40], "damaged", "damaged"),
        (encoded(smooth(1), "WEBP")[:900], "damaged", "damaged"),
    ],
)
def test_what_cannot_be_hashed_gets_a_verdict(data: bytes, verdict: str, said: str) -> None:
    side = 65_535 if verdict == "too_small" else 4000
    limits = Limits(pixels=150_000, side=side, size=3_000_000)
    with pytest.raises(Unreadable) as refused:
        hash_picture(data=data, limits=limits)
    assert refused.value.detail["verdict"] == verdict and said in refused.value.sentence
    for source in (data, BytesIO(data)):
        found = hash_file(data=source, limits=limits)
        assert found.picture is None and found.note == refused.value.sentence
        assert found.sha256 == hashlib.sha256(data).digest() and found.md5 == hashlib.md5(data, usedforsecurity=False).digest()


@pytest.mark.parametrize("data", [JPEG, PNG, BMP, encoded(smooth(1), "GIF")], ids=["jpeg", "png", "bmp", "gif"])
def test_a_file_that_is_cut_off_is_hashed_as_far_as_it_goes(data: bytes) -> None:
    found = hash_file(data=data[: len(data) // 2])
    assert found.picture and found.note.startswith(CUT_OFF)
    whole, most = hash_file(data=data), hash_file(data=data[:-2])
    assert whole.picture and whole.note == "" and most.picture and most.note in ("", CUT_OFF)
    assert bits_between(whole.picture.pdq, most.picture.pdq) <= 31


def test_a_flat_picture_is_no_error() -> None:
    found = hash_file(data=encoded(Image.new("RGB", (100, 100), "teal"), "PNG"))
    assert found.picture and found.picture.pdq.quality == 0 and found.note == LOW_QUALITY
