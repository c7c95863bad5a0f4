"""An opinion from outside the desk: what it counts for, what it never does, and what people are told of it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from odzew.answers.api import answers_to
from odzew.cases.clocks import armed
from odzew.cases.rows import read_cases
from odzew.decisions.api import ask_of, decisions_of
from odzew.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from odzew.ledger.api import events_of
from odzew.ledger.people import Caller, caller_of_person, leave_desk
from odzew.notices.data import Receipt
from odzew.usecases.enrol_person import enrol_person
from odzew.usecases.enrol_program import enrol_program
from odzew.usecases.give_opinion import Opinion, asked_of, give_opinion
from tests.cast import Story
from tests.promises import truth
from tests.promises.test_machine import Died, dying_at


@pytest.fixture
def solo(transactional_db: None) -> Story:
    """A desk of one."""
    return Story(people=1)


@pytest.fixture
def pair(transactional_db: None) -> Story:
    """A desk of two."""
    return Story(people=2)


def _say(story: Story, case: uuid.UUID, who: Caller, outcome: str, reason: str = "An opinion.") -> Opinion:
    return give_opinion(case=case, caller=who, outcome=outcome, reason=reason, desk=story.desk, now=story.now)


def _clear(story: Story, case: uuid.UUID, who: int = 0) -> str | None:
    return story.decide(case, who, "no_violation", ground="not_in_scope", reason="A bridge.").needs


def _raised(story: Story) -> Receipt:
    """A user's report of what a hotline raised as well."""
    story.post()
    story.report(by=story.hotline, source="hotline")
    receipt = story.report()
    story.work()
    return receipt


def _state(case: uuid.UUID) -> tuple[str, bool]:
    row = read_cases(ids=[case])[0]
    return row.state, row.withheld


def test_alone_what_a_hotline_raised_is_cleared_with_its_own_answer_only(solo: Story) -> None:
    receipt = _raised(solo)
    assert asked_of(caller=solo.hotline, now=solo.now) == []
    assert _clear(solo, receipt.case) == "outside"
    solo.now += timedelta(hours=73)
    with pytest.raises(Forbidden, match="outside"):
        _clear(solo, receipt.case)
    assert [a.case for a in asked_of(caller=solo.hotline, now=solo.now)] == [receipt.case]
    assert _say(solo, receipt.case, solo.hotline, "no_violation", "Filed by mistake.").state == "final"
    row = read_cases(ids=[receipt.case])[0]
    assert (row.state, row.withheld) == ("cleared", False) and row.on_watch_until
    assert asked_of(caller=solo.hotline, now=solo.now) == []
    solo.work()
    told = answers_to(notice=receipt.notice)[-1]
    assert told.kind == "not_removed" and "A bridge." in told.text and "mistake" not in told.text
    keys = {c["key"] for c in told.clauses}
    assert "answer.looked_one" in keys and "answer.looked_two_people" not in keys


def test_a_person_outside_is_another_human(solo: Story) -> None:
    receipt = _raised(solo)
    other = solo.hire("Ela", "outside")
    assert solo.desk.size(now=solo.now) == "solo"
    with pytest.raises(NotFound):
        _say(solo, receipt.case, other, "no_violation")
    _clear(solo, receipt.case)
    assert _say(solo, receipt.case, other, "no_violation").state == "final"
    solo.work()
    assert "answer.looked_two_people" in {c["key"] for c in answers_to(notice=receipt.notice)[-1].clauses}


def test_whoever_waits_is_given_a_new_date_and_the_desk_an_alarm(solo: Story) -> None:
    receipt = _raised(solo)
    _clear(solo, receipt.case)
    due = armed(cases=[receipt.case])[receipt.case]["outside_opinion", None].due
    assert due == solo.now + timedelta(hours=72)
    told = answers_to(notice=receipt.notice)[-1]
    keys = [c["key"] for c in told.clauses]
    assert told.kind == "update" and "answer.more_time" in keys and "answer.news_by" in keys and "5 March" in told.text
    solo.work()
    assert "opinion_wanted" in {a["code"] for a in solo.alarms}
    assert "opinion.asked" in [e.kind for e in events_of(case=receipt.case)]
    solo.wait(hours=100, step=timedelta(hours=4))
    assert _state(receipt.case) == ("awaiting_second", True)
    truth.no_silence()


