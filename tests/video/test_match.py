"""The rule that says whether a film is near a known one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odzew.hashing.data import Frame, Pdq
from odzew.hashing.video_match import DISTINCT_BITS, FrameHit, judge_frames


def frame(number: int, *, quality: int = 100, at: float | None = None) -> Frame:
    """Return a frame whose bits are far from those of any other number."""
    return Frame(at=float(number) if at is None else at, pdq=Pdq(bits=bytes([number * 37 % 251]) * 32, quality=quality))


HIT, MISS = (FrameHit(owner=5, distance=9),), ()


def test_four_of_five_frames_are_near_and_three_are_not() -> None:
    query = [frame(n) for n in range(1, 6)]
    (near,) = judge_frames(query=query, hits=[HIT, HIT, MISS, HIT, HIT])
    assert (near.share, near.frames, near.run, near.distance, near.first, near.last) == (0.8, 4, 2, 9, 1.0, 5.0)
    assert near.verdict == "near"
    (less,) = judge_frames(query=query, hits=[HIT, HIT, MISS, MISS, HIT])
    assert (less.run, less.verdict) == (2, "none")


def test_three_known_pictures_in_a_row_are_near_in_any_footage() -> None:
    query = [frame(n) for n in range(1, 41)]
    for start in (0, 17, 37):
        hits = [HIT if start <= n < start + 3 else MISS for n in range(40)]
        (match,) = judge_frames(query=query, hits=hits)
        assert (match.run, match.verdict) == (3, "near")
    (apart,) = judge_frames(query=query, hits=[HIT if n in (3, 5, 7) else MISS for n in range(40)])
    assert (apart.run, apart.verdict) == (1, "none")


def test_a_picture_that_stays_counts_once_in_a_run() -> None:
    title = [Frame(at=float(n), pdq=frame(1).pdq) for n in range(10)]
    rest = [frame(n) for n in range(20, 60)]
    (match,) = judge_frames(query=[*title, *rest], hits=[*[HIT] * 10, *[MISS] * 40])
    assert (match.run, match.verdict) == (1, "none")


def test_flat_frames_neither_count_nor_break_a_run() -> None:
    query = [frame(1), frame(2, quality=49), frame(3), frame(4, quality=0), frame(5), frame(6), frame(7), frame(8)]
    (match,) = judge_frames(query=query, hits=[HIT, MISS, HIT, HIT, HIT, MISS, MISS, MISS])
    assert (match.share, match.run, match.verdict) == (0.5, 3, "near")
    assert judge_frames(query=[frame(1, quality=10)], hits=[HIT]) == ()


def test_each_list_of_hits_belongs_to_a_frame() -> None:
    with pytest.raises(ValueError, match="one list of hits"):
        judge_frames(query=[frame(1)], hits=[])


FRAMES = st.lists(
    st.tuples(
        st.binary(min_size=32, max_size=32), st.integers(40, 100), st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40)))
    ),
    max_size=25,
)


def built(films: list[tuple[bytes, int, list[tuple[int, int]]]]) -> tuple[list[Frame], list[list[FrameHit]]]:
    query = [Frame(at=float(n), pdq=Pdq(bits=bits, quality=quality)) for n, (bits, quality, _) in enumerate(films)]
    return query, [[FrameHit(owner=owner, distance=far) for owner, far in hits] for _, _, hits in films]


@given(FRAMES)
def test_a_judgement_is_what_its_words_say(films: list[tuple[bytes, int, list[tuple[int, int]]]]) -> None:
    query, hits = built(films)
    judged = judge_frames(query=query, hits=hits)
    usable = [n for n in range(len(query)) if query[n].pdq.quality >= 50]
    for match in judged:
        by_owner = {n: [hit.distance for hit in hits[n] if hit.owner == match.owner and hit.distance <= 31] for n in usable}
        struck = [n for n in usable if by_owner[n]]
        assert match.frames == len(struck) > 0
        assert match.share == len(struck) / len(usable)
        assert match.distance == min(min(by_owner[n]) for n in struck)
        assert 1 <= match.run <= match.frames
        assert match.verdict == ("near" if match.share >= 0.8 or match.run >= 3 else "none")
        assert (match.first, match.last) == (query[struck[0]].at, query[struck[-1]].at)
    assert len({match.owner for match in judged}) == len(judged)
    assert [match.share for match in judged] == sorted((match.share for match in judged), reverse=True)


@given(FRAMES, st.integers(0, 24), st.integers(1, 3))
def test_one_more_hit_never_makes_an_owner_less_near(
    films: list[tuple[bytes, int, list[tuple[int, int]]]], where: int, owner: int
) -> None:
    query, hits = built(films)
    before = {match.owner: match for match in judge_frames(query=query, hits=hits)}
    if where < len(hits):
        hits[where] = [*hits[where], FrameHit(owner=owner, distance=0)]
    after = {match.owner: match for match in judge_frames(query=query, hits=hits)}
    for known, match in before.items():
        assert after[known].share >= match.share
        assert after[known].run >= match.run
        assert after[known].distance <= match.distance


def test_distinct_pictures_differ_by_more_than_noise() -> None:
    base = int.from_bytes(frame(1).pdq.bits)
    close = [
        Frame(at=float(n), pdq=Pdq(bits=(base ^ ((1 << (DISTINCT_BITS * (n > 0))) - 1)).to_bytes(32), quality=90)) for n in range(3)
    ]
    misses = [frame(n) for n in range(20, 50)]
    (match,) = judge_frames(query=[*close, *misses], hits=[HIT] * 3 + [MISS] * 30)
    assert match.run == 1
