"""The public vectors hold, and are what they say."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from odzew.hashing.canonical import canonical
from odzew.hashing.pdq import pdq_of_rgb
from tests.hashing.near import between
from tests.hashing.vectors import FOLDER, base, described, files

ROWS: list[dict[str, Any]] = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))
MADE = {name: (what, data, within) for name, what, data, within in files()}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["file"]))
def test_a_vector_has_the_hashes_it_is_said_to_have(row: dict[str, Any]) -> None:
    data = (FOLDER / row["file"]).read_bytes()
    assert described(row["file"], row["what"], data, row["within"]) == row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["file"]))
def test_a_vector_can_be_made_again(row: dict[str, Any]) -> None:
    what, data, within = MADE[row["file"]]
    assert (row["what"], row["within"]) == (what, within)
    if row["pdq"] is None or within > 31:
        return
    kept, again = (canonical(data=d).shown() for d in ((FOLDER / row["file"]).read_bytes(), data))
    if within == 0:
        assert np.array_equal(kept, again)
    else:
        assert kept.shape == again.shape and np.abs(kept.astype(int) - again).mean() < 4


def test_the_folder_holds_the_vectors_and_is_small() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"vectors.json", *MADE} == {"vectors.json", *(row["file"] for row in ROWS)}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 400_000


def test_the_plain_vector_is_the_picture_that_its_pixels_make() -> None:
    plain = next(row for row in ROWS if row["file"] == "rgb.png")
    assert plain["pdq"] == pdq_of_rgb(pixels=base()).pdq.hex
    near = [row for row in ROWS if row["file"] in ("444.jpg", "420.jpg", "lossy.webp", "lossy.avif", "cmyk.jpg", "grey.png")]
    assert max(between(bytes.fromhex(row["pdq"]), bytes.fromhex(plain["pdq"])) for row in near) <= 31