def test_an_opinion_alone_decides_nothing(solo: Story) -> None:
    receipt = _raised(solo)
    assert _say(solo, receipt.case, solo.hotline, "no_violation").state == "waiting"
    assert _state(receipt.case) == ("open", True)
    assert _clear(solo, receipt.case) is None
    assert _state(receipt.case) == ("cleared", False)


def test_two_opinions_without_the_desk_decide_nothing(solo: Story) -> None:
    receipt = _raised(solo)
    other = solo.hire("Ela", "outside")
    solo.decide(receipt.case, 0, "cannot_judge")
    assert _say(solo, receipt.case, solo.hotline, "no_violation").state == "waiting"
    assert _say(solo, receipt.case, other, "no_violation").state == "waiting"
    assert _state(receipt.case) == ("specialist", True)
    assert _clear(solo, receipt.case) is None
    assert _state(receipt.case)[0] == "cleared"


def test_an_opinion_against_the_desk_keeps_it_hidden_and_hiding_ends_it(solo: Story) -> None:
    receipt = _raised(solo)
    _clear(solo, receipt.case)
    assert _say(solo, receipt.case, solo.hotline, "remove").state == "waiting"
    assert _state(receipt.case) == ("disputed", True)
    with pytest.raises(Forbidden):
        _clear(solo, receipt.case)
    assert solo.decide(receipt.case, 0, "remove").state == "final"
    assert {(d.outside, d.state) for d in decisions_of(case=receipt.case)} == {
        (False, "overruled"),
        (True, "final"),
        (False, "final"),
    }


def test_a_source_that_changes_its_mind_is_believed(solo: Story) -> None:
    receipt = _raised(solo)
    _clear(solo, receipt.case)
    _say(solo, receipt.case, solo.hotline, "remove")
    assert _say(solo, receipt.case, solo.hotline, "no_violation").state == "final"
    assert [d.state for d in decisions_of(case=receipt.case)] == ["final", "lapsed", "final"]


def test_a_pair_that_disagrees_is_decided_with_one_from_outside(pair: Story) -> None:
    pair.post()
    receipt = pair.report(claimant="depicted")
    other = pair.hire("Ela", "outside")
    _clear(pair, receipt.case)
    assert ask_of(case=receipt.case) is None
    with pytest.raises(NotFound):
        _say(pair, receipt.case, other, "no_violation")
    assert pair.decide(receipt.case, 1, "remove", reason="It must go.").needs == "outside"
    assert [a.case for a in asked_of(caller=other, now=pair.now)] == [receipt.case]
    assert _say(pair, receipt.case, other, "keep_withheld").state == "final"
    assert _state(receipt.case) == ("removed", True)
    assert asked_of(caller=other, now=pair.now) == []


def test_on_a_pair_that_agrees_no_opinion_counts(pair: Story) -> None:
    receipt = _raised(pair)
    assert _say(pair, receipt.case, pair.hotline, "no_violation").state == "waiting"
    assert _clear(pair, receipt.case) == "second"
    assert _state(receipt.case) == ("awaiting_second", True)
    assert _clear(pair, receipt.case, 1) is None


def test_an_opinion_never_keeps_a_person_from_hiding(solo: Story) -> None:
    receipt = _raised(solo)
    _say(solo, receipt.case, solo.hotline, "no_violation")
    assert solo.decide(receipt.case, 0, "remove").state == "final"


