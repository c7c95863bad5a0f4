"""A second, blind look by random draw: to somebody else, like any case, and nothing is un-hidden or delayed by it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from odzew.foundation.errors import Conflict, Forbidden
from odzew.ledger.api import events_of
from odzew.policy.doubles import drawn, share_of, together
from odzew.usecases.give_back import give_back
from odzew.usecases.renew_lease import renew_lease
from tests.cast import KEYS, Story
from tests.decisions.build import decided, doubles, drawing, state_of, take


@pytest.fixture
def desk(transactional_db: None) -> Story:
    """A desk of three on which every final decision is drawn."""
    return drawing()


def test_it_goes_to_somebody_else_like_any_case_and_an_equal_answer_changes_nothing(desk: Story) -> None:
    case = decided(desk, "bridge", 0, "remove")
    before = state_of(case)
    assert take(desk, 0) is None, "never to whoever decided"
    lease = take(desk, 1)
    assert lease is not None and lease.case == case
    assert take(desk, 2) is None, "one person is enough"
    done = desk.decide(case, 1, "remove", ground="intimate_images", reason="The bridge, seen again.")
    assert done.state == "final"
    (double,) = doubles()
    assert (double["state"], double["second_id"], double["second_outcome"]) == ("agreed", desk.reviewer(1).id, "remove")
    assert state_of(case) == before
    assert take(desk, 1) is None and take(desk, 2) is None
    kinds = [e.kind for e in events_of(case=case)]
    assert kinds.count("double.drawn") == kinds.count("double.given") == 1 and kinds.count("case.decided") == 1


def test_one_that_finds_more_harm_hides_at_once_and_opens_the_case_for_somebody_new(desk: Story) -> None:
    case = decided(desk, "bridge", 0, "no_violation")
    assert not state_of(case)["withheld"] and desk.platform_side.status.get("https://kladka.example/posts/bridge") != 451
    assert take(desk, 1)
    desk.decide(case, 1, "remove", ground="intimate_images")
    now = state_of(case)
    assert (now["state"], now["withheld"], now["round"]) == ("open", True, 2)
    desk.work()
    assert desk.platform_side.status["https://kladka.example/media/bridge"] == 451
    with pytest.raises(Forbidden, match="somebody new"):
        desk.decide(case, 1, "remove", ground="intimate_images")
    with pytest.raises(Forbidden, match="somebody new"):
        desk.decide(case, 0, "no_violation", ground="not_in_scope")
    assert take(desk, 2)
    desk.decide(case, 2, "remove", ground="intimate_images")
    assert state_of(case)["state"] == "removed"
    assert [d["state"] for d in doubles()] == ["worse", "nobody"]


def test_one_that_finds_less_waits_for_a_lead_and_un_hides_nothing(desk: Story) -> None:
    case = decided(desk, "bridge", 0, "remove")
    before = state_of(case)
    assert take(desk, 1)
    desk.decide(case, 1, "no_violation", ground="not_in_scope")
    assert state_of(case) == before
    assert [d["state"] for d in doubles()] == ["differs"]
    desk.work()
    assert [a["code"] for a in desk.alarms].count("looks_differ") == 1


def test_on_a_child_s_case_two_who_cleared_are_followed_by_a_third(desk: Story) -> None:
    desk.post("bridge")
    case = desk.report("bridge", kind="csam").case
    desk.decide(case, 0, "no_violation", ground="not_in_scope")
    assert doubles() == []
    desk.decide(case, 1, "no_violation", ground="not_in_scope")
    assert take(desk, 0) is None and take(desk, 1) is None
    assert take(desk, 2)
    desk.decide(case, 2, "keep_withheld", ground="child_safety")
    assert (state_of(case)["state"], state_of(case)["withheld"]) == ("open", True)


@pytest.mark.parametrize(("people", "expected"), [(1, "nobody"), (2, "waiting")])
def test_where_nobody_else_is_left_nothing_waits(transactional_db: None, people: int, expected: str) -> None:
    desk = drawing(people=people)
    decided(desk, "bridge", 0, "remove")
    assert [d["state"] for d in doubles()] == [expected]
    assert take(desk, 0) is None


def test_nothing_that_was_there_before_waits_behind_it_and_nothing_with_a_near_clock(desk: Story) -> None:
    desk.post("old", account="old")
    old = desk.report("old", kind="ncii", minor=False).case
    drawn_one = decided(desk, "drawn", 0, "remove")
    desk.wait(hours=1)
    desk.post("new", account="new")
    new = desk.report("new", kind="other", minor=False).case
    first = take(desk, 1)
    assert first is not None and first.case == old, "what was there before goes first"
    second = take(desk, 2)
    assert second is not None and second.case == drawn_one, "what came later, and has days, does not"
    give_back(case=drawn_one, caller=desk.reviewer(2), now=desk.now)
    again = take(desk, 2)
    assert again is not None and again.case == new, "given back once, it is not theirs any more"


def test_a_near_clock_goes_first(desk: Story) -> None:
    drawn_one = decided(desk, "drawn", 0, "remove")
    desk.now += timedelta(minutes=1)
    desk.post("new", account="new")
    urgent = desk.report("new", kind="csam").case
    lease = take(desk, 1)
    assert lease is not None and lease.case == urgent
    other = take(desk, 2)
    assert other is not None and other.case == drawn_one, "whoever has nothing else in line"


def test_a_case_that_is_opened_again_takes_its_double_with_it(desk: Story) -> None:
    case = decided(desk, "bridge", 0, "no_violation")
    assert take(desk, 1)
    desk.now += timedelta(minutes=1)
    desk.report("bridge", kind="ncii", minor=False, by=desk.hotline, source="hotline", url="https://kladka.example/posts/bridge")
    assert state_of(case)["round"] == 2
    with pytest.raises(Conflict):
        renew_lease(case=case, caller=desk.reviewer(1), now=desk.now)
    desk.decide(case, 1, "remove", ground="intimate_images")
    assert state_of(case)["state"] == "removed", "an ordinary decision of the new round"
    assert sorted(d["state"] for d in doubles()) == ["waiting", "waiting"]
    lease = take(desk, 2)
    assert lease is not None and lease.round == 2


def test_without_having_been_handed_it_nobody_gives_a_second_look(desk: Story) -> None:
    case = decided(desk, "bridge", 0, "no_violation")
    with pytest.raises(Conflict, match="decided"):
        desk.decide(case, 1, "remove", ground="intimate_images")
    assert take(desk, 1)
    for other in (0, 2):
        with pytest.raises(Conflict, match="decided"):
            desk.decide(case, other, "remove", ground="intimate_images")
    desk.now += timedelta(days=2)
    desk.decide(case, 1, "no_violation", ground="not_in_scope")
    assert [d["state"] for d in doubles()] == ["agreed"], "a lease that ran out takes no answer away"


def test_the_draw_is_the_key_s_and_close_to_the_share() -> None:
    key, other = KEYS.derive(label="draw"), KEYS.derive(label="another")
    ids = [uuid.UUID(int=n * 7919) for n in range(20_000)]
    hit = [drawn(key=key, decision=i, share=0.05) for i in ids]
    assert 0.045 < sum(hit) / len(ids) < 0.055
    assert hit == [drawn(key=key, decision=i, share=0.05) for i in ids]
    assert hit != [drawn(key=other, decision=i, share=0.05) for i in ids]
    assert all(drawn(key=key, decision=i, share=1.0) for i in ids)
    assert not any(drawn(key=key, decision=i, share=0.0) for i in ids)
    wider = [drawn(key=key, decision=i, share=0.1) for i in ids]
    assert all(w or not h for h, w in zip(hit, wider, strict=True)), "a larger share draws these and more"


def test_what_two_answers_come_to() -> None:
    clears, hides = ("no_violation", "not_found"), ("remove", "keep_withheld")
    for first in (*clears, *hides):
        assert together(first=first, second="cannot_judge") == "unsure"
        for second in (*clears, *hides):
            worse = first in clears and second in hides
            assert together(first=first, second=second) == ("agreed" if first == second else "worse" if worse else "differs")


def test_the_largest_share_of_the_kinds_counts_before_the_queue_s(desk: Story) -> None:
    from dataclasses import replace

    rule = replace(desk.desk.policy.double, share=0.05, queues={"child": 0.1}, kinds={"csam": 0.3, "other": 0.2})
    policy = replace(desk.desk.policy, double=rule)
    assert share_of(policy=policy, queue="child", kinds={"csam", "other"}) == 0.3
    assert share_of(policy=policy, queue="child", kinds={"grooming"}) == 0.1
    assert share_of(policy=policy, queue="intimate", kinds={"ncii"}) == 0.05
