"""Whether a film is a copy of a known one, from the hits of its frames. A pure rule; searching is the index's work.

Two ways to be near. *Share*: at least 80 % of the film's frames are within 31 bits of some frame of one known film (the rule of
Hasher-Matcher-Actioner's vPDQ). *Run*: some known pictures follow one another in it, as when an excerpt was cut into other
footage. A picture that stays on the screen counts once in a run, so that a title card or a test pattern alone is never a run.
Near is not equal: what a near match may cause is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from odzew.hashing.data import Frame

RADIUS: Final = 31
SHARE: Final = 0.80
RUN: Final = 3
DISTINCT_BITS: Final = 16
RUN_WINDOW: Final = 64
RUN_COUNTED: Final = 16
USABLE_QUALITY: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameHit:
    """One hit of one frame: the `owner` (a known film) that has a frame `distance` bits away."""

    owner: int
    distance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoMatch:
    """How much of the film one owner's frames explain.

    `share` (0 to 1) of its usable frames hit, in `frames` frames. `run` is the largest number of distinct pictures (more than 16 bits
    apart) hit without a miss between them, counted up to 16 and over at most 64 frames. `distance` is the smallest number of bits,
    `first` and `last` the times (seconds) of the first and last hit.
    """

    owner: int
    share: float
    frames: int
    run: int
    distance: int
    first: float
    last: float
    verdict: Literal["near", "none"]


def judge_frames(
    *,
    query: Sequence[Frame],
    hits: Sequence[Sequence[FrameHit]],
    radius: int = RADIUS,
    share: float = SHARE,
    run: int = RUN,
) -> tuple[VideoMatch, ...]:
    """Return one judgement per owner that was hit at all, nearest share first, then longest run, then by owner.

    `query` are the frames of one film in the order of time, `hits[i]` what was found for `query[i]`. Frames of a quality below 50
    are noise: they neither count nor break a run. Hits beyond `radius` bits are left out.
    """
    if len(query) != len(hits):
        raise ValueError("there must be one list of hits per frame")
    usable = [i for i, frame in enumerate(query) if frame.pdq.quality >= USABLE_QUALITY]
    nearest = {i: _nearest(hits[i], radius) for i in usable}
    owners = sorted({owner for found in nearest.values() for owner in found})
    judged = [_judge(owner, query, usable, nearest, share=share, run=run) for owner in owners]
    return tuple(sorted(judged, key=lambda match: (-match.share, -match.run, match.owner)))


def _nearest(hits: Sequence[FrameHit], radius: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for hit in hits:
        if hit.distance <= radius and hit.distance < found.get(hit.owner, radius + 1):
            found[hit.owner] = hit.distance
    return found


def _judge(
    owner: int, query: Sequence[Frame], usable: Sequence[int], nearest: dict[int, dict[int, int]], *, share: float, run: int
) -> VideoMatch:
    struck = [owner in nearest[i] for i in usable]
    at = [i for i, hit in zip(usable, struck, strict=True) if hit]
    part = len(at) / len(usable)
    longest = _longest_run([int.from_bytes(query[i].pdq.bits) for i in usable], struck)
    return VideoMatch(
        owner=owner,
        share=part,
        frames=len(at),
        run=longest,
        distance=min(nearest[i][owner] for i in at),
        first=query[at[0]].at,
        last=query[at[-1]].at,
        verdict="near" if part >= share or longest >= run else "none",
    )


def _longest_run(bits: Sequence[int], struck: Sequence[bool]) -> int:
    """Return the most distinct pictures found from any frame on until the next miss; every start is tried, so a hit more never lowers it."""
    longest = 0
    for start, hit in enumerate(struck):
        if hit:
            longest = max(longest, _distinct_from(start, bits, struck))
        if longest == RUN_COUNTED:
            break
    return longest


def _distinct_from(start: int, bits: Sequence[int], struck: Sequence[bool]) -> int:
    seen: list[int] = []
    for i in range(start, min(start + RUN_WINDOW, len(bits))):
        if not struck[i] or len(seen) == RUN_COUNTED:
            break
        if all((bits[i] ^ earlier).bit_count() > DISTINCT_BITS for earlier in seen):
            seen.append(bits[i])
    return len(seen)
