"""The assumed curves: from nothing to the recorded totals, never falling, and never making waiting look harmless."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odzew.entrypoints.replay.case_file import find_case
from odzew.entrypoints.replay.curves import LEAST_AFTER, part_at, reposts_at, share_after, views_at
from odzew.entrypoints.replay.story import Case, Curve

DOE = find_case(name="doe-v-twitter")


@pytest.mark.parametrize("curve", DOE.curves, ids=lambda c: str(c.name))
def test_each_shipped_curve_ends_at_the_recorded_totals(curve: Curve) -> None:
    counted = DOE.then.counted_at
    assert views_at(case=DOE, curve=curve, now=DOE.posted) == 0
    assert round(views_at(case=DOE, curve=curve, now=counted)) == 167_000
    assert round(reposts_at(case=DOE, curve=curve, now=counted)) == 2_223
    assert share_after(case=DOE, curve=curve) >= 1 / 3
    assert views_at(case=DOE, curve=curve, now=DOE.ends) == views_at(case=DOE, curve=curve, now=counted)


def test_the_bursts_are_where_their_names_say() -> None:
    steady, early, late = (share_after(case=DOE, curve=c) for c in DOE.curves)
    assert early < steady < late
    week_before = DOE.then.counted_at - timedelta(days=7)
    assert part_at(case=DOE, curve=DOE.curves[2], now=week_before) < 1 / 2
    assert part_at(case=DOE, curve=DOE.curves[1], now=DOE.first_notice) == pytest.approx(0.6)


def _moved(first: float, days: float) -> Case:
    """A story of so many days whose first notice came after that part of them."""
    counted = DOE.posted + timedelta(days=days)
    notice = replace(DOE.notices[0], at=DOE.posted + first * (counted - DOE.posted))
    return replace(DOE, notices=(notice,), then=replace(DOE.then, counted_at=counted))


@st.composite
def stories(draw: st.DrawFn) -> tuple[Case, Curve]:
    """Any story and curve that a case file may hold."""
    first = draw(st.floats(0.001, 0.66))
    case = _moved(first, draw(st.floats(1, 400)))
    shape = draw(st.sampled_from(("steady", "early", "late")))
    if shape != "early":
        return case, Curve(name=shape, shape=shape)  # type: ignore[arg-type]
    after = draw(st.floats(LEAST_AFTER, max(1 - first, LEAST_AFTER)))
    return case, Curve(name="early", shape="early", after=after)


@given(story=stories(), parts=st.lists(st.floats(-0.2, 1.2), min_size=2, max_size=8))
def test_a_curve_rises_from_0_to_1_and_a_third_comes_after_the_first_notice(story: tuple[Case, Curve], parts: list[float]) -> None:
    case, curve = story
    whole = case.then.counted_at - case.posted
    values = [part_at(case=case, curve=curve, now=case.posted + p * whole) for p in sorted(parts)]
    assert all(0 <= v <= 1 for v in values)
    assert all(a <= b + 1e-12 for a, b in pairwise(values))
    assert part_at(case=case, curve=curve, now=case.posted) == pytest.approx(0)
    assert part_at(case=case, curve=curve, now=case.then.counted_at) == pytest.approx(1)
    assert share_after(case=case, curve=curve) >= LEAST_AFTER - 1e-3