def test_when_whoever_could_decide_has_gone_somebody_outside_is_asked(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    _clear(story, receipt.case)
    assert story.decide(receipt.case, 1, "remove").needs == "third"
    leave_desk(person=story.people[2].id, now=story.now)
    assert ask_of(case=receipt.case) is None
    story.wait(hours=25, step=timedelta(hours=1))
    assert ask_of(case=receipt.case) is not None
    assert "answer.more_time" in {c["key"] for a in answers_to(notice=receipt.notice) for c in a.clauses}
    assert _say(story, receipt.case, story.hire("Ela", "outside"), "no_violation").state == "final"


def test_strangers_and_the_desk_itself_give_no_opinion(solo: Story) -> None:
    receipt = _raised(solo)
    _clear(solo, receipt.case)
    for who in (solo.program, solo._caller(_another_hotline(solo))):
        with pytest.raises(NotFound):
            _say(solo, receipt.case, who, "no_violation")
    with pytest.raises(Forbidden):
        _say(solo, receipt.case, solo.reviewer(0), "no_violation")
    with pytest.raises(Invalid):
        _say(solo, receipt.case, solo.hotline, "not_found")
    with pytest.raises(Invalid):
        _say(solo, receipt.case, solo.hotline, "remove", "  ")
    assert _state(receipt.case) == ("awaiting_second", True)


def _another_hotline(story: Story) -> str:
    from odzew.ledger.people import add_program

    return add_program(name="Other", scopes=frozenset({"notices"}), sources=frozenset({"hotline"}), now=story.now)


def test_the_same_opinion_again_changes_nothing(solo: Story) -> None:
    receipt = _raised(solo)
    first = _say(solo, receipt.case, solo.hotline, "no_violation")
    assert _say(solo, receipt.case, solo.hotline, "no_violation") == first
    _clear(solo, receipt.case)
    again = _say(solo, receipt.case, solo.hotline, "no_violation")
    assert (again.opinion, again.state) == (first.opinion, "final")
    with pytest.raises(Conflict):
        _say(solo, receipt.case, solo.hotline, "remove")
    assert len(decisions_of(case=receipt.case)) == 2


def test_an_opinion_lapses_when_the_case_comes_to_cover_more(solo: Story) -> None:
    receipt = _raised(solo)
    _say(solo, receipt.case, solo.hotline, "no_violation")
    from odzew.decisions.api import lapse

    assert lapse(case=receipt.case) == 1
    assert _clear(solo, receipt.case) == "outside"


def test_what_an_appeal_opens_needs_an_opinion_of_its_own(solo: Story) -> None:
    receipt = _raised(solo)
    other = solo.hire("Ela", "outside")
    _clear(solo, receipt.case)
    _say(solo, receipt.case, other, "no_violation")
    solo.report(by=solo.hotline, source="hotline", external_id="again")
    assert _state(receipt.case) == ("open", True)
    solo.now += timedelta(hours=100)
    _clear(solo, receipt.case)
    assert _state(receipt.case) == ("awaiting_second", True)
    newer = solo.hire("Jan", "outside")
    with pytest.raises(Forbidden, match="somebody new"):
        _say(solo, receipt.case, other, "no_violation")
    assert _say(solo, receipt.case, newer, "no_violation").state == "final"


def test_who_is_enrolled_today_counts_tomorrow(solo: Story) -> None:
    receipt = _raised(solo)
    _clear(solo, receipt.case)
    new = enrol_person(name="Ela", role="outside", sign_in_lives=timedelta(days=7), desk=solo.desk, now=solo.now)
    ela = caller_of_person(row_person=new.person)
    key = enrol_program(
        name="Second hotline", scopes=frozenset({"notices"}), sources=frozenset({"hotline"}), platform=None, limit_per_second=None,
        desk=solo.desk, now=solo.now,
    )  # fmt: skip
    hotline = solo._caller(key)
    solo.report(by=hotline, source="hotline")
    solo.work()
    assert [a["code"] for a in solo.alarms].count("enrolled") == 2
    for who in (ela, hotline):
        with pytest.raises(Forbidden, match="enrolment"):
            _say(solo, receipt.case, who, "no_violation")
    assert asked_of(caller=ela, now=solo.now) == []
    solo.now += timedelta(hours=24)
    assert [a.case for a in asked_of(caller=ela, now=solo.now)] == [receipt.case]
    assert _say(solo, receipt.case, hotline, "no_violation").state == "final"


@pytest.mark.parametrize("statement", range(1, 12))
def test_a_crash_leaves_all_of_an_opinion_or_nothing(solo: Story, statement: int) -> None:
    receipt = _raised(solo)
    _clear(solo, receipt.case)
    try:
        with dying_at(statement):
            _say(solo, receipt.case, solo.hotline, "no_violation")
    except Died:
        assert _state(receipt.case) == ("awaiting_second", True)
        assert [d.state for d in decisions_of(case=receipt.case)] == ["awaiting_second"]
        assert _say(solo, receipt.case, solo.hotline, "no_violation").state == "final"
    assert _state(receipt.case) == ("cleared", False)
    assert len(decisions_of(case=receipt.case)) == 2
    truth.on_record()
