"""A promised time is kept, never called late before it has passed, and never tells of another reporter."""

from __future__ import annotations

from datetime import timedelta

import pytest

from odzew.answers.api import AnswerView, answers_to
from odzew.cases.clocks import armed
from odzew.notices.data import Receipt
from tests.cast import Story

DAY = timedelta(hours=24)


def _clauses(answers: list[AnswerView]) -> set[str]:
    return {c["key"] for a in answers for c in a.clauses}


def test_who_comes_later_is_promised_what_the_first_was(story: Story) -> None:
    """He reports what she reported before: neither the reply nor the words show a clock that runs already."""
    story.post()
    first = story.report(claimant="depicted")
    assert first.answer_due - story.now == DAY
    story.wait(hours=17, step=timedelta(hours=1))
    second = story.report(claimant="guardian")
    assert second.case == first.case and second.answer_due - story.now == DAY
    hidden = [a for a in answers_to(notice=second.notice) if a.kind == "hidden"]
    assert hidden and "Wednesday 4 March, 3:00" in hidden[0].text  # 02:00 UTC a day later, in Warsaw


def test_who_comes_back_is_promised_no_later_time(story: Story) -> None:
    story.post()
    first = story.report(account="reader")
    story.now += timedelta(hours=3)
    assert story.report(account="reader").answer_due <= first.answer_due


def test_nobody_is_late_because_another_reported_again(story: Story) -> None:
    story.post()
    first, second = story.report(account="reader"), story.report(account="other")
    for _ in range(4):
        story.now += timedelta(minutes=30)
        story.report(account="other")
    story.wait(hours=14, step=timedelta(hours=1))
    assert "answer.late" not in _clauses(answers_to(notice=first.notice))
    assert "update" in [a.kind for a in answers_to(notice=first.notice)]
    story.wait(hours=40, step=timedelta(hours=1))
    assert "answer.late" in _clauses(answers_to(notice=first.notice))
    assert "answer.late" in _clauses(answers_to(notice=second.notice))


def _cleared_and_hidden_again(story: Story) -> Receipt:
    story.post()
    receipt = story.report(minor=True)
    for who in (0, 1):
        story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    story.report(account="bystander")
    story.wait(hours=5)
    return receipt


def _cleared_and_raised_by_a_hotline(story: Story) -> Receipt:
    story.post()
    receipt = story.report(minor=True)
    for who in (0, 1):
        story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    story.report(by=story.hotline, source="hotline")
    story.work()
    return receipt


@pytest.mark.parametrize("by", ["a claim", "a hotline"])
def test_a_new_look_that_was_promised_brings_news_where_all_is_hidden_already(story: Story, by: str) -> None:
    receipt = _cleared_and_hidden_again(story) if by == "a claim" else _cleared_and_raised_by_a_hotline(story)
    late = story.report(account="another")
    assert late.case == receipt.case and late.answer_due - story.now == timedelta(hours=4)
    before = len(answers_to(notice=late.notice))
    story.wait(hours=4, minutes=1)
    news = answers_to(notice=late.notice)[before:]
    assert "update" in [a.kind for a in news] and "answer.news_by" in _clauses(news)


def test_a_new_look_is_not_started_again_by_counts(story: Story) -> None:
    receipt = _cleared_and_hidden_again(story)
    before = set(armed(cases=[receipt.case])[receipt.case])
    story.post(views=50)
    assert set(armed(cases=[receipt.case])[receipt.case]) == before
