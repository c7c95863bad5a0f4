"""A browser makes of a picture the very bits that the desk makes of it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pytest
from PIL import Image

from odzew.hashing.operator import band
from tests.fingerprint.device import Device
from tests.fingerprint.pictures import ADOBE, P3, corpus, desks, turned
from tests.hashing.corpus import picture
from tests.hashing.encode import png, save
from tests.hashing.near import between
from tests.hashing.patterns import KINDS, pattern
from tests.hashing.vectors import FOLDER

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ROWS: Final[list[dict[str, Any]]] = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))
COUNT: Final = max(27, int(os.environ.get("ODZEW_HASH_PICTURES", "0")))
"""So many pictures, each in two forms: every form twice."""
OTHER_PROFILE: Final = 4


def _same(device: Device, files: Sequence[tuple[str, bytes]]) -> None:
    """Compare hash and quality with the desk's."""
    found = [(name, made["pdq"], made["quality"]) for (name, _), made in zip(files, device.choose_each(files), strict=True)]
    assert found == [(name, *desks(data)[:2]) for name, data in files]
    assert device.said == []


def test_every_vector_has_its_bits(device: Device) -> None:
    found = device.choose_each([(row["file"], (FOLDER / row["file"]).read_bytes()) for row in ROWS])
    for row, made in zip(ROWS, found, strict=True):
        assert (made["sha256"], made["md5"]) == (row["sha256"], row["md5"])
        if row["file"].endswith(".tif"):  # Chromium shows none
            assert made["pdq"] is None
        elif row["file"] == "cut.jpg":  # how far a cut-off file is shown is each decoder's own
            assert made["pdq"]
        else:
            assert (row["file"], made["pdq"], made["quality"]) == (row["file"], row["pdq"], row["quality"])
    assert device.said == []


def test_pictures_of_all_kinds_in_all_forms_have_the_desks_bits(device: Device) -> None:
    _same(device, list(corpus(count=COUNT)))


def test_pictures_whose_coefficients_are_equal_have_the_bits_of_the_references_roundings(device: Device) -> None:
    sizes = [(64, 64), (5, 300), (129, 70), (63, 65), (200, 5)]
    made = [(kind, seed, size) for kind in KINDS for seed, size in enumerate(sizes)]
    _same(device, [(f"{kind} {size}", png(pattern(kind=kind, seed=s, height=size[0], width=size[1]))) for kind, s, size in made])


def test_every_orientation_is_followed(device: Device) -> None:
    image = picture(3, (120, 90))
    forms: list[tuple[str, dict[str, Any]]] = [
        ("JPEG", {}),
        ("PNG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {"speed": 10}),
    ]
    _same(device, [(f"{form} {n}", turned(image, n, form, **how)) for form, how in forms for n in range(8)])


def test_a_picture_with_another_colour_profile_is_near(device: Device) -> None:
    files = []
    for number in range(9):
        forms: list[tuple[str, dict[str, Any]]] = [("JPEG", {"quality": 88}), ("PNG", {}), ("WEBP", {"quality": 80})]
        form, how = forms[number % 3]
        image = picture(number, (150 + number, 220))
        files += [(f"{number}", save(image, form, icc_profile=profile, **how)) for profile in (P3, ADOBE)]
    far = []
    for (_, data), made in zip(files, device.choose_each(files), strict=True):
        pdq, _, steady = desks(data)
        assert pdq and made["pdq"]
        far.append(between(bytes.fromhex(pdq), bytes.fromhex(made["pdq"])) if steady else 0)
    assert max(far) <= OTHER_PROFILE, far


def test_a_picture_of_many_stripes_keeps_its_bits(device: Device) -> None:
    wide = picture(7, (3000, 90)).resize((30_000, 90), Image.Resampling.BICUBIC)
    _same(device, [("wide", save(wide, "PNG"))])


def test_the_weights_and_waves_are_the_desks_to_the_last_bit(device: Device) -> None:
    sides = [*range(5, 140, 7), 64, 128, 300, 511, 512, 513, 1080, 3024, 4032, 65_535]
    found = device.inside("sides => sides.map(side => bandOf(side).map(({first, weights}) => [first, weights]))", sides)
    for side, rows in zip(sides, found, strict=True):
        made = band(side)
        assert [row[0] for row in rows] == made.start.tolist()
        for weights, (_, mine) in zip(made.weights, rows, strict=True):
            assert np.array_equal(weights[: len(mine)], mine) and not weights[len(mine) :].any()
