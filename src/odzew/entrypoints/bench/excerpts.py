"""Excerpts of films, encoded again at random: are they found, and is nothing else?"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from odzew.entrypoints.bench.clips import cut, encode, film
from odzew.hashing.data import Frame
from odzew.hashing.video import hash_video
from odzew.hashing.video_data import Tier
from odzew.hashing.video_match import RADIUS, FrameHit, VideoMatch, judge_frames

SIZE: Final = (320, 180)
SIZES: Final = ((320, 180), (256, 144), (176, 144), (426, 240), (180, 320))
RATES: Final = (12, 15, 24, 25, 30)
PER_FILM: Final = 5
COPIES: Final[tuple[tuple[str, str, Mapping[str, str]], ...]] = (
    ("libx264", "mp4", {"preset": "veryfast", "crf": "24"}),
    ("libx264", "mp4", {"preset": "veryfast", "crf": "34"}),
    ("libx264", "matroska", {"preset": "ultrafast", "crf": "30", "g": "600"}),
    ("libvpx-vp9", "webm", {"cpu-used": "8", "deadline": "realtime", "crf": "36", "b": "0"}),
    ("mpeg4", "avi", {"qmin": "6", "qmax": "10"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One excerpt: how it was made, and what each tier found of the film it is from (None: nothing), and of another film."""

    made: str
    found: Mapping[Tier, VideoMatch | None]
    others: Mapping[Tier, int]


def trials(*, number: int, seconds: float, length: float, tiers: Sequence[Tier]) -> Iterator[Trial]:
    """Cut `number` excerpts of `seconds` from films of `length` seconds at any offset, in other sizes, rates, coders and qualities.

    Each is looked for among the film it is from and one that has nothing to do with it.
    """
    other = hash_video(file=_original(seed=9_999, length=length), tier="known").frames
    for seed in range(number):
        chance = random.Random(f"excerpt {seed}")  # noqa: S311
        if seed % PER_FILM == 0:
            data = _original(seed=seed, length=length)
            known = {1: hash_video(file=data, tier="known").frames, 2: other}
        start, size, fps = chance.uniform(0, length - seconds), chance.choice(SIZES), chance.choice(RATES)
        codec, container, options = COPIES[seed % len(COPIES)]
        frames = cut(data=data, start=start, seconds=seconds, size=size, fps=fps)
        copy = encode(frames=frames, fps=fps, codec=codec, container=container, options=options)
        looks = {tier: _search(query=hash_video(file=copy, tier=tier).frames, known=known) for tier in tiers}
        yield Trial(
            made=f"{start:.2f} s, {size[0]} x {size[1]}, {fps}/s, {codec} {dict(options)}",
            found={tier: next((match for match in look if match.owner == 1), None) for tier, look in looks.items()},
            others={tier: sum(match.owner == 2 for match in look) for tier, look in looks.items()},
        )


def _original(*, seed: int, length: float) -> bytes:
    return encode(frames=film(seed=seed, seconds=length, size=SIZE), options={"preset": "veryfast", "crf": "20"})


def _search(*, query: Sequence[Frame], known: Mapping[int, Sequence[Frame]]) -> tuple[VideoMatch, ...]:
    return judge_frames(query=query, hits=[_hits(frame, known) for frame in query])


def _hits(asked: Frame, known: Mapping[int, Sequence[Frame]]) -> list[FrameHit]:
    bits = int.from_bytes(asked.pdq.bits)
    near = ((owner, (bits ^ int.from_bytes(frame.pdq.bits)).bit_count()) for owner, frames in known.items() for frame in frames)
    return [FrameHit(owner=owner, distance=distance) for owner, distance in near if distance <= RADIUS]
