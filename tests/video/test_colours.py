"""A picture has one hash, in whatever colours a film stores it, and however it is shown."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import product

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from odzew.hashing.data import Pdq
from odzew.hashing.pdq import pdq_of_rgb
from odzew.hashing.video_luma import matrix_of, orientation_of, pdq_of_frame, rgb_of, turned_of_frame
from tests.video.build import colourful, few, lossless
from tests.video.near import apart

Rgb = NDArray[np.uint8]
MATRICES = ("ITU601", "ITU709", "SMPTE240M", "FCC", "BT2020", None)
FORMS = ("yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv420p10le", "yuv444p16le", "yuva420p", "gray", "bgr0")


def frames_in(data: bytes) -> list[av.VideoFrame]:
    with av.open(io.BytesIO(data), "r") as film:
        return list(film.decode(video=0))


def hashed(pixels: Rgb) -> Pdq:
    return pdq_of_rgb(pixels=np.ascontiguousarray(pixels)).pdq


@pytest.mark.parametrize(("form", "full"), list(product(FORMS, (False, True))))
def test_every_way_of_storing_colours_gives_the_hash_of_the_picture(form: str, full: bool) -> None:
    pictures = [colourful(seed=1), colourful(seed=2), *few(seconds=1)[::5]]
    for matrix in MATRICES:
        frames = frames_in(lossless(pictures=pictures, pix_fmt=form, matrix=matrix, full=full))
        off = [apart(one=pdq_of_frame(frame=frame), other=hashed(pixels)) for frame, pixels in zip(frames, pictures, strict=True)]
        assert max(off) <= 4, (matrix, off)


def test_the_wrong_matrix_would_be_seen() -> None:
    pictures = [colourful(seed=n) for n in range(6)]
    frames = frames_in(lossless(pictures=pictures, pix_fmt="yuv444p", matrix="ITU709"))
    for frame in frames:
        frame.colorspace = 6
    off = [apart(one=pdq_of_frame(frame=frame), other=hashed(pixels)) for frame, pixels in zip(frames, pictures, strict=True)]
    assert np.median(off) >= 10


def test_untagged_films_are_bt709_from_720_stored_lines_on() -> None:
    assert matrix_of(tag=2, lines=720) == (0.2126, 0.0722)
    assert matrix_of(tag=2, lines=719) == (0.299, 0.114)
    assert matrix_of(tag=6, lines=2160) == (0.299, 0.114)
    pictures = [colourful(seed=3, size=(1280, 720)), colourful(seed=3, size=(1278, 718))]
    for pixels in pictures:
        (frame,) = frames_in(lossless(pictures=[pixels], pix_fmt="yuv420p", matrix=None))
        assert frame.colorspace == 2
        assert apart(one=pdq_of_frame(frame=frame), other=hashed(pixels)) <= 4


@pytest.mark.parametrize("size", [(60, 34), (33, 65), (321, 181), (64, 64), (5, 5), (18, 700)])
def test_odd_sizes_and_planes_padded_in_memory(size: tuple[int, int]) -> None:
    frame = av.VideoFrame(size[0], size[1], "yuv420p")
    frame.colorspace, frame.color_range = 1, 2
    stored = []
    for number, plane in enumerate(frame.planes):
        memory = np.full((plane.height, plane.line_size), 255, np.uint8)
        memory[:, : plane.width] = colourful(seed=number, size=(plane.width, plane.height))[:, :, 0] // 3 + 85
        plane.update(memory.tobytes())
        block = 1 if number == 0 else 2
        stored.append(np.kron(memory[:, : plane.width], np.ones((block, block)))[: size[1], : size[0]])
    y, blue, red = stored[0], stored[1] - 128, stored[2] - 128
    rgb = np.stack([y + 1.5748 * red, y - 0.1873 * blue - 0.4681 * red, y + 1.8556 * blue], axis=2)
    assert apart(one=pdq_of_frame(frame=frame), other=hashed(np.clip(np.rint(rgb), 0, 255).astype(np.uint8))) <= 8


def test_the_sum_of_planes_is_the_slow_way_through_rgb() -> None:
    for matrix in ("ITU601", "ITU709"):
        for frame in frames_in(lossless(pictures=few(seconds=1), pix_fmt="yuv420p", matrix=matrix)):
            assert apart(one=pdq_of_frame(frame=frame), other=hashed(rgb_of(frame=frame))) <= 4


@pytest.mark.parametrize("form", ["yuv420p", "bgr0"])
@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((1, 0, 0, 1), lambda p: p),
        ((-1, 0, 0, 1), lambda p: p[:, ::-1]),
        ((1, 0, 0, -1), lambda p: p[::-1]),
        ((-1, 0, 0, -1), lambda p: p[::-1, ::-1]),
        ((0, 1, 1, 0), lambda p: p.transpose(1, 0, 2)),
        ((0, 1, -1, 0), lambda p: np.rot90(p, -1)),
        ((0, -1, 1, 0), lambda p: np.rot90(p, 1)),
        ((0, -1, -1, 0), lambda p: np.rot90(p, 2).transpose(1, 0, 2)),
    ],
)
def test_a_turned_film_is_hashed_as_it_is_shown(form: str, matrix: tuple[int, ...], shown: object) -> None:
    one = 1 << 16
    a, b, c, d = (part * one for part in matrix)
    pixels = few()[0]
    (frame,) = frames_in(lossless(pictures=[pixels], pix_fmt=form, matrix="ITU709", display=(a, b, 0, c, d, 0, 0, 0, 1 << 30)))
    assert callable(shown)
    assert apart(one=pdq_of_frame(frame=frame), other=hashed(shown(pixels))) <= 4
    assert (orientation_of(frame=frame) >= 5) == (matrix[0] == 0)
    turned = [Pdq(bits=bits, quality=100) for bits in turned_of_frame(frame=frame)]
    eight = pdq_of_rgb(pixels=np.ascontiguousarray(shown(pixels)), turned=True).turned
    assert max(apart(one=one, other=Pdq(bits=bits, quality=100)) for one, bits in zip(turned, eight, strict=True)) <= 4


def test_an_empty_matrix_turns_nothing() -> None:
    (frame,) = frames_in(lossless(pictures=[few()[0]], pix_fmt="yuv420p", matrix=None, display=(0,) * 9))
    assert apart(one=pdq_of_frame(frame=frame), other=hashed(few()[0])) <= 4


def pq(nits: NDArray[np.float64]) -> NDArray[np.float64]:
    part = (np.clip(nits, 0, None) / 10_000) ** 0.1593017578125
    return np.asarray(((0.8359375 + 18.8515625 * part) / (1 + 18.6875 * part)) ** 78.84375)


def hlg(light: NDArray[np.float64]) -> NDArray[np.float64]:
    high = 0.17883277 * np.log(np.maximum(12 * light - 0.28466892, 1e-9)) + 0.55991073
    return np.where(light <= 1 / 12, np.sqrt(3 * np.clip(light, 0, None)), high)


TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
WHITES: tuple[tuple[int, Callable[[NDArray[np.float64]], NDArray[np.float64]]], ...] = (
    (16, lambda light: pq(light * 203)),
    (16, lambda light: pq(light * 100)),
    (18, lambda light: hlg(np.clip(light, 0, 1) * 0.265)),
)


@pytest.mark.parametrize("number", range(len(WHITES)))
def test_a_film_of_high_dynamic_range_is_near_its_ordinary_copy(number: int) -> None:
    transfer, coded = WHITES[number]
    off = []
    for pixels in [*few(seed=1), *few(seed=2), *few(seed=3)][::5]:
        value = pixels / 255
        light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4) @ TO_BT2020.T
        code = coded(light)
        y = code @ np.array([0.2627, 0.6780, 0.0593])
        frame = av.VideoFrame(pixels.shape[1], pixels.shape[0], "yuv444p10le")
        stored = (64 + 876 * y, 512 + 896 * (code[:, :, 2] - y) / 1.8814, 512 + 896 * (code[:, :, 0] - y) / 1.4746)
        for plane, part in zip(frame.planes, stored, strict=True):
            memory = np.zeros((plane.height, plane.line_size // 2), "<u2")
            memory[:, : plane.width] = np.clip(np.rint(part), 0, 1023)
            plane.update(memory.tobytes())
        frame.colorspace, frame.color_range, frame.color_trc = 9, 1, transfer
        off.append(apart(one=pdq_of_frame(frame=frame), other=hashed(pixels)))
    assert max(off) <= 12
    assert np.median(off) <= 6
