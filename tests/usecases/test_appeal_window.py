"""The right to complain ends when people were told it ends, not before and not later; a new notice is possible for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from odzew.cases.rows import read_cases
from odzew.entrypoints.reporter import pages, views
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.notices.data import Receipt
from odzew.usecases.appeal import TooLate, appeal
from odzew.usecases.read_status import read_status
from tests.cast import Story


def _again(story: Story, receipt: Receipt) -> object:
    assert receipt.code
    return appeal(case=receipt.case, by="reporter", text="Look.", receipt_code=receipt.code, desk=story.desk, now=story.now)


def _uploader(story: Story, receipt: Receipt) -> object:
    return appeal(
        case=receipt.case, by="uploader", text="Mine.", account_id="uploader", caller=story.program, desk=story.desk, now=story.now
    )


def _decided(story: Story, *, claimant: str, outcome: str) -> Receipt:
    story.post()
    receipt = story.report(claimant=claimant)
    story.work()
    for who in range(1 if outcome == "remove" else 2):
        story.decide(receipt.case, who, outcome, ground="not_in_scope" if outcome == "no_violation" else "child_safety")
    story.work()
    return receipt


@pytest.mark.parametrize(("claimant", "days"), [("other", 184), ("depicted", 366)])
def test_a_reporter_may_complain_until_the_day_they_were_told(story: Story, claimant: str, days: int) -> None:
    receipt = _decided(story, claimant=claimant, outcome="no_violation")
    end = story.now + timedelta(days=days)
    story.now = end + timedelta(seconds=1)
    with pytest.raises(TooLate, match=f"ended on {end:%Y-%m-%d}.*report it again"):
        _again(story, receipt)
    assert read_cases(ids=[receipt.case])[0].state == "cleared"
    found = read_status(code=receipt.code or "", desk=story.desk, now=story.now)
    assert found and found.too_late and not found.may_appeal
    story.now = end
    found = read_status(code=receipt.code or "", desk=story.desk, now=story.now)
    assert found and not found.too_late and found.may_appeal
    _again(story, receipt)
    assert read_cases(ids=[receipt.case])[0].state == "open"
    story.now += timedelta(days=400)
    _again(story, receipt)  # what is open already can be added to


def test_a_second_decision_begins_the_time_anew(story: Story) -> None:
    receipt = _decided(story, claimant="other", outcome="remove")
    story.now += timedelta(days=100)
    _again(story, receipt)
    story.decide(receipt.case, 1, "remove")
    story.work()
    story.now += timedelta(days=150)
    _again(story, receipt)


def test_an_uploader_may_complain_until_the_day_they_were_told(story: Story) -> None:
    receipt = _decided(story, claimant="depicted", outcome="remove")
    story.now += timedelta(days=184, seconds=1)
    with pytest.raises(TooLate, match="new report"):
        _uploader(story, receipt)
    story.now -= timedelta(seconds=1)
    _uploader(story, receipt)


def test_the_page_says_so_and_a_new_notice_is_taken(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "desk", lambda: story.desk)
    monkeypatch.setattr(views, "utc_now", lambda: story.now)
    monkeypatch.setattr(views, "_guesses", Guesses())
    receipt = _decided(story, claimant="other", outcome="no_violation")
    sent = {"code": receipt.code, "lang": "en", "case": str(receipt.case), "text": "Look."}
    assert b'action="/status/again"' in Client().post("/status", sent).content
    story.now += timedelta(days=185)
    page = Client().post("/status", sent).content
    assert b'action="/status/again"' not in page and b"report it again at any time" in page
    late = Client().post("/status/again", sent)
    assert late.status_code == 409 and b"report it again at any time" in late.content
    story.report()
    assert read_cases(ids=[receipt.case])[0].state == "open"
