"""The hashes are those of the reference: bits recorded from it, the textbook, and the reference itself where it is installed."""

from __future__ import annotations

import importlib.util
import json
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odzew.hashing import kernels, pdq, plain
from odzew.hashing.orientation import upright
from odzew.hashing.pdq import coefficients, dihedral, pdq_of_rgb, shrunk
from odzew.hashing.turns import AS_ORIENTATION
from tests.hashing.golden import FILE, their_dihedral, theirs
from tests.hashing.patterns import KINDS, Pixels, pattern
from tests.hashing.textbook import textbook

GOLDEN: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
NAMES = ("kind", "seed", "height", "width")
calm = settings(deadline=None, max_examples=60)


def _patterns(largest: int) -> st.SearchStrategy[Pixels]:
    sides, seeds = st.integers(5, largest), st.integers(0, 10**6)
    return st.builds(
        lambda kind, seed, height, width: pattern(kind=kind, seed=seed, height=height, width=width),
        st.sampled_from(KINDS), seeds, sides, sides,
    )  # fmt: skip


@pytest.mark.parametrize("twin", [kernels, plain], ids=["compiled", "plain"])
def test_the_recorded_bits_of_the_reference(twin: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdq, "_fast", lambda: twin)
    asked = [0, 0]
    for row in GOLDEN:
        if twin is plain and row["height"] * row["width"] > 200_000:
            continue
        pixels = pattern(**{name: row[name] for name in NAMES})
        found = pdq_of_rgb(pixels=pixels, turned="turned" in row)
        assert (found.pdq.hex, found.pdq.quality) == (row["pdq"], row["quality"]), row
        if "turned" in row:
            assert [bits.hex() for bits in found.turned] == row["turned"], row
            asked[0] += 1
        if "dihedral" in row:
            assert [bits.hex() for bits in dihedral(pixels=pixels)] == row["dihedral"], row
            asked[1] += 1
    assert min(asked) > 30


@calm
@given(_patterns(220))
def test_the_textbook_gives_the_same(pixels: Pixels) -> None:
    waves, quality = textbook(pixels)
    found = pdq_of_rgb(pixels=pixels).pdq
    flat, cut = waves.ravel(), np.sort(waves.ravel())[127]
    bits = np.unpackbits(np.frombuffer(found.bits, np.uint8))[::-1]
    sure = np.abs(flat - cut) > 2 * pdq.TIE
    assert np.abs(coefficients(shrunk(pixels=pixels)) - waves).max() < pdq.TIE / 4
    assert ((flat > cut) == bits)[sure].all() and abs(found.quality - quality) <= 1


@calm
@given(_patterns(160), st.booleans(), st.integers(1, 8))
def test_numba_and_numpy_give_the_same_bits(pixels: Pixels, grey: bool, orientation: int) -> None:
    chosen = np.ascontiguousarray(pixels[:, :, 1]) if grey else pixels
    found = []
    for twin in (kernels, plain):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pdq, "_fast", lambda twin=twin: twin)
            found.append(pdq._exact(chosen, True, orientation))
    assert found[0] == found[1]


@calm
@given(_patterns(300), st.integers(1, 8))
def test_turning_by_weights_is_turning_the_pixels(pixels: Pixels, orientation: int) -> None:
    shown = np.ascontiguousarray(upright(pixels=pixels, orientation=orientation))
    found = pdq_of_rgb(pixels=pixels, orientation=orientation, turned=True)
    assert found == pdq_of_rgb(pixels=shown, turned=True)
    for bits, turn in zip(found.turned, AS_ORIENTATION, strict=True):
        assert bits == pdq_of_rgb(pixels=np.ascontiguousarray(upright(pixels=shown, orientation=turn))).pdq.bits


@pytest.mark.skipif(importlib.util.find_spec("pdqhash") is None, reason="pdqhash (extra peers) has to be compiled on this Python")
@settings(deadline=None, max_examples=500)
@given(_patterns(1500))
def test_the_reference_itself(pixels: Pixels) -> None:
    found = pdq_of_rgb(pixels=pixels, turned=True)
    assert (found.pdq.hex, found.pdq.quality) == theirs(pixels)
    assert [bits.hex() for bits in dihedral(pixels=pixels)] == their_dihedral(pixels)
    for bits, turn in zip(found.turned, AS_ORIENTATION, strict=True):
        assert bits.hex() == theirs(upright(pixels=pixels, orientation=turn))[0]
