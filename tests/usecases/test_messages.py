"""The thread between a reporter and the desk: what a message moves, what it never moves, and that no thread shows another."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odzew.cases.clocks import armed
from odzew.cases.rows import read_cases
from odzew.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from odzew.foundation.writes import fetch_all, fetch_none
from odzew.ledger.api import events_of
from odzew.notices.data import Receipt
from odzew.notices.messages import MessageView, messages_of, unread
from odzew.notices.receipt import new_code
from odzew.usecases.add_to_report import add_to_report
from odzew.usecases.read_messages import read_messages
from odzew.usecases.read_status import read_status
from odzew.usecases.reply_to_reporter import Replied, Reply, reply_to_reporter
from odzew.usecases.write_message import LONGEST, MOST_UNREAD, Written, write_message
from tests.cast import Story


def _write(story: Story, receipt: Receipt, text: str, *, danger: bool = False, once: str = "") -> Written:
    return write_message(
        code=receipt.code or "", text=text, danger=danger, once=once or uuid.uuid4().hex, desk=story.desk, now=story.now
    )


def _reply(story: Story, receipt: Receipt, template: str = "received", line: str = "", *, who: int = 0, **more: bool) -> Replied:
    said = messages_of(notice=receipt.notice)
    reply = Reply(template=template, line=line, seen=said[-1].id if said else None)
    return reply_to_reporter(
        case=receipt.case, notice=receipt.notice, reply=reply, caller=story.reviewer(who), desk=story.desk, now=story.now, **more
    )


def _thread(story: Story, receipt: Receipt) -> tuple[MessageView, ...]:
    found = read_status(code=receipt.code or "", desk=story.desk, now=story.now)
    assert found is not None
    return found.messages


def _row(receipt: Receipt) -> tuple[object, ...]:
    return fetch_all("SELECT * FROM cases_case WHERE id = %s", [receipt.case])[0]


def test_one_exchange_in_polish_is_read_by_both_and_kept_off_the_record(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted", language="pl")
    before, clocks = _row(receipt), armed(cases=[receipt.case])
    written = _write(story, receipt, "Żółta łódź stoi pod mostem.")
    assert (_row(receipt), armed(cases=[receipt.case])) == (before, clocks)
    assert [(u.case, u.count, u.danger) for u in unread()] == [(receipt.case, 1, False)]
    sent = _reply(story, receipt, "received", "Patrzymy na most.")
    assert sent.text == "Mamy twoją wiadomość. Dziękujemy, że piszesz.\nPatrzymy na most." and sent.language == "pl"
    assert unread() == []
    assert [(m.by, m.text) for m in _thread(story, receipt)] == [("reporter", "Żółta łódź stoi pod mostem."), ("desk", sent.text)]
    said = [e for e in events_of(case=receipt.case) if e.kind.startswith("message.")]
    assert [e.kind for e in said] == ["message.received", "message.sent", "message.read"]
    assert [e.actor for e in said] == ["reporter", story.reviewer(0).actor, story.reviewer(0).actor]
    assert said[0].facts["message"] == str(written.message) and "łódź" not in str([e.facts for e in said])


def test_the_same_twice_is_one_and_other_words_are_another(story: Story) -> None:
    story.post()
    receipt = story.report()
    first = _write(story, receipt, "A bridge.", once="a")
    assert _write(story, receipt, "A bridge.", once="a") == Written(message=first.message, danger=False, repeated=True)
    assert _write(story, receipt, " A bridge.\n", once="b").message == first.message
    assert _write(story, receipt, "A chair.", once="a").message != first.message
    story.now += timedelta(minutes=11)
    assert not _write(story, receipt, "A chair.", once="c").repeated, "said again later, it is a message"
    assert len(messages_of(notice=receipt.notice)) == 3


def test_two_at_once_are_one(story: Story) -> None:
    story.post()
    receipt, done = story.report(), []

    def send() -> None:
        try:
            done.append(_write(story, receipt, "A bridge.", once="a", danger=True).message)
        finally:
            connection.close()

    both = [threading.Thread(target=send) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(done) == 2 and len(set(done)) == 1 == len(messages_of(notice=receipt.notice))


def test_what_cannot_be_taken_is_said_and_never_stored(story: Story) -> None:
    story.post()
    receipt = story.report()
    code = receipt.code or ""
    for text, what in (
        (" \n", "empty"),
        ("ż" * (LONGEST + 1), "too_long"),
        (f"My code is {code[:4]} {code[4:8]}-{code[8:12]}.{code[12:]}!", "code"),
        ("".join(chr(0xFF10 + int(d)) for d in code), "code"),
    ):
        with pytest.raises(Invalid) as refused:
            _write(story, receipt, text)
        assert refused.value.detail["what"] == what
    for n in range(MOST_UNREAD):
        _write(story, receipt, f"{n} pens.")
    with pytest.raises(Invalid) as refused:
        _write(story, receipt, "One more pen.")
    assert refused.value.detail["what"] == "too_many" and len(messages_of(notice=receipt.notice)) == MOST_UNREAD
    assert not _write(story, receipt, "He comes home soon.", danger=True).repeated, "danger is taken all the same"
    _reply(story, receipt)
    _write(story, receipt, "One more pen.")
    with pytest.raises(NotFound):
        write_message(code=new_code(), text="A pen.", danger=False, once="x", desk=story.desk, now=story.now)


def test_danger_is_never_refused_and_does_what_a_notice_with_danger_does(story: Story) -> None:
    story.post()
    receipt = story.report()
    told = read_cases(ids=[receipt.case])[0]
    promised = {name: clock.due for name, clock in armed(cases=[receipt.case])[receipt.case].items()}
    code = receipt.code or ""
    _write(story, receipt, f"He will be home soon. {code}", danger=True)
    _write(story, receipt, "", danger=True)
    after = read_cases(ids=[receipt.case])[0]
    running = {name: clock.due for name, clock in armed(cases=[receipt.case])[receipt.case].items()}
    assert running.pop(("danger", None)) == story.now + timedelta(hours=1)
    assert running == promised, "no other clock moves"
    assert "imminent" in after.flags and after.severity > told.severity and after.queue_at < told.queue_at
    assert (after.state, after.withheld, after.round, after.notices) == (told.state, told.withheld, told.round, told.notices)
    assert code not in str([m.text for m in _thread(story, receipt)]) and "He will be home soon." in _thread(story, receipt)[0].text
    story.work()
    assert [a["code"] for a in story.alarms] == ["danger"]


@pytest.mark.parametrize("danger", [False, True])
def test_a_closed_case_is_not_opened_by_a_message(story: Story, danger: bool) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.work()
    story.decide(receipt.case, 0, "remove")
    story.work()
    state = read_cases(ids=[receipt.case])[0]
    _write(story, receipt, "It is a bridge.", danger=danger)
    after = read_cases(ids=[receipt.case])[0]
    assert (after.state, after.round, after.decided_at) == (state.state, state.round, state.decided_at)
    assert [(u.case, u.danger) for u in unread()] == [(receipt.case, danger)]
    assert (("danger", None) in armed(cases=[receipt.case])[receipt.case]) == danger
    with pytest.raises(Invalid):
        _reply(story, receipt, "still_looking")
    assert "decided" in _reply(story, receipt, "decided").text


def test_who_may_write_and_read(story: Story) -> None:
    story.post()
    receipt = story.report()
    _write(story, receipt, "A bridge.")
    waiting = [m.id for m in messages_of(notice=receipt.notice)]
    for role in ("auditor", "operator", "specialist", "outside"):
        caller = story.hire(f"{role} {uuid.uuid4()}", role)
        with pytest.raises(Forbidden):
            reply_to_reporter(
                case=receipt.case, notice=receipt.notice, reply=Reply(template="received", seen=waiting[-1]), caller=caller,
                desk=story.desk, now=story.now,
            )  # fmt: skip
        with pytest.raises(Forbidden):
            read_messages(case=receipt.case, notice=receipt.notice, messages=waiting, caller=caller, now=story.now)
    with pytest.raises(Forbidden):
        read_messages(case=receipt.case, notice=receipt.notice, messages=waiting, caller=story.program, now=story.now)
    story.post("chair")
    other = story.report("chair")
    with pytest.raises(NotFound):
        read_messages(case=other.case, notice=receipt.notice, messages=waiting, caller=story.reviewer(0), now=story.now)
    for role in ("lead", "safety_officer"):
        caller = story.hire(f"{role} {uuid.uuid4()}", role)
        done = read_messages(case=receipt.case, notice=receipt.notice, messages=waiting, caller=caller, now=story.now)
        assert done == (1 if role == "lead" else 0), "read once"


def test_two_who_reply_at_once_the_second_reads_the_first(story: Story) -> None:
    story.post()
    receipt = story.report()
    seen = _write(story, receipt, "A bridge.").message
    first = Reply(template="received", seen=seen)

    def send(reply: Reply, who: int) -> Replied:
        return reply_to_reporter(
            case=receipt.case, notice=receipt.notice, reply=reply, caller=story.reviewer(who), desk=story.desk, now=story.now
        )

    sent = send(first, 0)
    assert send(first, 0).message == sent.message, "a double click"
    with pytest.raises(Conflict):
        send(first, 1)
    assert [m.by for m in messages_of(notice=receipt.notice)] == ["reporter", "desk"]


def test_a_message_that_came_meanwhile_stays_unread(story: Story) -> None:
    story.post()
    receipt = story.report()
    first = _write(story, receipt, "A bridge.").message
    _write(story, receipt, "A chair.")
    assert read_messages(case=receipt.case, notice=receipt.notice, messages=[first], caller=story.reviewer(0), now=story.now) == 1
    assert [u.count for u in unread()] == [1]


def test_a_reader_whom_only_the_platform_reaches_is_told_by_it(story: Story) -> None:
    story.post()
    receipt = story.report(account="reader")
    story.work()
    sent = _reply(story, receipt, "send_link")
    story.work()
    told = [m["data"] for m in story.platform_side.inbox if m["type"] == "answer.ready"]
    assert told[-1] == {"notice": str(receipt.notice), "account": "reader", "text": sent.text, "language": "en"}


def test_the_database_refuses_to_change_or_delete_a_thread(story: Story) -> None:
    story.post()
    receipt = story.report()
    _write(story, receipt, "A bridge.")
    _reply(story, receipt)
    for sql in (
        "DELETE FROM notices_message",
        "UPDATE notices_message SET text_id = NULL",
        "UPDATE notices_message SET read_at = NULL WHERE by = 'reporter'",
        "UPDATE notices_message SET danger = true, read_at = at",
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            fetch_none(sql, [])
    assert len(messages_of(notice=receipt.notice)) == 2


def test_what_was_added_later_has_the_same_thread(story: Story) -> None:
    story.post()
    story.post("chair")
    first = story.report()
    added = add_to_report(
        code=first.code or "", where="https://kladka.example/posts/chair", once="a", danger=False, desk=story.desk, now=story.now
    )
    _write(story, first, "A bridge.")
    _write(story, added, "A chair.")
    assert [m.text for m in _thread(story, first)] == ["A bridge.", "A chair."] == [m.text for m in _thread(story, added)]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.booleans()), max_size=8))
def test_no_thread_ever_shows_another(story: Story, acts: list[tuple[int, bool, bool]]) -> None:
    """Three reporters on one case, whatever is written to whom: each reads their own words and replies to them, in order."""
    item = f"bridge-{uuid.uuid4().hex[:16]}"
    story.post(item, account=item)
    people = [story.report(item, claimant="guardian"), story.report(item, account=item), story.report(item, claimant="depicted")]
    assert len({p.case for p in people}) == 1
    answers = [read_status(code=p.code or "", desk=story.desk, now=story.now) for p in people]
    expected: list[list[str]] = [[], [], []]
    for n, (who, desk, danger) in enumerate(acts):
        if desk:
            expected[who].append(_reply(story, people[who], "not_your_fault", f"Pen {'x' * n}.").text)
        else:
            text = f"Reporter {who} writes of chair {n}."
            _write(story, people[who], text, danger=danger)
            expected[who].append(text)
    for person, words, before in zip(people, expected, answers, strict=True):
        after = read_status(code=person.code or "", desk=story.desk, now=story.now)
        assert after is not None and before is not None
        assert [m.text for m in after.messages] == words
        assert (after.answers, after.may_appeal, after.too_late) == (before.answers, before.may_appeal, before.too_late)
