"""The same picture in every form of file has the same hash, or nearly."""

from __future__ import annotations

from statistics import median

import numpy as np
import pytest
from PIL import Image, ImageCms

from odzew.hashing.api import NOT_STEADY, hash_file, hash_picture
from odzew.hashing.canonical import canonical
from tests.hashing.corpus import KINDS, picture
from tests.hashing.encode import GREY, LOSSLESS, LOSSY, PALETTE, png, save
from tests.hashing.forms import apart, steady_pictures
from tests.hashing.near import between


@pytest.mark.parametrize("form", LOSSLESS)
def test_a_form_that_keeps_every_colour_keeps_the_hash(form: str) -> None:
    for image, bits in steady_pictures()[:12]:
        assert hash_picture(data=LOSSLESS[form](image)).pdq.bits == bits


@pytest.mark.parametrize("form", GREY)
def test_a_form_that_keeps_every_grey_keeps_the_hash(form: str) -> None:
    for image, _ in steady_pictures()[:12]:
        grey = image.convert("L")
        plain = hash_picture(data=save(grey.convert("RGB"), "PNG")).pdq.bits
        # Numbers without a known range are stretched, so their contrast is another, and with it the rounding.
        assert between(hash_picture(data=GREY[form](grey)).pdq.bits, plain) <= (10 if form[:2] in ("I,", "F,") else 0)


@pytest.mark.parametrize("form", PALETTE)
def test_a_palette_is_seen_through(form: str) -> None:
    for image, _ in steady_pictures()[:12]:
        few = image.quantize(200)
        assert hash_picture(data=PALETTE[form](few)).pdq.bits == hash_picture(data=save(few.convert("RGB"), "PNG")).pdq.bits


@pytest.mark.parametrize("form", LOSSY)
def test_a_form_that_changes_the_picture_is_always_matched(form: str) -> None:
    bits = apart(form=LOSSY[form])
    assert max(bits) <= 31 and median(bits) <= 10


def test_a_plaid_says_that_its_hash_is_not_steady() -> None:
    number = next(n for n, kind in enumerate(KINDS) if kind.__name__ == "_plaid")
    found = hash_file(data=save(picture(number, (300, 200)), "PNG"))
    assert found.picture and found.picture.pdq.quality >= 50 and not found.picture.steady and found.note == NOT_STEADY


def test_transparency_lies_over_white() -> None:
    image = picture(0, (120, 90))
    alpha = Image.fromarray(np.linspace(0, 255, 120 * 90).reshape(90, 120).astype(np.uint8))
    clear = image.convert("RGBA")
    clear.putalpha(alpha)
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=alpha)
    for form in ("PNG", "TIFF", "WEBP"):
        shown = canonical(data=save(clear, form, lossless=True)).shown()
        assert np.abs(shown.astype(int) - np.asarray(white)).max() <= 1, form
    grey = clear.convert("LA")
    assert canonical(data=save(grey, "PNG")).shown()[0, 0].tolist() == [255, 255, 255]
    few = image.quantize(50)
    few.info["transparency"] = 7
    shown = canonical(data=save(few, "PNG", transparency=7)).shown()
    assert (shown[np.asarray(few) == 7] == 255).all()
    deep = np.full((40, 40), 5000, np.uint16)
    deep[10:20] = 60000
    keyed = png(deep, chunks=((b"tRNS", b"\x13\x88"),))
    assert np.unique(canonical(data=keyed).shown()).tolist() == [60000 >> 8, 255]


def test_a_profile_that_moves_colours_is_followed_and_one_that_does_not_is_left() -> None:
    image = picture(0, (120, 90))
    plain = np.asarray(image)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(canonical(data=save(image, "PNG", icc_profile=srgb)).shown(), plain)
    assert np.array_equal(canonical(data=save(image, "PNG", icc_profile=b"no profile at all")).shown(), plain)
    swapped = _red_and_blue_exchanged(srgb)
    exchanged = np.ascontiguousarray(plain[:, :, ::-1])
    for form, how in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        shown = canonical(data=save(Image.fromarray(exchanged), form, icc_profile=swapped, **how)).shown()
        assert np.abs(shown.astype(int) - plain).max() <= 3, form
    data = save(Image.fromarray(exchanged), "JPEG", quality=95, icc_profile=swapped)
    assert np.abs(canonical(data=data).shown().astype(int) - plain).mean() < 5 < np.abs(exchanged.astype(int) - plain).mean()
    assert hash_picture(data=data, mode="fast") == hash_picture(data=data)


def _red_and_blue_exchanged(profile: bytes) -> bytes:
    """Give the red primary to blue and the other way round, so that only somebody who follows the profile sees the right colours."""
    return profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")


def test_untagged_cmyk_is_turned_round_plainly() -> None:
    image = picture(9, (120, 90))
    assert np.array_equal(canonical(data=save(image.convert("CMYK"), "TIFF")).shown(), np.asarray(image))
