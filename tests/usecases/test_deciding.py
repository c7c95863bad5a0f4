"""Who may decide, what it leads to, and what people are told of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from odzew.answers.api import answers_to
from odzew.cases.clocks import armed
from odzew.cases.items import copysets_of, surroundings
from odzew.cases.rows import read_cases
from odzew.decisions.api import decisions_of, statements_of
from odzew.enforcement.api import measures_of
from odzew.foundation.errors import Forbidden
from odzew.ledger.people import leave_desk
from odzew.notices.api import view
from odzew.usecases.appeal import appeal
from odzew.usecases.decide import decide
from tests.cast import Story
from tests.promises import truth


def _complain(story: Story, case: object, account: str = "uploader") -> None:
    appeal(case=case, by="uploader", text="Mine.", account_id=account, caller=story.program, desk=story.desk, now=story.now)  # type: ignore[arg-type]


def test_whoever_cleared_first_may_hide_after_all(story: Story) -> None:
    story.post()
    receipt = story.report()
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    assert story.decide(receipt.case, 0, "remove").state == "final"


def test_a_desk_that_shrinks_and_grows_never_gets_stuck(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    for person in story.people[1:]:
        leave_desk(person=person.id, now=story.now)
    with pytest.raises(Forbidden):
        story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    story.now += timedelta(hours=73)
    assert story.decide(receipt.case, 0, "no_violation", ground="not_in_scope").state == "final"
    assert read_cases(ids=[receipt.case])[0].on_watch_until


def test_a_pair_that_disagrees_stays_hidden_until_somebody_from_outside_comes(transactional_db: None) -> None:
    story = Story(people=2)
    story.post()
    receipt = story.report(claimant="depicted")
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    assert story.decide(receipt.case, 1, "remove").needs == "outside"
    story.wait(hours=60, step=timedelta(hours=2))
    assert read_cases(ids=[receipt.case])[0].withheld
    truth.no_silence()
    outside = story.hire("Outside", "specialist")
    assert story.decide(receipt.case, outside, "no_violation", ground="not_in_scope").state == "final"


def test_not_found_is_a_clearing(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    assert story.decide(receipt.case, 0, "not_found", ground="not_in_scope").state == "awaiting_second"
    assert read_cases(ids=[receipt.case])[0].withheld


def test_a_mark_needs_a_ground_that_harms_and_ends_on_a_successful_appeal(story: Story) -> None:
    story.post("spam", account="spammer")
    spam = story.report("spam", kind="other", minor=False)
    story.decide(spam.case, 0, "remove", ground="other_terms")
    assert not surroundings(copysets=copysets_of(case=spam.case), now=story.now).account_marked
    story.post("bad")
    bad = story.report("bad", claimant="depicted")
    story.decide(bad.case, 0, "remove")
    story.work()
    assert surroundings(copysets=copysets_of(case=bad.case), now=story.now).account_marked
    _complain(story, bad.case)
    with pytest.raises(Forbidden):
        story.decide(bad.case, 0, "remove")
    story.decide(bad.case, 1, "no_violation", ground="not_in_scope")
    story.decide(bad.case, 2, "no_violation", ground="not_in_scope")
    assert not surroundings(copysets=copysets_of(case=bad.case), now=story.now).account_marked
    story.work()
    assert statements_of(case=bad.case)[-1]["form"] == "restored"
    assert answers_to(notice=bad.notice)[-1].kind == "not_removed"


def test_an_uploader_who_complains_in_vain_is_told_so(story: Story) -> None:
    story.post(views=100)
    receipt = story.report(claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    before = len(statements_of(case=receipt.case))
    _complain(story, receipt.case)
    story.decide(receipt.case, 1, "remove")
    assert len(statements_of(case=receipt.case)) == before + 1


def test_alone_an_appeal_is_heard_apart_in_time(transactional_db: None) -> None:
    story = Story(people=1)
    story.post()
    receipt = story.report(claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.work()
    _complain(story, receipt.case)
    with pytest.raises(Forbidden):
        story.decide(receipt.case, 0, "remove")
    story.now += timedelta(hours=73)
    assert story.decide(receipt.case, 0, "remove").state == "final"


def test_the_first_statement_is_neutral_and_whole_and_the_full_one_waits(story: Story) -> None:
    story.post(views=5)
    receipt = story.report(claimant="depicted")
    story.work()
    first = [m["data"] for m in story.platform_side.inbox if m["type"] == "statement.ready"][-1]
    assert first["appeal_until"] and first["item"] is None and "The rule is" in first["text"]
    assert "A new person will decide" in first["text"]
    story.decide(receipt.case, 0, "remove", reason="Seen by both.")
    story.work()
    forms = [(s["form"], s["state"]) for s in statements_of(case=receipt.case)]
    assert forms == [("neutral", "delivered"), ("full", "held"), ("neutral", "delivered")]
    assert not [m for m in story.platform_side.inbox if "Seen by both" in json.dumps(m)]


def test_every_decision_says_whether_it_was_referred_before_an_answer_says_that_people_looked(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    assert all("looked" not in c["key"] for a in answers_to(notice=receipt.notice) for c in a.clauses)
    story.decide(receipt.case, 1, "no_violation", ground="not_in_scope")
    story.work()
    said = truth.rows("SELECT data FROM ledger_event WHERE kind = 'case.decided' ORDER BY id")
    assert all(json.loads(r["data"])["facts"]["referral"]["not_because"] for r in said)
    assert "answer.looked_two_people" in {c["key"] for c in answers_to(notice=receipt.notice)[-1].clauses}


def test_a_reader_whom_only_the_platform_reaches_is_told_when_the_platform_has_taken_it(story: Story) -> None:
    story.post()
    story.platform_side.mode = "down"
    receipt = story.report(claimant="depicted", account="reader")
    story.work()
    assert "ack" in {name for name, _ in armed(cases=[receipt.case])[receipt.case]}
    assert answers_to(notice=receipt.notice)[0].delivered_at is None
    story.wait(minutes=3, step=timedelta(minutes=1))
    assert "not_delivered" in [a["code"] for a in story.alarms]
    story.platform_side.mode = "honest"
    story.wait(minutes=30)
    assert answers_to(notice=receipt.notice)[0].delivered_at
    assert "ack" not in {name for name, _ in armed(cases=[receipt.case])[receipt.case]}
    story.platform_side.mode = "500"
    story.decide(receipt.case, 0, "remove")
    story.work()
    known = view(notice=receipt.notice)
    assert known and known.state == "open"
    truth.no_silence()
    story.platform_side.mode = "honest"
    story.wait(hours=3)
    known = view(notice=receipt.notice)
    assert known and known.state == "answered"
    assert [a.kind for a in answers_to(notice=receipt.notice)].count("removed") == 1


def test_what_nobody_saw_open_before_the_order_is_told_and_not_done(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.platform_side.status = dict.fromkeys(("https://kladka.example/posts/post-1", "https://kladka.example/media/post-1"), 503)
    story.work(rounds=1)
    story.platform_side.status = dict.fromkeys(story.platform_side.status, 451)
    story.wait(minutes=2, step=timedelta(seconds=10))
    assert [m.state for m in measures_of(case=receipt.case)] == ["told"]


def test_a_platform_that_refuses_the_order_is_alarmed_and_the_case_says_so(story: Story) -> None:
    story.post()
    story.platform_side.mode = "400"
    receipt = story.report(claimant="depicted")
    story.work()
    assert [m.state for m in measures_of(case=receipt.case)] == ["failed"]
    assert "refused" in [a["code"] for a in story.alarms]
    story.decide(receipt.case, 0, "remove")
    story.wait(hours=2)
    assert answers_to(notice=receipt.notice)[-1].kind == "update"
    truth.no_silence()


def test_a_second_reporter_reads_nothing_of_the_first(story: Story) -> None:
    story.post()
    story.report(claimant="depicted", flags=frozenset({"imminent", "money_demanded"}))
    story.work()
    story.now += timedelta(days=1)
    second = story.report(kind="other", minor=None)
    first = answers_to(notice=second.notice)[0]
    keys = {c["key"] for c in first.clauses}
    assert not keys & {"answer.do_not_pay", "answer.danger_now", "answer.child", "answer.hidden"}
    story.wait(hours=1)
    hidden = [a for a in answers_to(notice=second.notice) if a.kind == "hidden"]
    assert hidden and "2 March" not in hidden[0].text and "3 March" in hidden[0].text


def test_a_hotline_names_an_item_by_its_id_where_there_is_one_platform(story: Story) -> None:
    story.post()
    receipt = story.report(by=story.hotline, source="hotline")
    assert read_cases(ids=[receipt.case])[0].withheld
    assert [m.scope for m in measures_of(case=receipt.case)] == ["item"]


def test_a_hotline_widens_what_a_claim_hid(story: Story) -> None:
    story.post()
    story.report(claimant="depicted")
    receipt = story.report(by=story.hotline, source="hotline")
    assert [(m.scope, m.in_force) for m in measures_of(case=receipt.case)] == [("media", False), ("item", True)]


def test_news_keeps_its_day_when_a_repeat_brings_the_decision_forward(transactional_db: None) -> None:
    story = Story(people=1)
    story.post()
    receipt = story.report(claimant="depicted", account="reader")
    story.wait(hours=20, step=timedelta(hours=4))
    story.report(account="reader")
    story.wait(hours=5, step=timedelta(hours=1))
    assert "update" in [a.kind for a in answers_to(notice=receipt.notice)]


def test_whoever_is_hidden_again_is_told_again(story: Story) -> None:
    """A limit that ended and comes again is a new one: its uploader must know of it, and of the right to complain."""
    story.post()
    receipt = story.report(claimant="depicted")
    for who in (0, 1):
        story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    story.work()
    before = [s["form"] for s in statements_of(case=receipt.case)]
    story.report(by=story.hotline, source="hotline")
    assert read_cases(ids=[receipt.case])[0].withheld
    assert [s["form"] for s in statements_of(case=receipt.case)] == [*before, "neutral"]


def test_a_wider_limit_is_not_told_twice(story: Story) -> None:
    story.post()
    story.report(claimant="depicted")
    receipt = story.report(by=story.hotline, source="hotline")
    assert len(statements_of(case=receipt.case)) == 1


def test_what_stays_hidden_is_told_who_decided_so_and_why(story: Story) -> None:
    """Its uploader has only heard of an interim limit, and "we will decide by" is a promise (DSA art. 17)."""
    story.post(views=5000)
    receipt = story.report(claimant="depicted")
    assert [s["form"] for s in statements_of(case=receipt.case)] == ["neutral"]
    story.decide(receipt.case, 0, "keep_withheld", reason="It shows a bridge.")
    _neutral, full = statements_of(case=receipt.case)
    assert full["form"] == "full" and "It shows a bridge." in full["text"] and "only the picture" in full["text"]
    story.work()
    _complain(story, receipt.case)
    story.decide(receipt.case, 1, "keep_withheld", reason="Still a bridge.")
    assert [s["form"] for s in statements_of(case=receipt.case)] == ["neutral", "full", "full"]


def test_an_order_that_was_refused_is_given_anew_by_the_decision_to_keep_it_hidden(story: Story) -> None:
    story.post()
    story.platform_side.mode = "400"
    receipt = story.report(claimant="depicted")
    story.work()
    story.platform_side.mode = "honest"
    story.decide(receipt.case, 0, "keep_withheld")
    story.work()
    assert [(m.measure, m.state) for m in measures_of(case=receipt.case) if m.in_force] == [("withhold", "done")]


def test_why_it_was_not_referred_is_not_in_the_record_in_a_persons_words(story: Story) -> None:
    story.post()
    receipt = story.report()
    decide(
        case=receipt.case,
        caller=story.reviewer(0),
        outcome="remove",
        ground="child_safety",
        reason="Seen.",
        referral={"not_because": "Ada Kowalska rang them"},
        desk=story.desk,
        now=story.now,
    )
    events = truth.rows("SELECT convert_from(data, 'UTF8') AS data FROM ledger_event WHERE kind = 'case.decided'")
    assert "Kowalska" not in events[0]["data"] and len(json.loads(events[0]["data"])["facts"]["referral"]["not_because"]) == 64
    assert decisions_of(case=receipt.case)[0].referral["not_because"] == "Ada Kowalska rang them"
