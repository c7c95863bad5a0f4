"""The fast hash of a JPEG is near the exact one: no picture of the corpus is beyond 10 bits. `ODZEW_HASH_PICTURES=1200` takes more."""

from __future__ import annotations

import os
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from odzew.hashing.api import hash_picture
from odzew.hashing.fast import SHORT_SIDE
from odzew.hashing.pdq import GOOD
from tests.hashing.corpus import picture
from tests.hashing.encode import save
from tests.hashing.near import between, compared, jpeg

COUNT = int(os.environ.get("ODZEW_HASH_PICTURES", "150"))
PARTS = 6


@pytest.mark.parametrize("part", range(PARTS))
def test_no_fast_hash_is_far_from_the_exact_one(part: int) -> None:
    found = [compared(number) for number in range(part, COUNT, PARTS)]
    good = [one for one in found if one.quality >= GOOD]
    assert max(max(one.bits, one.turned_bits) for one in good) <= 10
    assert all((one.quality >= GOOD) == (one.fast_quality >= GOOD) for one in found)
    assert sum(one.mode == "fast" for one in good) > len(good) // 2


@pytest.mark.parametrize("number", [0, 40, 81, 11])
def test_a_jpeg_decodes_to_the_pixels_that_pillow_gives(number: int) -> None:
    from odzew.hashing.canonical import canonical

    data = jpeg(number)
    assert np.array_equal(canonical(data=data).pixels, np.asarray(Image.open(BytesIO(data))))


def test_a_large_picture_is_decoded_small() -> None:
    from odzew.hashing import fast

    assert [fast._block(side) for side in (5, 1023, 1024, 2048, 4096, 60_000)] == [1, 1, 2, 4, 8, 8] and SHORT_SIDE == 512
    data = save(picture(28, (2200, 2060)), "JPEG", quality=80)
    exact, quick = (hash_picture(data=data, mode=mode, turned=True) for mode in ("exact", "fast"))
    assert (exact.mode, quick.mode) == ("exact", "fast")
    assert max(between(a, b) for a, b in zip(exact.turned, quick.turned, strict=True)) <= 10


@pytest.mark.parametrize("damage", [lambda d: d[: len(d) // 2], lambda d: d[: len(d) // 2] + b"\xff\xd9" + d[len(d) // 2 + 2 :]])
def test_a_damaged_jpeg_takes_the_exact_way(damage: object) -> None:
    assert callable(damage)
    data = damage(save(picture(0, (300, 200)), "JPEG", quality=90))
    assert hash_picture(data=data, mode="fast").mode == "exact"


def test_other_forms_and_other_colours_take_the_exact_way() -> None:
    image = picture(0, (300, 200))
    assert hash_picture(data=save(image.convert("CMYK"), "JPEG"), mode="fast").mode == "exact"
    for form in ("PNG", "WEBP"):
        assert hash_picture(data=save(image, form), mode="fast") == hash_picture(data=save(image, form))
