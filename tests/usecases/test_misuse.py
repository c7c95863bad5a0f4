"""Misuse of reports: warned before anything, two people suspend, and whoever is suspended is still heard, a child by its clock."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from odzew.cases.clocks import armed
from odzew.cases.rows import read_cases
from odzew.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from odzew.ledger.api import events_of
from odzew.ledger.people import Caller
from odzew.notices.data import Receipt
from odzew.notices.messages import messages_of
from odzew.notices.misuse import sent_by, warning_of
from odzew.usecases.end_suspension import end_suspension
from odzew.usecases.suspend_reporter import suspend_reporter
from odzew.usecases.warn_reporter import warn_reporter
from tests.cast import KEYS, Story


def _unfounded(story: Story, count: int = 3, *, begin: int = 0, by: Caller | None = None, account: str | None = "loud") -> Receipt:
    """Reports of one reporter about adults, each cleared."""
    last = None
    for n in range(begin, begin + count):
        story.post(f"pen-{n}", account=f"of {n}")
        last = story.report(
            f"pen-{n}", kind="other", minor=False, by=by, source="hotline" if by else "user", account=account, external_id=f"x{n}"
        )
        story.decide(last.case, 0, "no_violation", ground="not_in_scope")
        story.work()
    assert last is not None
    return last


def _warn(story: Story, receipt: Receipt, who: Caller, reason: str = "Pens, again and again.") -> uuid.UUID:
    return warn_reporter(case=receipt.case, notice=receipt.notice, reason=reason, caller=who, desk=story.desk, now=story.now)


def _suspend(story: Story, receipt: Receipt, who: Caller) -> str:
    return suspend_reporter(case=receipt.case, notice=receipt.notice, caller=who, desk=story.desk, now=story.now)


def _suspended(story: Story, *, by: Caller | None = None, account: str | None = "loud") -> Receipt:
    receipt = _unfounded(story, by=by, account=account)
    one, two = story.hire("Maja", "lead"), story.hire("Olga", "safety_officer")
    _warn(story, receipt, one)
    story.now += timedelta(days=15)
    _unfounded(story, 1, begin=9, by=by, account=account)
    assert (_suspend(story, receipt, one), _suspend(story, receipt, two)) == ("asked", "suspended")
    return receipt


def _reporter(account: str, story: Story) -> str:
    return KEYS.reporter_key(of=f"{story.platform} {account}")


def test_a_warning_is_read_by_whom_it_is_for_and_changes_nothing(story: Story) -> None:
    receipt, lead = _unfounded(story), story.hire("Maja", "lead")
    sent = sent_by(reporter=_reporter("loud", story), now=story.now)
    assert (sent.notices, sent.confirmed, sent.cleared) == (3, 0, 3)
    _warn(story, receipt, lead)
    (message,) = messages_of(notice=receipt.notice)
    assert message.by == "desk" and message.template == "warned" and "had no ground" in message.text and "Pens" not in message.text
    story.work()
    assert "had no ground" in str([m["data"].get("text") for m in story.platform_side.inbox])
    assert [e.kind for e in events_of(case=receipt.case)].count("reporter.warned") == 1
    assert "Pens" not in str([e.facts for e in events_of(case=receipt.case)])
    assert story.desk.suspended(now=story.now) == frozenset()
    story.post("chair")
    assert read_cases(ids=[story.report("chair", claimant="depicted", account="loud").case])[0].withheld
    with pytest.raises(Conflict):
        _warn(story, receipt, lead)


def test_who_may_not_be_warned(story: Story) -> None:
    lead = story.hire("Maja", "lead")
    nobody = _unfounded(story, account=None)
    with pytest.raises(Invalid, match="without one"):
        _warn(story, nobody, lead)
    seldom = _unfounded(story, 2, begin=5, account="new")
    with pytest.raises(Invalid, match="once is no misuse"):
        _warn(story, seldom, lead)
    often = _unfounded(story, 1, begin=8, account="new")
    for caller in (story.reviewer(0), story.hire("Aud", "auditor"), story.hire("Op", "operator"), story.program):
        with pytest.raises(Forbidden):
            _warn(story, often, caller)
    for reason in ("", " \x00", "x" * 2001):
        with pytest.raises(Invalid):
            _warn(story, often, lead, reason)
    with pytest.raises(NotFound):
        warn_reporter(case=nobody.case, notice=often.notice, reason="x", caller=lead, desk=story.desk, now=story.now)
    assert warning_of(reporter=_reporter("new", story), now=story.now) is None


def test_nobody_is_suspended_without_a_warning_that_did_not_help_and_two_people(story: Story) -> None:
    receipt, one, two = _unfounded(story), story.hire("Maja", "lead"), story.hire("Olga", "lead")
    with pytest.raises(Invalid, match="warned first"):
        _suspend(story, receipt, one)
    _warn(story, receipt, one)
    story.now += timedelta(days=13)
    with pytest.raises(Invalid, match="14 days before"):
        _suspend(story, receipt, one)
    story.now += timedelta(days=2)
    with pytest.raises(Invalid, match="since the warning"):
        _suspend(story, receipt, one)
    _unfounded(story, 1, begin=9)
    assert _suspend(story, receipt, one) == "asked"
    story.now += timedelta(days=2)
    with pytest.raises(Conflict, match="somebody else"):
        _suspend(story, receipt, one)
    assert story.desk.suspended(now=story.now) == frozenset()
    assert _suspend(story, receipt, two) == "suspended"
    assert story.desk.suspended(now=story.now) == {_reporter("loud", story)}
    with pytest.raises(Conflict):
        _suspend(story, receipt, one)
    story.now += timedelta(days=31)
    assert story.desk.suspended(now=story.now) == frozenset()


@pytest.mark.django_db(transaction=True)
def test_a_desk_of_one_sleeps_on_it() -> None:
    story = Story(people=0)
    lead = story.hire("Maja", "lead")
    receipt = _unfounded(story)
    _warn(story, receipt, lead)
    story.now += timedelta(days=15)
    _unfounded(story, 1, begin=9)
    assert _suspend(story, receipt, lead) == "asked"
    with pytest.raises(Conflict, match="a day later"):
        _suspend(story, receipt, lead)
    story.now += timedelta(hours=25)
    assert _suspend(story, receipt, lead) == "suspended"


def test_whoever_is_suspended_is_still_heard_and_a_child_is_hidden_by_the_clock(story: Story) -> None:
    receipt = _suspended(story)
    story.post("bridge")
    told = story.report("bridge", claimant="depicted", account="loud", external_id="still")
    case = read_cases(ids=[told.case])[0]
    assert not case.withheld and "instant_lost" in str(case.reasons)
    assert ("child_withhold", None) in armed(cases=[told.case])[told.case]
    story.wait(hours=1, minutes=10)
    assert read_cases(ids=[told.case])[0].withheld
    story.post("bridge-2")
    assert read_cases(ids=[story.report("bridge-2", claimant="depicted", account="quiet").case])[0].withheld
    end_suspension(case=receipt.case, notice=receipt.notice, caller=story.hire("Iga", "lead"), desk=story.desk, now=story.now)
    story.post("bridge-3")
    assert read_cases(ids=[story.report("bridge-3", claimant="depicted", account="loud", external_id="z").case])[0].withheld
    with pytest.raises(NotFound):
        end_suspension(case=receipt.case, notice=receipt.notice, caller=story.hire("Ida", "lead"), desk=story.desk, now=story.now)


def test_a_suspended_hotline_counts_as_anybody(story: Story) -> None:
    story.post("before")
    assert read_cases(ids=[story.report("before", by=story.hotline, source="hotline").case])[0].withheld
    _suspended(story, by=story.hotline, account=None)
    story.post("bridge")
    told = story.report("bridge", by=story.hotline, source="hotline", external_id="still")
    case = read_cases(ids=[told.case])[0]
    assert not case.withheld and not case.raised_by_trusted and case.sources == frozenset({"user"})
    story.wait(hours=1, minutes=10)
    assert read_cases(ids=[told.case])[0].withheld
