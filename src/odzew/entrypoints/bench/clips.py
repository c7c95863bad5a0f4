"""Harmless films for benchmarks and tests: slow pans and zooms over drawn bridges and patterns. The same seed gives the same film."""

from __future__ import annotations

import io
import math
import os
import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from odzew.entrypoints.kladka.pictures import bridge, pattern

Rgb = NDArray[np.uint8]
GRAIN = 24


def film(
    *, seed: int, seconds: float, fps: int = 30, size: tuple[int, int] = (640, 360), scene: float = 4.0, still: bool = False
) -> Iterator[Rgb]:
    """Yield the frames (height x width x 3, RGB) of a film: every `scene` seconds a new drawing, the camera always moving.

    `still` keeps the camera where it is, as in a show of slides. Every picture has its own fine grain, as a sensor would give.
    """
    chance = random.Random(f"film {seed}")  # noqa: S311
    grain = _grain(seed=seed, size=size)
    per_scene = max(1, round(scene * fps))
    for number in range(round(seconds * fps)):
        if number % per_scene == 0:
            canvas = _scene(seed=seed * 1000 + number // per_scene, size=size)
            path = _path(chance)
        part = 0.0 if still else (number % per_scene) / per_scene
        picture = np.asarray(canvas.resize(size, Image.Resampling.BILINEAR, box=_window(canvas.size, path, part)), dtype=np.int16)
        yield np.clip(picture + grain[number % GRAIN], 0, 255).astype(np.uint8)


def encode(
    *,
    frames: Iterable[Rgb],
    fps: Fraction | int = 30,
    size: tuple[int, int] | None = None,
    codec: str = "libx264",
    container: str = "mp4",
    pix_fmt: str = "yuv420p",
    options: Mapping[str, str] | None = None,
) -> bytes:
    """Return a file of the frames; `size` (width, height) scales them, `options` are the encoder's own words (crf, g, preset)."""
    out = io.BytesIO()
    with _scheduling_kept(), av.open(out, "w", format=container) as made:
        stream = made.add_stream(codec, rate=Fraction(fps), options=dict(options or {}))
        if not isinstance(stream, av.VideoStream):
            raise ValueError(f"{codec} makes no pictures")
        stream.pix_fmt = pix_fmt
        stream.codec_context.thread_count = 1
        for number, pixels in enumerate(frames):
            if number == 0:
                stream.width, stream.height = size or (pixels.shape[1], pixels.shape[0])
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = number, 1 / Fraction(fps)
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return out.getvalue()


@contextmanager
def _scheduling_kept() -> Iterator[None]:
    """Give this thread back its scheduling afterwards.

    Run by root, the encoder SVT-AV1 makes the thread that uses it a real-time one (SCHED_FIFO, priority 99). Every process started from
    there would inherit that, and starve all else on the machine.
    """
    policy, param = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, param)


def cut(*, data: bytes, start: float, seconds: float, size: tuple[int, int], fps: Fraction | int) -> Iterator[Rgb]:
    """Yield the frames of an excerpt of a film, scaled to `size` and shown `fps` times a second: what a copy is encoded from."""
    step, number = 1 / Fraction(fps), 0
    with av.open(io.BytesIO(data), "r") as source:
        for frame in source.decode(video=0):
            while start + number * step <= frame.time and number * step < seconds:
                yield (
                    frame.reformat(width=size[0], height=size[1], format="rgb24", threads=1)
                    .to_ndarray()
                    .astype(np.uint8, copy=False)
                )
                number += 1


def _grain(*, seed: int, size: tuple[int, int]) -> list[NDArray[np.int16]]:
    chance = np.random.default_rng(seed)
    return [chance.normal(0.0, 2.5, (size[1], size[0], 1)).round().astype(np.int16) for _ in range(GRAIN)]


def _scene(*, seed: int, size: tuple[int, int]) -> Image.Image:
    draw = pattern if seed % 5 == 4 else bridge
    wide, high = (side * 5 // 16 * 4 + 4 for side in size)
    return Image.open(io.BytesIO(draw(seed=seed, size=(wide, high), form="JPEG"))).convert("RGB")


def _path(chance: random.Random) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return where the camera begins and ends: how much of the drawing is seen, and where across and down (0 to 1)."""

    def place() -> tuple[float, float, float]:
        return chance.uniform(0.6, 0.95), chance.random(), chance.random()

    return place(), place()


def _window(
    size: tuple[int, int], path: tuple[tuple[float, float, float], tuple[float, float, float]], part: float
) -> tuple[float, float, float, float]:
    eased = 0.5 - 0.5 * math.cos(math.pi * part)
    seen, across, down = (a + (b - a) * eased for a, b in zip(*path, strict=True))
    wide, high = size[0] * seen, size[1] * seen
    left, top = (size[0] - wide) * across, (size[1] - high) * down
    return left, top, left + wide, top + high
