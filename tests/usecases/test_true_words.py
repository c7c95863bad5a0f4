"""What people are told rests on what was recorded, and on nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from odzew.answers import wordbook
from odzew.answers.api import answers_to
from odzew.answers.wordbook import book, codes, named
from odzew.decisions.api import statements_of
from odzew.notices.data import Receipt
from odzew.usecases.appeal import appeal
from tests.cast import POLICY, Story


def _keys(receipt: Receipt, kind: str) -> set[str]:
    return {c["key"] for a in answers_to(notice=receipt.notice) if a.kind == kind for c in a.clauses}


def test_an_address_that_nobody_knows_was_not_found(story: Story) -> None:
    unknown = story.report(url="https://elsewhere.example/posts/1")
    assert "answer.found" not in _keys(unknown, "receipt")
    story.post()
    assert "answer.found" in _keys(story.report(url="https://kladka.example/posts/post-1"), "receipt")
    story.wait(hours=25)
    assert "update" in [a.kind for a in answers_to(notice=unknown.notice)]
    assert "answer.found" not in _keys(unknown, "update")


def test_who_was_told_that_it_is_hidden_is_told_that_it_is_not_any_more(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.work()
    assert "answer.hidden_stays" in _keys(receipt, "hidden")
    for who in (0, 1):
        story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    assert "answer.restored" in _keys(receipt, "not_removed")


def test_who_asked_again_and_is_heard_by_a_hotline_reads_that_it_is_hidden_again(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.work()
    for who in (0, 1):
        story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    story.work()
    assert receipt.code
    appeal(case=receipt.case, by="reporter", text="Look.", receipt_code=receipt.code, desk=story.desk, now=story.now)
    story.now += timedelta(hours=1)
    story.report(by=story.hotline, source="hotline")
    story.work()
    assert [a.kind for a in answers_to(notice=receipt.notice)] == ["receipt", "hidden", "not_removed", "hidden"]


def test_a_merger_and_a_wider_hide_tell_nobody_again(story: Story) -> None:
    story.post("one", sha=b"a" * 32)
    story.post("two", sha=b"b" * 32)
    first, second = story.report("one"), story.report("two", claimant="depicted")
    story.work()
    story.now += timedelta(minutes=1)
    story.post("two", sha=b"a" * 32)
    story.work()
    story.report("two", by=story.hotline, source="hotline")
    story.work()
    assert [a.kind for a in answers_to(notice=second.notice)] == ["receipt", "hidden"]
    assert [a.kind for a in answers_to(notice=first.notice)] == ["receipt", "hidden"]


def test_who_was_never_told_that_it_was_hidden_is_not_told_now(story: Story) -> None:
    story.post()
    receipt = story.report()
    for who in (0, 1):
        story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    assert answers_to(notice=receipt.notice)[-1].kind == "not_removed"
    assert "answer.restored" not in _keys(receipt, "not_removed")


@pytest.mark.parametrize(
    ("language", "says"), [("en", "no offers of pens"), ("pl", "żadnych ofert długopisów"), ("xx", "no offers of pens")]
)
def test_a_ground_of_the_operators_own_is_called_by_its_name(story: Story, language: str, says: str) -> None:
    grounds = {**POLICY.grounds, "pens": {"en": "no offers of pens", "pl": "żadnych ofert długopisów"}}
    story.desk = replace(story.desk, policy=replace(POLICY, grounds=grounds))
    story.post(views=5000)
    receipt = story.report(language=language)
    story.decide(receipt.case, 0, "remove", ground="pens")
    story.work()
    last = answers_to(notice=receipt.notice)[-1]
    assert last.kind == "removed" and says in last.text and ": pens" not in last.text
    assert "no offers of pens" in statements_of(case=receipt.case)[-1]["text"]


def test_a_shipped_ground_has_plain_words_in_every_language() -> None:
    assert {named(ground=g, labels=POLICY.grounds, language=c) for g in POLICY.grounds for c in codes()} == set(POLICY.grounds)


def test_a_language_that_nobody_has_is_not_remembered() -> None:
    """Any word may be asked for; each must not take memory for ever."""
    for n in range(500):
        assert book(language=f"q{n}") is book(language="en")
    assert wordbook._book.cache_info().currsize <= len(codes())


def test_what_was_told_on_a_case_is_looked_up_by_its_notices(story: Story) -> None:
    """A million answers are kept, and no index is spent on their case."""
    with CaptureQueriesContext(connection) as done:
        for name, sha in (("one", b"a"), ("two", b"b")):
            story.post(name, sha=sha * 32)
            story.report(name, claimant="depicted")
        story.work()
        story.post("two", sha=b"a" * 32)
        story.work()
    asked = [q["sql"] for q in done.captured_queries if "answers_answer" in q["sql"] and "INSERT" not in q["sql"]]
    assert any("UPDATE answers_answer SET case_id" in sql for sql in asked) and any(sql.startswith("SELECT") for sql in asked)
    assert not [
        sql
        for sql in asked
        if "case_id =" in sql.partition("WHERE")[2].replace('"', "") and "notice_id" not in sql.partition("WHERE")[2]
    ]
