"""Nothing starves: a case is overtaken only by cases that opened less than the bound after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from odzew.policy.data import Facts
from odzew.policy.vocabulary import KINDS
from tests.policy.strategies import DAY, facts, for_all, match, notice, raised, shipped
from tests.policy.test_table import judge

BOUND = shipped().severity.bound
arriving_facts = st.builds(
    notice,
    kind=st.sampled_from(sorted(KINDS)),
    minor=st.sampled_from([True, False, None]),
    flags=st.sampled_from([frozenset(), frozenset({"imminent"}), frozenset({"infant", "live_stream", "coerced"})]),
    source=st.sampled_from(["user", "hotline"]),
    views=st.integers(0, 10**8),
    views_per_hour=st.floats(0, 1e7),
    notices=st.integers(1, 10**6),
    matches=st.sampled_from([(), (match(),)]),
)
arrivals = st.lists(st.tuples(st.integers(0, 3 * 24 * 60), arriving_facts), min_size=2, max_size=8)


def place(known: Facts) -> datetime:
    return known.opened_at - judge(known).head_start


@for_all(arrivals)
def test_a_case_is_overtaken_only_by_cases_opened_less_than_the_bound_later(arriving: list[tuple[int, Facts]]) -> None:
    cases = [replace(known, opened_at=DAY + timedelta(minutes=minute)) for minute, known in arriving]
    for waiting in cases:
        for other in cases:
            if place(other) < place(waiting):
                assert other.opened_at < waiting.opened_at + BOUND


@for_all(arrivals, st.integers(1, 180))
def test_one_reviewer_meets_a_mild_case_in_bounded_time(arriving: list[tuple[int, Facts]], minutes_each: int) -> None:
    """However grave the others: only those opened before it or less than the bound after it are decided first."""
    mild = replace(notice(kind="other", minor=False, views=0), opened_at=DAY)
    waiting = [mild, *(replace(known, opened_at=DAY + timedelta(minutes=minute)) for minute, known in arriving)]
    clock, taken_before = DAY, 0
    while waiting:
        open_now = [known for known in waiting if known.opened_at <= clock]
        if not open_now:
            clock = min(known.opened_at for known in waiting)
            continue
        taken = min(open_now, key=place)
        if taken is mild:
            break
        assert taken.opened_at < mild.opened_at + BOUND
        waiting.remove(taken)
        taken_before += 1
        clock += timedelta(minutes=minutes_each)
    assert taken_before <= sum(timedelta(minutes=minute) < BOUND for minute, _ in arriving)


@for_all(facts(), st.data())
def test_a_further_notice_moves_a_case_only_forward(known: Facts, data: st.DataObject) -> None:
    assert place(data.draw(raised(known))) <= place(known)


def test_the_grave_and_fast_go_before_the_mild() -> None:
    mild = notice(kind="other", minor=False, views=0)
    grave = replace(notice(views=100_000, views_per_hour=20_000.0), opened_at=DAY + timedelta(hours=8))
    assert place(grave) < place(mild)
