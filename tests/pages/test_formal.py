"""The formal request on the status page: folded away, never needed, and never a later clock."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from odzew.cases.clocks import armed
from odzew.cases.data import ClockView
from odzew.cases.rows import read_cases
from odzew.entrypoints.console.case_page import case_page
from odzew.entrypoints.console.said import Said
from odzew.entrypoints.reporter import formal, pages, tally, views
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.entrypoints.reporter.tally import SENDS, Tally
from odzew.foundation.settings import Settings
from odzew.foundation.writes import fetch_all, fetch_none
from odzew.ledger.api import events_of
from odzew.ledger.events import read_texts
from odzew.notices.data import Receipt
from odzew.notices.formal import signed_on
from tests.cast import Story
from tests.pages.typist import Typist

NAME, MAIL = "Zofia Żółtowska", "zosia@poczta.example"
HOURS = timedelta(hours=48)


@pytest.fixture(autouse=True)
def told(story: Story, monkeypatch: pytest.MonkeyPatch) -> Story:
    """The pages have a desk that offers both laws, and one post."""
    story.desk = replace(story.desk, formal=frozenset({"tida", "uk"}))
    monkeypatch.setattr(pages, "desk", lambda: story.desk)
    monkeypatch.setattr(views, "_guesses", Guesses())
    monkeypatch.setattr(tally, "sends", Tally(SENDS))
    monkeypatch.setattr(views, "utc_now", lambda: story.now)
    story.post()
    return story


def _report(story: Story, **changes: Any) -> Receipt:
    return story.report(**{"kind": "ncii", "minor": False, "claimant": "depicted", **changes})


def _sign(receipt: Receipt, law: str = "tida", language: str = "en", **sent: str) -> Any:
    typed = {"law": law, "signature": NAME, "reach": "page", "mail": "", **sent}
    return Typist().post("/status/formal", {"code": receipt.code, "lang": language, **typed})


def _read(receipt: Receipt, language: str = "en") -> str:
    return str(Typist().post("/status", {"code": receipt.code, "lang": language}).content.decode())


def _clock(receipt: Receipt, name: str = "ncii_tida") -> ClockView | None:
    return armed(cases=[receipt.case])[receipt.case].get((name, None))


def test_it_counts_from_the_first_second_and_says_so(told: Story) -> None:
    receipt, came = _report(told), told.now
    before = {n: c.due for (n, _), c in armed(cases=[receipt.case])[receipt.case].items()}
    assert "ncii_tida" not in before and "<details" in _read(receipt) and "You do not have to do this." in _read(receipt)
    told.now += timedelta(hours=20)
    page = _sign(receipt, reach="mail", mail=f" {MAIL} ").content.decode()
    assert "Your formal request is on our record. The time that the law gives us ends by Wednesday 4 March, 10:00." in page
    assert NAME not in page and MAIL not in page
    clock = _clock(receipt)
    assert clock is not None and (clock.started, clock.due, clock.hides, clock.statutory) == (came, came + HOURS, True, True)
    after = {n: c.due for (n, _), c in armed(cases=[receipt.case])[receipt.case].items()}
    assert before.items() <= after.items()
    (row,) = read_cases(ids=[receipt.case])
    assert row.regimes == {"tida"} and {"code": "formal_request", "facts": {"regime": "tida"}} in row.reasons


def test_what_was_signed_is_kept_apart_and_the_record_knows_its_hash(told: Story) -> None:
    receipt = _report(told)
    _sign(receipt, reach="mail", mail=MAIL)
    (signed,) = signed_on(notices=[receipt.notice])
    text = json.loads(read_texts(ids=[signed.text_id])[signed.text_id])
    assert (text["signature"], text["contact"], text["law"]) == (NAME, f"mail {MAIL}", "tida")
    assert text["statement"] == formal.statement(law="tida", language="en")
    (event,) = [e for e in events_of(case=receipt.case) if e.kind == "notice.signed"]
    assert (event.actor, event.facts["law"], event.facts["contact"], len(str(event.facts["text"]))) == (
        "reporter",
        "tida",
        "mail",
        64,
    )
    (data,) = fetch_all("SELECT data FROM ledger_event WHERE kind = 'notice.signed'", [])[0]
    assert b"Zofia" not in bytes(data) and b"poczta" not in bytes(data)
    for sql in ("UPDATE notices_formal_request SET law = 'uk'", "DELETE FROM notices_formal_request"):
        with pytest.raises(DatabaseError), transaction.atomic():
            fetch_none(sql, [])


def test_twice_and_by_another_name_is_once(told: Story) -> None:
    receipt = _report(told)
    first = _sign(receipt)
    told.now += timedelta(hours=3)
    again = _sign(receipt, signature="Somebody Else")
    assert (first.status_code, again.status_code) == (200, 200) and "is on our record" in again.content.decode()
    (signed,) = signed_on(notices=[receipt.notice])
    assert NAME in read_texts(ids=[signed.text_id])[signed.text_id]
    assert [e.kind for e in events_of(case=receipt.case)].count("notice.signed") == 1
    assert _sign(receipt, law="uk").status_code == 200 and _clock(receipt, "ncii_uk")
    assert read_cases(ids=[receipt.case])[0].regimes == {"tida", "uk"}


def test_signed_late_it_rings_at_once_and_hides_what_nobody_decided(told: Story) -> None:
    receipt = _report(told)
    told.wait(hours=60, step=timedelta(hours=4))
    page = _sign(receipt).content.decode()
    assert "The time that the law gives us is over. It began with your report." in page
    told.work(rounds=8)
    kinds = [(e.kind, e.facts.get("name"), e.facts.get("deed")) for e in events_of(case=receipt.case)]
    assert ("clock.rang", "ncii_tida", "withhold_item") in kinds and ("clock.rang", "ncii_tida", "escalate") in kinds
    assert read_cases(ids=[receipt.case])[0].withheld and "is over" in _read(receipt)


def test_a_clock_of_another_request_is_neither_moved_nor_told(told: Story) -> None:
    other = _report(told, regimes=frozenset({"tida"}))
    told.now += timedelta(hours=10)
    mine = _report(told, text="Mine.")
    assert mine.case == other.case
    was = _clock(mine)
    page = _sign(mine).content.decode()
    assert _clock(mine) == was and "ends by Wednesday 4 March, 20:00" in page


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "csam", "minor": True},
        {"claimant": "other"},
        {"kind": "sextortion_adult", "flags": frozenset({"threat_to_publish"})},
        {"kind": "other"},
    ],
)
def test_it_is_shown_only_where_the_law_gives_it(told: Story, changes: dict[str, Any]) -> None:
    receipt = _report(told, **changes)
    assert "/status/formal" not in _read(receipt)
    page = _sign(receipt)
    assert page.status_code == 422 and "can not be made a formal request" in page.content.decode()
    assert signed_on(notices=[receipt.notice]) == [] and _clock(receipt) is None


def test_where_the_desk_offers_no_law_nothing_is_shown(told: Story) -> None:
    receipt = _report(told)
    assert _read(receipt).count("/status/formal") == 2
    for laws in (frozenset({"uk"}), frozenset[str]()):
        told.desk = replace(told.desk, formal=laws)
        assert _read(receipt).count("/status/formal") == len(laws) and "signature" not in _read(receipt)
    for law in ("tida", "au", "", "ż" * 5000):
        assert _sign(receipt, law=law).status_code == 422
    assert signed_on(notices=[receipt.notice]) == []


@pytest.mark.parametrize(
    ("jurisdiction", "chosen", "laws"),
    [
        ("US", "law", {"tida"}), ("UK", "law", {"uk"}), ("EU", "law", set()), ("EU", "both", {"tida", "uk"}),
        ("US", "none", set()), ("EU", "tida", {"tida"}), ("AU", "uk", {"uk"}),
    ],
)  # fmt: skip
def test_which_laws_a_desk_offers(jurisdiction: str, chosen: str, laws: set[str]) -> None:
    assert Settings.model_validate({"jurisdiction": jurisdiction, "formal_requests": chosen}).formal == laws


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({"signature": ""}, "signature"), ({"signature": " \x00 .. "}, "signature"), ({"signature": "ż" * 201}, "signature"),
        ({"reach": "mail"}, "mail"), ({"reach": "mail", "mail": "page"}, "mail"), ({"reach": "mail", "mail": "a@b"}, "mail"),
        ({"reach": "mail", "mail": "a @b.example"}, "mail"), ({"reach": "mail", "mail": "a@" + "b" * 300 + ".example"}, "mail"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_what_was_typed_stays(told: Story, sent: dict[str, str], wrong: str) -> None:
    receipt = _report(told)
    page = _sign(receipt, **sent)
    text = page.content.decode()
    assert page.status_code == 422 and f'id="{wrong}-wrong"' in text and text.count('<details class="card" open>') == 1
    assert sent.get("mail", "") in text and (wrong == "signature" or NAME in text)
    assert signed_on(notices=[receipt.notice]) == [] and _sign(receipt).status_code == 200


def test_the_british_one_asks_for_no_name_and_an_address_is_kept_only_if_chosen(told: Story) -> None:
    receipt = _report(told)
    assert _sign(receipt, law="uk", signature="", reach="page", mail=MAIL).status_code == 200
    (signed,) = signed_on(notices=[receipt.notice])
    assert json.loads(read_texts(ids=[signed.text_id])[signed.text_id])["contact"] == "page"


def test_what_is_decided_stays_decided_and_is_under_the_law_when_it_is_opened_again(told: Story) -> None:
    receipt = _report(told)
    told.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    told.work()
    assert "/status/formal" not in _read(receipt)
    assert _sign(receipt).status_code == 200  # the page was still open
    assert read_cases(ids=[receipt.case])[0].state == "cleared" and _clock(receipt) is None
    again = Typist().post("/status/add", {"code": receipt.code, "lang": "en", "back": "1", "where": ""})
    assert again.status_code == 200 and _clock(receipt) is not None


def test_what_is_added_later_is_part_of_the_request(told: Story) -> None:
    receipt = _report(told)
    _sign(receipt)
    told.post("post-2")
    told.wait(hours=3)
    Typist().post("/status/add", {"code": receipt.code, "lang": "en", "where": "https://kladka.example/posts/post-2"})
    cases = {row.id for row in read_cases(ids=[case for (case,) in fetch_all("SELECT id FROM cases_case", [])])}
    assert len(cases) == 2 and all(read_cases(ids=[case])[0].regimes == {"tida"} for case in cases)


def test_a_wrong_code_and_another_site_sign_nothing(told: Story) -> None:
    receipt = _report(told)
    assert _sign(replace(receipt, code="1" * 20)).status_code == 404
    crossed = Typist(headers={"Sec-Fetch-Site": "cross-site"})
    assert crossed.post("/status/formal", {"code": receipt.code, "law": "tida", "signature": NAME}).status_code == 404
    assert Typist().get("/status/formal").status_code == 405
    assert signed_on(notices=[receipt.notice]) == []


@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_page_stays_small_and_needs_no_script(told: Story, language: str) -> None:
    receipt = _report(told, language=language)
    text = _read(receipt, language)
    assert len(gzip.compress(text.encode())) <= 5 * 1024 and text.count("<script") == 1
    signed = _sign(receipt, law="uk", language=language).content.decode()
    assert re.search(r"48[- ](hour|godzin)", text) and len(gzip.compress(signed.encode())) <= 5 * 1024
    assert uuid.UUID(str(receipt.notice)) and str(receipt.notice) not in signed


@pytest.mark.parametrize(("role", "sees"), [("reviewer", False), ("auditor", False), ("lead", True), ("safety_officer", True)])
def test_who_sees_the_name(told: Story, role: str, sees: bool) -> None:
    receipt = _report(told)
    _sign(receipt, reach="mail", mail=MAIL)
    caller = told.hire(f"{role} {uuid.uuid4()}", role)
    said = Said(language="en", now=told.now, zone="UTC")
    page = case_page(row=read_cases(ids=[receipt.case])[0], caller=caller, policy=told.desk.policy, said=said)
    assert page is not None and "a formal request under the law" in page["reasons"]
    assert (NAME in str(page), MAIL in str(page)) == (sees, sees)
