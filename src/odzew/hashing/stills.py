"""Small grey pictures of a file, for somebody who must look: never the whole of it, and of a film six that stand still.

What leaves here is at most half as large as the picture was on each side, so it is nowhere the thing itself.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, Final

import numpy as np
from av.error import EOFError as EndOfFilm
from av.error import FFmpegError
from numpy.typing import NDArray
from PIL import Image

from odzew.hashing.canonical import LIMITS, Limits, Unreadable, canonical, check_size, form_of, opened
from odzew.hashing.colour import pixels_of
from odzew.hashing.orientation import upright
from odzew.hashing.video_container import DECODERS, largest_first, packets_of, size_of
from odzew.hashing.video_container import opened as opened_film
from odzew.hashing.video_data import VideoLimits
from odzew.hashing.video_luma import orientation_of, rgb_of
from odzew.hashing.video_sampling import Timeline

Grey = NDArray[np.uint8]

SIDE: Final = 320
FRAMES: Final = 6
_HELD: Final = 2 * FRAMES
_LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Still:
    """One small grey picture, height x width, and the second of the film that it is from."""

    pixels: Grey
    at: float = 0.0


def stills_of_picture(*, data: bytes, limits: Limits = LIMITS) -> tuple[Still, ...]:
    """Return a picture as one still, an animation as up to six, evenly over all its frames. Raises `Unreadable`."""
    first = Still(pixels=_small(canonical(data=data, limits=limits).shown()))
    strip = _Strip()
    try:
        for number, pixels in enumerate(_frames(data, limits)):
            strip.add(Still(pixels=_small(pixels), at=float(number)))
    except Unreadable:
        pass  # what could be decoded of it is enough to judge
    found = strip.chosen()
    return found if len(found) > 1 else (first,)


def stills_of_film(*, file: BinaryIO, limits: VideoLimits | None = None) -> tuple[Still, ...]:
    """Return up to six pictures of a film, evenly over its length: its key frames, or all where it has few. Raises `Unreadable`."""
    chosen = limits or VideoLimits()
    found: tuple[Still, ...] = ()
    for keys_alone in (True, False):
        if len(found) < FRAMES:
            more = _walked(file, chosen, keys_alone=keys_alone)
            found = more if len(more) > len(found) else found
    if not found:
        raise Unreadable("No picture of this film could be decoded.", verdict="damaged")
    return found


class _Strip:
    """Keeps few of many, evenly: each time it is full every second one goes, and from then on every second one is taken."""

    def __init__(self) -> None:
        self._kept: list[Still] = []
        self._step, self._seen = 1, 0

    def wants(self) -> bool:
        """Return whether the next one would be kept."""
        return self._seen % self._step == 0

    def skip(self) -> None:
        """Pass one over."""
        self._seen += 1

    def add(self, still: Still) -> None:
        """Keep one if its turn has come."""
        if self.wants():
            self._kept.append(still)
            if len(self._kept) > _HELD:
                self._kept, self._step = self._kept[::2], self._step * 2
        self._seen += 1

    def chosen(self) -> tuple[Still, ...]:
        """Return the six that stand for all, or those that there are."""
        last = len(self._kept) - 1
        if last < FRAMES:
            return tuple(self._kept)
        return tuple(self._kept[round(n * last / (FRAMES - 1))] for n in range(FRAMES))


def _small(pixels: Grey) -> Grey:
    """Return pixels in grey, at most half as large, and at most `SIDE` on a side."""
    high, wide = pixels.shape[:2]
    part = min(0.5, SIDE / max(high, wide))
    size = (max(1, int(wide * part)), max(1, int(high * part)))
    shrunk = Image.fromarray(pixels).resize(size, Image.Resampling.BOX)
    made = np.asarray(shrunk)
    return made if made.ndim == 2 else np.rint(made[:, :, :3].astype(np.float32) @ _LUMA).clip(0, 255).astype(np.uint8)


def _frames(data: bytes, limits: Limits) -> Iterator[Grey]:
    form = form_of(data=data, limits=limits)
    if form in ("JPEG", "BMP"):
        return
    with opened(data=data, form=form, limits=limits) as image:
        if not getattr(image, "is_animated", False):
            return
        seen = 0
        for number in range(limits.frames):
            try:
                image.seek(number)
                image.load()
            except (EOFError, OSError, SyntaxError, ValueError):
                return
            check_size(width=image.width, height=image.height, limits=limits)
            seen += image.width * image.height
            if seen > limits.all_pixels:
                return
            yield pixels_of(image=image)


def _walked(file: BinaryIO, limits: VideoLimits, *, keys_alone: bool) -> tuple[Still, ...]:
    strip = _Strip()
    file.seek(0, io.SEEK_SET)
    with opened_film(file=file, limits=limits) as container:
        streams = [s for s in container.streams.video if s.codec_context is not None and s.codec_context.name in DECODERS]
        streams = [s for s in streams if size_of(codec=s.codec_context) <= limits.pixels]
        if not streams:
            raise Unreadable("There is no picture in this film that can be looked at.", verdict="no_picture")
        stream = largest_first(streams=streams, covers=False)[0]
        codec = stream.codec_context
        codec.thread_count, codec.thread_type = 1, "NONE"
        codec.skip_frame = "NONKEY" if keys_alone else "DEFAULT"
        codec.options = {"max_pixels": str(limits.pixels)}
        packets = packets_of(container=container, streams=[stream], damage=lambda: None)
        clock, work, decoded = Timeline(rate=stream.average_rate), 0, 0
        for packet in chain(packets, [None]):
            if work >= limits.work or decoded >= limits.decoded:
                break
            try:
                frames = codec.decode(packet)
            except EndOfFilm:
                break
            except MemoryError:
                raise
            except (FFmpegError, ValueError):
                decoded += 1
                continue
            for frame in frames:
                decoded, work = decoded + 1, work + frame.width * frame.height
                at = clock.at(stamp=float(frame.pts * stream.time_base) if frame.pts is not None and stream.time_base else None)
                if not strip.wants():
                    strip.skip()
                    continue
                pixels = upright(pixels=rgb_of(frame=frame), orientation=orientation_of(frame=frame))
                strip.add(Still(pixels=_small(pixels), at=at))
    return strip.chosen()
