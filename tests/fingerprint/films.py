"""Small films, and the pictures of them that are on the screen at given times."""

from __future__ import annotations

import io
from typing import Final

import av
import numpy as np

from odzew.entrypoints.bench.clips import encode, film
from odzew.hashing.data import Pdq
from odzew.hashing.video_luma import pdq_of_frame

SECONDS: Final = 3
FPS: Final = 6
KINDS: Final = {
    "mp4, 360 lines": ("libx264", "mp4", (640, 360)),
    "mp4, 720 lines": ("libx264", "mp4", (720, 720)),
    "webm": ("libvpx-vp9", "webm", (320, 240)),
}
TINY: Final = ("libx264", "mp4", (128, 96))
_QUICK: Final = {"libx264": {"preset": "veryfast"}, "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"}}


def small_film(*, kind: str, seed: int, seconds: int = SECONDS, still: bool = False, flat: bool = False) -> bytes:
    """Return a film with a new drawing every second; `still` with one drawing throughout, `flat` with nothing in it."""
    codec, container, size = KINDS.get(kind, TINY)
    frames = film(seed=seed, seconds=seconds, fps=FPS, size=size, scene=seconds if still else 1.0, still=still)
    shown = (np.full_like(frame, 40) for frame in frames) if flat else frames
    return encode(frames=shown, fps=FPS, codec=codec, container=container, options=_QUICK[codec])


def on_screen(*, data: bytes, times: list[float]) -> list[Pdq]:
    """Return the hashes of the pictures that are on the screen at the times."""
    shown: list[Pdq] = []
    with av.open(io.BytesIO(data), "r") as source:
        frames = list(source.decode(video=0))
    for at in times:
        shown.append(pdq_of_frame(frame=[frame for frame in frames if frame.time is not None and frame.time <= at][-1]))
    return shown
