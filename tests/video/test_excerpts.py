"""Excerpts at any offset, encoded again in other sizes, rates and coders, are found; other films are not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from odzew.entrypoints.bench.clips import encode, film
from odzew.entrypoints.bench.excerpts import trials
from odzew.hashing.data import Frame, Pdq
from odzew.hashing.video import hash_video
from odzew.hashing.video_data import Tier
from odzew.hashing.video_match import VideoMatch, judge_frames
from tests.video.near import hits_of

Rgb = NDArray[np.uint8]
TIERS: tuple[Tier, ...] = ("key", "nonref", "full")


def test_excerpts_are_found_and_other_films_are_not() -> None:
    number = int(os.environ.get("ODZEW_EXCERPT_TRIALS", "5"))
    done = list(trials(number=number, seconds=12, length=20, tiers=TIERS))
    for tier in TIERS:
        found = [trial.found[tier] for trial in done]
        near = [match is not None and match.verdict == "near" for match in found]
        assert sum(near) >= 0.95 * number, [(trial.made, match) for trial, match in zip(done, found, strict=True)]
        assert all(trial.others[tier] == 0 for trial in done)


@pytest.fixture(scope="module")
def original() -> list[Rgb]:
    return list(film(seed=21, seconds=16, fps=10, size=(320, 180)))


@pytest.fixture(scope="module")
def known(original: list[Rgb]) -> tuple[Frame, ...]:
    return hash_video(file=encode(frames=original, fps=10), tier="known").frames


def searched(frames: list[Rgb], known: tuple[Frame, ...]) -> VideoMatch | None:
    query = hash_video(file=encode(frames=frames, fps=10, options={"crf": "28"}), tier="nonref").frames
    judged = judge_frames(query=query, hits=hits_of(query=query, known={1: known}))
    return judged[0] if judged else None


def test_an_excerpt_cut_into_other_footage_is_near_by_its_run(original: list[Rgb], known: tuple[Frame, ...]) -> None:
    other = list(film(seed=22, seconds=24, fps=10, size=(320, 180)))
    match = searched([*other[:113], *original[47:110], *other[113:]], known)
    assert match is not None
    assert match.share < 0.5
    assert (match.verdict, match.run >= 3) == ("near", True)
    assert 10 <= match.first <= match.last <= 18.5


def pictures(frames: list[Rgb], change: Callable[[Image.Image], Image.Image]) -> list[Rgb]:
    return [np.asarray(change(Image.fromarray(pixels))) for pixels in frames]


def cropped(part: float) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.resize(
        (320, 180),
        box=(320 * part / 2, 180 * part / 2, 320 * (1 - part / 2), 180 * (1 - part / 2)),
        resample=Image.Resampling.BILINEAR,
    )


def logo(part: float) -> Callable[[Image.Image], Image.Image]:
    wide, high = round(320 * part**0.5), round(180 * part**0.5)

    def change(image: Image.Image) -> Image.Image:
        image.paste((250, 240, 40), (320 - wide - 8, 8, 312, 8 + high))
        return image

    return change


HARMLESS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half the size": lambda image: image.resize((160, 90), Image.Resampling.BILINEAR),
    "stretched": lambda image: image.resize((240, 240), Image.Resampling.BILINEAR),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "darker": lambda image: image.point(lambda value: value * 0.6),
    "a logo of 1 %": logo(0.01),
}
FATAL: dict[str, Callable[[Image.Image], Image.Image]] = {
    "a tenth cut off": cropped(0.10),
    "a quarter cut off": cropped(0.25),
    "a logo of 20 %": logo(0.20),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


@pytest.mark.parametrize("change", HARMLESS)
def test_what_is_found_all_the_same(change: str, original: list[Rgb], known: tuple[Frame, ...]) -> None:
    match = searched(pictures(original[33:133], HARMLESS[change]), known)
    assert match is not None
    assert match.verdict == "near"
    assert match.share >= 0.8


@pytest.mark.parametrize("change", FATAL)
def test_what_defeats_it_as_the_page_says(change: str, original: list[Rgb], known: tuple[Frame, ...]) -> None:
    match = searched(pictures(original[33:133], FATAL[change]), known)
    assert match is None or match.share < 0.8


def test_a_mirrored_or_turned_copy_is_found_by_the_turned_hashes(original: list[Rgb]) -> None:
    kept = hash_video(file=encode(frames=original, fps=10), tier="known", turned=True).frames
    assert all(len(frame.turned) == 8 and frame.turned[0] == frame.pdq.bits for frame in kept)
    every = tuple(Frame(at=frame.at, pdq=Pdq(bits=bits, quality=100)) for frame in kept for bits in frame.turned)
    for way in (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180):
        match = searched([np.asarray(Image.fromarray(pixels).transpose(way)) for pixels in original[33:133]], every)
        assert match is not None
        assert match.share >= 0.95


def frames_of_other(seconds: float) -> Iterator[Rgb]:
    return film(seed=23, seconds=seconds, fps=10, size=(320, 180))


def test_another_film_is_not_found(known: tuple[Frame, ...]) -> None:
    assert searched(list(frames_of_other(10)), known) is None
