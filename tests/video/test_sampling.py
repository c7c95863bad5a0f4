"""What is kept, what time it is, and when a picture is wanted."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from odzew.hashing.data import Frame, Pdq
from odzew.hashing.video_sampling import AT_LEAST_EVERY, ByTime, Kept, Timeline


def drifting(steps: list[tuple[int, int]]) -> list[Frame]:
    """Return frames that change by a few bits from one to the next; (seed of the change, quality)."""
    bits, frames = 0, []
    for n, (mask, quality) in enumerate(steps):
        bits ^= mask
        frames.append(Frame(at=n / 30, pdq=Pdq(bits=bits.to_bytes(32), quality=quality)))
    return frames


def apart(one: Frame, other: Frame) -> int:
    return (int.from_bytes(one.pdq.bits) ^ int.from_bytes(other.pdq.bits)).bit_count()


MASKS = st.one_of(st.integers(0, 2**256 - 1), st.lists(st.integers(0, 255), max_size=12).map(lambda at: sum({1 << n for n in at})))
STEPS = st.lists(st.tuples(MASKS, st.integers(0, 100)), max_size=150)


@given(STEPS)
def test_every_good_picture_is_within_16_bits_of_a_kept_one_and_no_two_kept_ones_are(steps: list[tuple[int, int]]) -> None:
    kept = Kept(near=16, most=1000)
    frames = drifting(steps)
    for frame in frames:
        kept.add(frame=frame)
    for frame in frames:
        assert frame.pdq.quality < 50 or min(apart(frame, other) for other in kept.frames) <= 16
    assert all(apart(one, other) > 16 for n, one in enumerate(kept.frames) for other in kept.frames[:n])
    assert all(frame in frames for frame in kept.frames)
    assert kept.looked == len(frames)
    assert kept.flat == sum(frame.pdq.quality < 50 for frame in frames)


@given(STEPS, st.integers(1, 20))
def test_never_more_than_the_limit(steps: list[tuple[int, int]], most: int) -> None:
    kept = Kept(near=0, most=most)
    frames = drifting(steps)
    for frame in frames:
        kept.add(frame=frame)
    different = list(dict.fromkeys(frame.pdq.bits for frame in frames if frame.pdq.quality >= 50))
    assert [frame.pdq.bits for frame in kept.frames] == different[:most]
    assert (kept.left_out > 0) == (len(different) > most)


STAMP = st.one_of(st.none(), st.floats(-1e9, 1e9), st.floats(0, 30))


@given(st.lists(STAMP, max_size=60), st.sampled_from([None, Fraction(25), Fraction(30000, 1001), Fraction(0), Fraction(10**9)]))
def test_time_in_a_film_never_goes_back_and_never_leaps(stamps: list[float | None], rate: Fraction | None) -> None:
    timeline = Timeline(rate=rate)
    times = [timeline.at(stamp=stamp) for stamp in stamps]
    assert times[:1] in ([], [0.0])
    assert all(0 < later - earlier <= 600.001 for earlier, later in pairwise(times))


@given(st.lists(st.floats(0.001, 599), max_size=60), st.floats(-1e6, 1e6))
def test_good_stamps_are_kept_from_whatever_they_begin(steps: list[float], start: float) -> None:
    timeline, at = Timeline(rate=None), 0.0
    assert timeline.at(stamp=start) == 0
    for step in steps:
        at += step
        assert abs(timeline.at(stamp=start + at) - at) < 1e-3


@given(st.lists(st.floats(0, 5), min_size=1, max_size=300), st.floats(0.1, 10))
def test_one_picture_each_step_of_time_and_at_least_every_sixtieth(steps: list[float], every: float) -> None:
    wanted, at, since, last = ByTime(every=every), 0.0, 0, -1.0
    for step in steps:
        since += 1
        if wanted.wants(at=at):
            since, last = 0, at
        assert since < AT_LEAST_EVERY
        assert at - last < every + 1e-5
        at += step
    assert ByTime(every=every).wants(at=0.0)
