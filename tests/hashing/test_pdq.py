"""PDQ: numba and numpy give the same bits, and both those of a slow textbook PDQ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odzew.foundation.errors import Invalid
from odzew.hashing import kernels, plain
from odzew.hashing.operator import BITS, band
from odzew.hashing.pdq import pdq_of_grey, pdq_of_rgb

SIDES = st.integers(1, 300)
once = settings(deadline=None)


@once
@given(st.integers(0, 2**32), SIDES, SIDES, st.booleans())
def test_compiled_and_plain_kernels_give_the_same_numbers(seed: int, height: int, width: int, grey: bool) -> None:
    shape = (height, width) if grey else (height, width, 3)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    rows, columns = band(height), band(width)
    assert np.array_equal(kernels.shrunk(pixels, rows, columns), plain.shrunk(pixels, rows, columns))
    assert np.array_equal(kernels.reference(pixels), plain.reference(pixels))


@once
@given(st.integers(1, 5000), st.sampled_from([1, 2, 4, 8]))
def test_each_row_of_the_operator_is_a_mean(side: int, block: int) -> None:
    found = band(side, block)
    assert np.array_equal(found.weights.sum(axis=1), np.full(64, 1 << BITS))
    assert (found.start + found.count <= -(-side // block)).all() and (found.weights >= 0).all()


@pytest.mark.parametrize("side", [1, 4])
def test_too_small_a_picture_has_no_hash(side: int) -> None:
    found = pdq_of_grey(plane=np.full((side, 50), 7, np.uint8), turned=True)
    assert found.pdq.bits == bytes(32) and found.pdq.quality == 0 and found.turned == (bytes(32),) * 8


def test_other_arrays_are_refused() -> None:
    with pytest.raises(Invalid, match="RGB pixels"):
        pdq_of_rgb(pixels=np.zeros((9, 9), np.uint8))
    with pytest.raises(Invalid, match="grey plane"):
        pdq_of_grey(plane=np.zeros((9, 9, 3), np.uint8))


@once
@given(st.integers(0, 2**32), SIDES, SIDES)
def test_a_grey_plane_is_hashed_as_equal_colours(seed: int, height: int, width: int) -> None:
    plane = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    colours = np.repeat(plane[:, :, None], 3, axis=2)
    assert pdq_of_grey(plane=plane, turned=True) == pdq_of_rgb(pixels=colours, turned=True)
