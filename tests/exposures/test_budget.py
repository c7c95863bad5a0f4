"""The caps, in any order of requests, with any limits that somebody may set."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odzew.exposures.budget import (
    CEILING_SECONDS,
    CEILING_VIEWS,
    DAY,
    LIGHT_FIRST,
    LONGEST,
    REST,
    WEEK,
    WEEK_DAYS,
    WORK,
    Limits,
    Look,
    graded,
    limits,
    room,
    used,
)
from tests.cast import START

MOST = Limits(views=CEILING_VIEWS, seconds=CEILING_SECONDS)


def test_the_start_is_ten_views_and_fifteen_minutes_and_the_end_sixty() -> None:
    assert graded(days=0) == Limits(views=10, seconds=900)
    assert graded(days=4) == graded(days=0) != graded(days=5)
    assert graded(days=10_000) == MOST == Limits(views=60, seconds=3600)


@given(st.integers(0, 10_000), st.none() | st.integers(-9, 10**6), st.none() | st.integers(-9, 10**6))
def test_nothing_that_a_person_sets_raises_what_applies(days: int, views: int | None, minutes: int | None) -> None:
    found = limits(days=days, own_views=views, own_minutes=minutes)
    assert 0 <= found.views <= graded(days=days).views <= CEILING_VIEWS
    assert 0 <= found.seconds <= graded(days=days).seconds <= CEILING_SECONDS


moves = st.tuples(st.integers(0, 20_000), st.integers(1, LONGEST), st.booleans())


@given(st.lists(moves, max_size=150), st.integers(0, 12), st.integers(0, 60))
def test_in_any_order_of_requests_no_day_and_no_week_holds_more(
    asked: list[tuple[int, int, bool]], views: int, minutes: int
) -> None:
    most, now, looks = limits(days=0, own_views=views, own_minutes=minutes), START, list[Look]()
    for wait, seconds, heavy in asked:
        now += timedelta(seconds=wait)
        found = room(looks=looks, most=most, heavy=heavy, ever=len(looks), now=now)
        if found.stop == "":
            looks.append(Look(at=now, seconds=seconds))
        elif found.again is not None:
            assert found.again > now
        has = used(looks=looks, now=now)
        assert has.views <= most.views and has.seconds <= most.seconds
        assert has.week_views <= most.views * WEEK_DAYS and has.week_seconds <= most.seconds * WEEK_DAYS


def _every(minutes: float, count: int) -> list[Look]:
    return [Look(at=START + timedelta(minutes=minutes * n), seconds=1) for n in range(count)]


def _stop(looks: list[Look], now: datetime, **more: bool | int) -> str:
    words = {"heavy": False, "ever": 99, **more}
    return room(looks=looks, most=MOST, now=now, **words).stop  # type: ignore[arg-type]


def test_after_fifty_minutes_comes_a_rest_of_ten() -> None:
    looks = _every(5, 11)
    last = looks[-1].at
    assert last == START + WORK
    assert _stop(looks[:-1], last - timedelta(minutes=1)) == ""
    assert _stop(looks, last) == _stop(looks, last + REST - timedelta(seconds=1)) == "break"
    assert room(looks=looks, most=MOST, heavy=False, ever=99, now=last).again == last + REST
    assert _stop(looks, last + REST) == ""
    assert _stop(_every(12, 30), START + timedelta(minutes=12 * 29)) == "", "who rests between looks is not stopped"


def test_it_says_from_when_on_there_is_room_again() -> None:
    looks = _every(11, 10)
    found = room(looks=looks, most=graded(days=0), heavy=False, ever=10, now=START + timedelta(hours=3))
    assert (found.stop, found.again) == ("day", START + DAY)
    nothing = Limits(views=0, seconds=0)
    assert room(looks=[], most=nothing, heavy=False, ever=0, now=START).again is None
    week = [Look(at=START + timedelta(days=d, minutes=11 * n), seconds=1) for d in range(4) for n in range(10)]
    found = room(looks=week, most=graded(days=4), heavy=False, ever=40, now=START + timedelta(days=5))
    assert (found.stop, found.again) == ("week", START + WEEK)


def test_who_is_new_begins_with_light_ones() -> None:
    assert _stop([], START, heavy=True, ever=LIGHT_FIRST - 1) == "light_first"
    assert _stop([], START, heavy=True, ever=LIGHT_FIRST) == _stop([], START, heavy=False, ever=0) == ""


def test_a_clock_that_is_set_back_gives_nothing_more() -> None:
    looks = _every(11, 10)
    assert room(looks=looks, most=graded(days=0), heavy=False, ever=10, now=START - timedelta(days=3)).stop == "day"
