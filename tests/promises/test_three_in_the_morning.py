"""Three in the morning: one volunteer, asleep (house practice 21)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from odzew.answers.api import answers_to
from odzew.cases.rows import read_cases
from odzew.foundation.errors import Forbidden
from odzew.notices.data import Receipt
from tests.cast import Story
from tests.promises import truth

NIGHT = datetime(2026, 3, 7, 2, 0, tzinfo=UTC)


def _night(*, claimant: str = "other", source: str = "user") -> tuple[Story, Receipt]:
    story = Story(people=1, start=NIGHT)
    story.post("flood", account="remote")
    by = story.hotline if source == "hotline" else None
    return story, story.report(url="https://kladka.example/posts/flood", claimant=claimant, source=source, by=by)


def test_she_sleeps_and_the_clocks_hold(transactional_db: None) -> None:
    story, receipt = _night()
    story.wait(hours=6)
    case = read_cases(ids=[receipt.case])[0]
    assert case.withheld and case.undecided
    assert [a.kind for a in answers_to(notice=receipt.notice)] == ["receipt", "hidden"]
    truth.no_silence()
    # One decision in the morning, and the file goes.
    story.decide(receipt.case, 0, "remove")
    story.work()
    assert answers_to(notice=receipt.notice)[-1].kind == "removed"


def test_a_harmless_picture_is_looked_at_twice_twelve_hours_apart_and_is_restored_on_watch(transactional_db: None) -> None:
    story, receipt = _night()
    story.wait(hours=6)
    first = story.decide(receipt.case, 0, "no_violation", ground="not_in_scope", reason="A tile pattern.")
    assert (first.state, first.needs) == ("awaiting_second", "again")
    story.wait(hours=11)
    with pytest.raises(Forbidden):
        story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    assert read_cases(ids=[receipt.case])[0].withheld
    story.wait(hours=2)
    assert story.decide(receipt.case, 0, "no_violation", ground="not_in_scope", reason="A tile pattern.").state == "final"
    story.work()
    case = read_cases(ids=[receipt.case])[0]
    assert not case.withheld and case.on_watch_until
    last = answers_to(notice=receipt.notice)[-1]
    assert last.kind == "not_removed" and "answer.looked_one_twice" in {c["key"] for c in last.clauses}
    # On watch: a reporter not heard before hides it again, once.
    story.report("flood", claimant="other", account="somebody")
    assert read_cases(ids=[receipt.case])[0].withheld
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    story.wait(hours=13, step=timedelta(hours=1))
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    story.report("flood", claimant="other", account="another")
    assert not read_cases(ids=[receipt.case])[0].withheld


def test_what_the_person_in_the_picture_claims_waits_three_days(transactional_db: None) -> None:
    story, receipt = _night(claimant="depicted")
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    story.wait(hours=71, step=timedelta(hours=3))
    with pytest.raises(Forbidden):
        story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    story.wait(hours=2)
    assert story.decide(receipt.case, 0, "no_violation", ground="not_in_scope").state == "final"


def test_what_a_hotline_raised_is_not_cleared_alone_and_its_reporter_hears_a_new_date_each_day(transactional_db: None) -> None:
    story, receipt = _night(source="hotline")
    assert story.decide(receipt.case, 0, "no_violation", ground="not_in_scope").needs == "outside"
    story.wait(hours=100, step=timedelta(hours=2))
    with pytest.raises(Forbidden):
        story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    assert read_cases(ids=[receipt.case])[0].withheld
    updates = [a for a in answers_to(notice=receipt.notice) if a.kind == "update"]
    assert len(updates) >= 3
    truth.no_silence()
    # Another human from outside, or hiding for good, ends it: never a dead end.
    assert story.decide(receipt.case, 0, "keep_withheld").state == "final"


def test_alone_and_unsure_she_is_never_shut_out(transactional_db: None) -> None:
    story, receipt = _night()
    assert story.decide(receipt.case, 0, "cannot_judge").state == "specialist"
    assert read_cases(ids=[receipt.case])[0].withheld
    assert story.decide(receipt.case, 0, "remove").state == "final"


def test_who_has_just_enrolled_hides_but_does_not_clear(transactional_db: None) -> None:
    from odzew.ledger.people import add_person, caller_of_person, enrol_second_factor
    from tests.cast import KEYS

    story, receipt = _night(claimant="depicted")
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    puppet = add_person(name="Puppet", role="reviewer", now=story.now, counts_from=story.now + timedelta(hours=24))
    enrol_second_factor(person=puppet.id, keys=KEYS, now=story.now)
    with pytest.raises(Forbidden):
        story.decide(receipt.case, caller_of_person(row_person=puppet), "no_violation", ground="not_in_scope")
    assert read_cases(ids=[receipt.case])[0].withheld
