"""Words end when everything that somebody asked for has ended; nothing that is still needed goes, and the record stays whole."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from odzew.cases.rows import read_cases
from odzew.decisions.api import appeals_of
from odzew.entrypoints.api.case_views import case_view
from odzew.foundation.errors import Forbidden, Invalid, NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes, fetch_all
from odzew.ledger.api import events_of
from odzew.ledger.events import read_texts
from odzew.notices.contacts import add_contact, contact_of
from odzew.notices.data import Contact, Receipt
from odzew.notices.erasure import holds_on
from odzew.notices.messages import messages_of
from odzew.usecases._merging import merge_cases
from odzew.usecases.add_to_report import add_to_report
from odzew.usecases.appeal import appeal
from odzew.usecases.end_hold import end_hold
from odzew.usecases.erase_words import erase_words
from odzew.usecases.hold_words import LONGEST_DAYS, hold_words
from odzew.usecases.read_status import read_status
from odzew.usecases.reply_to_reporter import Reply, reply_to_reporter
from odzew.usecases.seal_record import seal_record
from odzew.usecases.verify_record import verify_record
from odzew.usecases.write_message import write_message
from tests.cast import KEYS, Story

WORDS = "Żółta łódź stoi pod mostem."


def _pass(story: Story, **span: float) -> None:
    story.now += timedelta(**span)


def _erase(story: Story) -> int:
    return erase_words(desk=story.desk, now=story.now)


def _write(story: Story, receipt: Receipt, text: str = WORDS) -> None:
    write_message(code=receipt.code or "", text=text, danger=False, once=uuid.uuid4().hex, desk=story.desk, now=story.now)


def _reply(story: Story, receipt: Receipt) -> None:
    reply = Reply(template="received", line=WORDS, seen=messages_of(notice=receipt.notice)[-1].id)
    reply_to_reporter(
        case=receipt.case, notice=receipt.notice, reply=reply, caller=story.reviewer(0), desk=story.desk, now=story.now
    )


def _closed(story: Story, *, item: str = "post-1") -> Receipt:
    """A report with words, that was decided and answered."""
    story.post(item)
    receipt = story.report(item, claimant="depicted", text=WORDS, account=f"by-{item}", language="pl")
    _write(story, receipt)
    _reply(story, receipt)
    story.work()
    story.decide(receipt.case, 0, "remove")
    story.work()
    assert read_cases(ids=[receipt.case])[0].state == "removed"
    return receipt


def _contact(story: Story, receipt: Receipt, contact: Contact) -> None:
    writes = Writes()
    add_contact(writes, notice=receipt.notice, contact=contact, code="", keys=KEYS, now=story.now)
    writes.send()


def _kept() -> str:
    """Everything that the database holds and that a person wrote."""
    texts = [r[0] for r in fetch_all("SELECT text FROM ledger_personal_text", [])]
    sent = [str(r[0]) for r in fetch_all("SELECT payload FROM ledger_delivery", [])]
    return "\n".join([*texts, *sent])


def test_after_ninety_days_the_words_are_gone_and_everything_else_is_there(story: Story) -> None:
    receipt = _closed(story)
    atomically(lambda: _contact(story, receipt, Contact(address="anna@mail.example")))
    _pass(story, days=89)
    assert _erase(story) == 0 and _kept().count("łódź") >= 4
    _pass(story, days=2)
    assert _erase(story) == 1
    assert "łódź" not in _kept() and contact_of(notice=receipt.notice, keys=KEYS) is None
    assert fetch_all("SELECT 1 FROM ledger_personal_text WHERE ledger_fold(text) LIKE '%%lodz%%'", []) == []
    status = read_status(code=receipt.code or "", desk=story.desk, now=story.now)
    assert status is not None and "removed" in {a.kind for a in status.answers}
    assert [(m.by, m.text, m.erased) for m in status.messages] == [("reporter", "", True), ("desk", "", True)]
    view = case_view(row=read_cases(ids=[receipt.case])[0], caller=story.reviewer(0), now=story.now)
    assert view is not None and [(n["text"], n["erased"]) for n in view["notices"]] == [("", True)]
    (event,) = [e for e in events_of(case=receipt.case) if e.kind == "words.erased"]
    assert event.facts == {"notice": str(receipt.notice), "texts": 3, "addresses": 1}
    seal_record(desk=story.desk, now=story.now)
    assert verify_record(desk=story.desk, now=story.now).ok
    assert _erase(story) == 0
    assert [e.kind for e in events_of(case=receipt.case)].count("words.erased") == 1


def test_what_staff_gave_as_the_reason_of_a_decision_stays(story: Story) -> None:
    _closed(story)
    _pass(story, days=91)
    _erase(story)
    assert "Seen." in _kept()


@pytest.mark.parametrize("still", ["undecided", "unanswered", "message", "appeal", "added", "hold"])
def test_nothing_that_is_still_needed_goes(story: Story, still: str) -> None:
    if still == "undecided":
        story.post()
        story.report(text=WORDS)
    elif still == "unanswered":
        story.post()
        receipt = story.report(text=WORDS, account="a")
        story.work()
        story.platform_side.mode = "down"  # the answer cannot be delivered
        story.decide(receipt.case, 0, "remove")
        story.work(rounds=1)
    else:
        receipt = _closed(story)
        _pass(story, days=60)
        if still == "message":
            _write(story, receipt)
        elif still == "appeal":
            appeal(case=receipt.case, by="reporter", text=WORDS, receipt_code=receipt.code or "", desk=story.desk, now=story.now)
        elif still == "added":
            add_to_report(code=receipt.code or "", where="", once="a", danger=False, desk=story.desk, now=story.now)
            story.work()
        else:
            hold_words(case=receipt.case, days=60, reason="An order.", caller=story.hire("lead", "lead"), now=story.now)
        _pass(story, days=40)
        assert _erase(story) == 0
    before = _kept()
    _pass(story, days=19)
    assert _erase(story) == 0 and _kept() == before and "łódź" in before


def test_words_that_come_later_end_too(story: Story) -> None:
    receipt = _closed(story)
    _pass(story, days=91)
    assert _erase(story) == 1
    _write(story, receipt, "Drugi most.")
    assert [m.erased for m in messages_of(notice=receipt.notice)] == [True, True, False]
    _pass(story, days=89)
    assert _erase(story) == 0
    _pass(story, days=2)
    assert _erase(story) == 1 and "Drugi most" not in _kept()


def test_what_is_added_to_an_appeal_is_read_and_ends_with_it(story: Story) -> None:
    receipt = _closed(story)
    for words in ("Pierwsze krzesło.", "Drugie krzesło."):
        appeal(case=receipt.case, by="reporter", text=words, receipt_code=receipt.code or "", desk=story.desk, now=story.now)
    (one,) = appeals_of(case=receipt.case)
    assert sorted(read_texts(ids=list(one.texts)).values()) == ["Drugie krzesło.", "Pierwsze krzesło."]
    view = case_view(row=read_cases(ids=[receipt.case])[0], caller=story.reviewer(1), now=story.now)
    assert view is not None and view["appeals"][0]["text"] == "Pierwsze krzesło.\n\nDrugie krzesło."
    story.decide(receipt.case, 1, "remove")
    story.work()
    _pass(story, days=91)
    assert _erase(story) == 2 and "krzesło" not in _kept()
    view = case_view(row=read_cases(ids=[receipt.case])[0], caller=story.reviewer(1), now=story.now)
    assert view is not None and (view["appeals"][0]["text"], view["appeals"][0]["erased"]) == ("", True)


def test_a_hold_is_a_leads_has_a_reason_and_an_end_and_goes_where_its_case_goes(story: Story) -> None:
    receipt, lead = _closed(story), story.hire("lead", "lead")
    for caller in (story.reviewer(0), story.hire("aud", "auditor"), story.hire("op", "operator"), story.program):
        with pytest.raises(Forbidden):
            hold_words(case=receipt.case, days=9, reason="An order.", caller=caller, now=story.now)
    for days, reason in ((0, "An order."), (LONGEST_DAYS + 1, "An order."), (9, " \x00 "), (9, "x" * 2001)):
        with pytest.raises(Invalid):
            hold_words(case=receipt.case, days=days, reason=reason, caller=lead, now=story.now)
    with pytest.raises(NotFound):
        hold_words(case=uuid.uuid4(), days=9, reason="An order.", caller=lead, now=story.now)
    assert holds_on(case=receipt.case) == []
    _pass(story, days=80)
    hold = hold_words(case=receipt.case, days=100, reason="Pismo Ż 7.", caller=lead, now=story.now)
    story.post("post-2")
    other = story.report("post-2", text=WORDS)
    story.work()
    kept = atomically(lambda: merge_cases(keep=other.case, give=receipt.case, desk=story.desk, now=story.now))
    assert [h.id for h in holds_on(case=kept)] == [hold] and read_cases(ids=[kept])[0].state == "removed"
    story.wait(hours=1)  # what joined is hidden, and its reporter is told
    _pass(story, days=95)
    assert _erase(story) == 0
    with pytest.raises(Forbidden):
        end_hold(case=kept, hold=hold, caller=story.reviewer(0), now=story.now)
    end_hold(case=kept, hold=hold, caller=lead, now=story.now)
    with pytest.raises(NotFound):
        end_hold(case=kept, hold=hold, caller=lead, now=story.now)
    assert _erase(story) == 2 and "łódź" not in _kept()
    assert [e.kind for e in events_of(case=kept) if e.kind.startswith("words.h") or e.kind == "words.released"] == [
        "words.held",
        "words.released",
    ]


def test_a_hold_ends_by_itself(story: Story) -> None:
    receipt = _closed(story)
    hold_words(case=receipt.case, days=120, reason="An order.", caller=story.hire("lead", "lead"), now=story.now)
    _pass(story, days=119)
    assert _erase(story) == 0
    _pass(story, days=2)
    assert _erase(story) == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_erase_each_thread_once(story: Story) -> None:
    receipts = [_closed(story, item=f"post-{n}") for n in range(6)]
    _pass(story, days=91)
    counts: list[int] = []

    def work() -> None:
        try:
            while done := erase_words(desk=story.desk, now=story.now, most=2):
                counts.append(done)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sum(counts) == 6 and "łódź" not in _kept()
    for receipt in receipts:
        assert [e.kind for e in events_of(case=receipt.case)].count("words.erased") == 1
