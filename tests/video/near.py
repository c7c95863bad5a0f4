"""The index of the tests: brute force over a few films."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from odzew.hashing.data import Frame, Pdq
from odzew.hashing.video_match import RADIUS, FrameHit


def hits_of(*, query: Sequence[Frame], known: Mapping[int, Sequence[Frame]], radius: int = RADIUS) -> list[list[FrameHit]]:
    """Return for each frame of the query every known frame within the radius."""
    return [
        [
            FrameHit(owner=owner, distance=apart)
            for owner, frames in known.items()
            for frame in frames
            if (apart := bits_apart(one=asked, other=frame)) <= radius
        ]
        for asked in query
    ]


def bits_apart(*, one: Frame, other: Frame) -> int:
    """Return in how many of the 256 bits two frames differ."""
    return apart(one=one.pdq, other=other.pdq)


def apart(*, one: Pdq, other: Pdq) -> int:
    """Return in how many of the 256 bits two hashes differ."""
    return (int.from_bytes(one.bits, "big") ^ int.from_bytes(other.bits, "big")).bit_count()
