"""The walk of one report, from the notice to the answer."""

from __future__ import annotations

from odzew.answers.api import answers_to
from odzew.cases.rows import read_cases
from odzew.enforcement.api import measures_of
from odzew.notices.api import view
from tests.cast import Story


def test_a_report_by_the_person_in_the_picture_hides_at_once_and_ends_in_an_answer(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    assert receipt.code and len(receipt.code) == 20
    case = read_cases(ids=[receipt.case])[0]
    assert case.withheld and case.child_safety
    story.work()
    assert [m.state for m in measures_of(case=receipt.case)] == ["done"]
    assert [a.kind for a in answers_to(notice=receipt.notice)] == ["receipt", "hidden"]
    story.decide(receipt.case, 0, "remove")
    story.work()
    assert [(m.measure, m.state) for m in measures_of(case=receipt.case) if m.in_force] == [("remove", "done")]
    answers = answers_to(notice=receipt.notice)
    assert [a.kind for a in answers] == ["receipt", "hidden", "removed"]
    assert all(a.delivered_at for a in answers)
    notice = view(notice=receipt.notice)
    assert notice and notice.state == "answered"


def test_nobody_there_the_clock_hides(story: Story) -> None:
    story.post()
    receipt = story.report()
    story.work()
    assert measures_of(case=receipt.case) == []
    story.wait(minutes=59)
    assert measures_of(case=receipt.case) == []
    story.wait(minutes=2)
    assert [(m.measure, m.state) for m in measures_of(case=receipt.case)] == [("withhold", "done")]
    story.wait(hours=30)
    kinds = [a.kind for a in answers_to(notice=receipt.notice)]
    assert kinds[:2] == ["receipt", "hidden"] and "update" in kinds


def test_one_person_cannot_clear(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.work()
    assert story.decide(receipt.case, 0, "no_violation", ground="not_in_scope").state == "awaiting_second"
    story.work()
    assert read_cases(ids=[receipt.case])[0].withheld
    assert story.decide(receipt.case, 1, "no_violation", ground="not_in_scope").state == "final"
    story.work()
    assert [(m.measure, m.state) for m in measures_of(case=receipt.case) if m.in_force] == [("restore", "done")]
    assert answers_to(notice=receipt.notice)[-1].kind == "not_removed"


def test_who_joins_a_hidden_case_is_told_so_at_once_and_nothing_else(story: Story) -> None:
    story.post()
    story.report(claimant="depicted")
    story.work()
    later = story.report(claimant="other")
    assert [a.kind for a in answers_to(notice=later.notice)] == ["receipt", "hidden"]
