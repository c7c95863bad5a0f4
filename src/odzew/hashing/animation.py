"""The frames of an animated GIF, WebP, PNG or AVIF, and the pages of a TIFF."""

from __future__ import annotations

from typing import Final

from PIL import Image

from odzew.hashing.canonical import LIMITS, Limits, check_size, form_of, opened
from odzew.hashing.colour import pixels_of
from odzew.hashing.data import Frame, Pdq
from odzew.hashing.pdq import pdq_of_grey, pdq_of_rgb

CHANGE: Final = 16
"""A frame is kept if it differs by more bits than this from the last one kept."""


def frames_of(*, data: bytes, limits: Limits = LIMITS) -> tuple[tuple[Frame, ...], str]:
    """Hash the frames that differ, and say in a sentence if not all were looked at; nothing for a picture that does not move.

    The first frame is among them. A frame that cannot be decoded ends the search.
    """
    form = form_of(data=data, limits=limits)
    if form in ("JPEG", "BMP"):
        return (), ""
    kept: list[Frame] = []
    with opened(data=data, form=form, limits=limits) as image:
        if not getattr(image, "is_animated", False):
            return (), ""
        at, looked_at, seen = 0.0, 0, 0
        while _seek(image, looked_at):
            check_size(width=image.width, height=image.height, limits=limits)
            seen += image.width * image.height
            if looked_at >= limits.frames or seen > limits.all_pixels:
                return _moving(kept, looked_at), f"Only the first {looked_at:,} frames were looked at."
            pixels = pixels_of(image=image)
            pdq = (pdq_of_rgb(pixels=pixels) if pixels.ndim == 3 else pdq_of_grey(plane=pixels)).pdq
            if not kept or distance(kept[-1].pdq, pdq) > CHANGE:
                kept.append(Frame(at=at, pdq=pdq))
            at += _duration(image)
            looked_at += 1
    return _moving(kept, looked_at), ""


def distance(one: Pdq, other: Pdq) -> int:
    """Return in how many bits two hashes differ."""
    return (int.from_bytes(one.bits) ^ int.from_bytes(other.bits)).bit_count()


def _moving(kept: list[Frame], looked_at: int) -> tuple[Frame, ...]:
    return tuple(kept) if looked_at > 1 else ()


def _seek(image: Image.Image, frame: int) -> bool:
    try:
        image.seek(frame)
        image.load()
    except (EOFError, OSError, SyntaxError, ValueError):  # no more of them, or no more that can be decoded
        return False
    return True


def _duration(image: Image.Image) -> float:
    """Return for how many seconds the frame is shown."""
    milliseconds = image.info.get("duration", 0)
    return max(0.0, float(milliseconds)) / 1000 if isinstance(milliseconds, int | float) else 0.0
