"""The report form as requests: what it takes, what it never asks, what it holds back, and that nothing is lost or doubled."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import time
import uuid
from datetime import timedelta
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError

from odzew.cases.clocks import armed
from odzew.cases.rows import read_cases
from odzew.entrypoints.reporter import draft, form, pages, tally, views
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.entrypoints.reporter.networks import voice_of
from odzew.entrypoints.reporter.tally import SENDS, Limits, Tally
from odzew.foundation.errors import NotFound
from odzew.foundation.moments import utc_now
from odzew.ledger.people import FORM, programs, revoke_program
from odzew.notices.api import views_of
from odzew.usecases.file_report import LONGEST_MORE, LONGEST_WHERE
from tests.cast import Story
from tests.pages.site import LINK, WORDS, Site
from tests.pages.typist import URLENCODED, Typist, code_on, fields, press_send, walk

PAGES = (
    "form1",
    "form2",
    "form3",
    "fingerprint",
    "receipt",
    "code",
    "limited_code",
    "limited",
    "answers",
    "add",
    "formal",
    "thread",
    "help",
    "privacy",
    "door",
    "sorry",
    "base",
    "form",
    "lines",
    "places",
)


@pytest.fixture(autouse=True)
def site(story: Story, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The pages have a desk with one post."""
    monkeypatch.setattr(pages, "desk", lambda: story.desk)
    monkeypatch.setattr(views, "_guesses", Guesses())
    monkeypatch.setattr(tally, "sends", Tally(SENDS))
    story.post()
    return Site(served=None, story=story)  # type: ignore[arg-type]


def test_three_posts_file_a_notice_like_any_other(site: Site) -> None:
    client = Typist()
    page = press_send(client, walk(client, who="me", age="under_18", what=["posted", "fake"], more=WORDS))
    assert page.status_code == 200 and len(code_on(page)) == 20
    (notice,) = site.notices()
    assert (notice.program, notice.source, notice.claimant, notice.minor) == (FORM, "user", "depicted", True)
    assert (notice.kind, notice.flags, notice.language) == ("csam", ("synthetic",), "en")
    assert notice.places == [{"item_id": "", "url": LINK}] and notice.text_id
    assert site.cases() and "withhold" in {m["data"]["measure"] for m in _worked(site)}
    answers = Typist().post("/status", {"code": code_on(page), "lang": "en"}).content.decode()
    assert "We have your report" in answers


def _worked(site: Site) -> list[dict[str, Any]]:
    site.work()
    return [m for m in site.story.platform_side.inbox if m["type"] == "measure.ordered"]


def test_the_same_form_sent_twice_is_one_report_with_the_same_page(site: Site) -> None:
    client = Typist()
    third = walk(client, who="me")
    first, again = press_send(client, third), press_send(client, third)
    assert first.content == again.content and len(site.notices()) == 1
    other = client.post("/", {**fields(third), "answer": "code", "more": "And one thing more."})
    assert code_on(other) != code_on(first) and len(site.notices()) == 2


def test_a_token_that_we_did_not_make_opens_nothing_of_somebody_elses(site: Site) -> None:
    sent = {"step": "3", "where": LINK, "lang": "en", "answer": "code"}
    codes = {code_on(Typist().post("/", {**sent, "once": once})) for once in ("", "a" * 48, "ż" * 48, "a" * 5000)}
    assert len(codes) == 4


def test_a_code_that_cannot_be_shown_again_is_not_shown_and_a_new_report_is_one_press_away(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Typist()
    third = walk(client, more=WORDS)
    press_send(client, third)
    monkeypatch.setattr(form, "utc_now", lambda: utc_now() + timedelta(hours=25))
    late = press_send(client, third)
    assert "data-receipt-code" not in late.content.decode() and "Send it once more" in late.content.decode()
    assert len(code_on(client.post("/", fields(late)))) == 20 and len(site.notices()) == 2


def test_words_without_a_link_are_a_report_of_their_own_each_time(site: Site) -> None:
    for _ in range(2):
        client = Typist()
        assert code_on(press_send(client, walk(client, where="nie wiem", who="my_child", age="under_18")))
    assert len(site.cases()) == 2
    told = [n for case in site.cases() for n in views_of(case=case)]
    assert all(n.places == [] and n.text_id and n.claimant == "guardian" for n in told)
    # Nothing is known by which it could be hidden, so nobody is promised that it will be.
    page = press_send(client, walk(client, where="tam"))
    assert "We will hide it by" not in page.content.decode()


@pytest.mark.parametrize("sent", [{}, {"who": "<b>"}, {"who": "admin", "age": "7", "what": "everything"}, {"step": "9"}])
def test_nothing_is_refused_for_an_answer_that_is_missing_or_none_of_ours(sent: dict[str, str]) -> None:
    second = Typist().post("/", {"lang": "en", **sent})
    assert second.status_code == 200 and 'id="where"' in second.content.decode() and "<b>" not in second.content.decode()


def test_without_a_place_the_second_screen_asks_kindly_and_keeps_everything() -> None:
    second = Typist().post("/", {"lang": "pl", "who": "me", "age": "under_18", "what": ["money"]})
    third = Typist().post("/", {**fields(second), "where": " \n ", "more": ""})
    text = third.content.decode()
    assert third.status_code == 422 and "kilka słów albo link" in text and 'aria-invalid="true"' in text
    assert {"who": ["me"], "age": ["under_18"], "what": ["money"]}.items() <= fields(third).items()


@pytest.mark.parametrize("field", ["where", "more"])
def test_what_is_too_long_is_kept_and_the_place_is_named(field: str) -> None:
    most = {"where": LONGEST_WHERE, "more": LONGEST_MORE}[field]
    sent = {"step": "2", "lang": "en", "where": LINK, field: "ż" * (most + 1)}
    page = Typist().post("/", sent)
    assert page.status_code == 422 and f'id="{field}-wrong"' in page.content.decode()
    assert fields(page)[field] == sent[field]
    assert Typist().post("/", {**sent, field: "\r\n" * most + "x" * 0 if field == "more" else "x" * most}).status_code == 200


def test_a_body_that_is_no_answer_is_refused_before_it_is_read() -> None:
    browser = Typist(headers={"Accept": "text/html"})
    assert browser.post("/", b"more=" + b"x" * (pages.LARGEST), content_type=URLENCODED).status_code == 413
    for kind in ("multipart/form-data; boundary=x", "application/json", "text/plain"):
        assert browser.post("/", b"--x", content_type=kind).status_code == 415
    for body in (b"%00%ff=%ff&who=%00", b"where=%ed%a0%80&step=2", b"&&&=&=", b"step=2&where=%00"):
        assert browser.post("/", body, content_type=URLENCODED).status_code in (200, 422)


def test_a_zero_byte_and_half_a_letter_are_stored_as_the_rest(site: Site) -> None:
    body = b"step=3&lang=pl&answer=code&where=https%3A%2F%2Fkladka.example%2Fposts%2Fpost-1&more=a%00b%ed%a0%80%c5%bc"
    page = Typist().post("/", body)
    assert code_on(page) and len(site.notices()) == 1


@pytest.mark.parametrize(
    ("headers", "filed"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Origin": "http://testserver:8400"}, True),
        ({"Origin": "null"}, True),
        ({}, True),
    ],
)
def test_another_site_can_file_nothing(site: Site, headers: dict[str, str], filed: bool) -> None:
    page = Typist(headers=headers).post("/", {"step": "3", "where": LINK, "answer": "code"})
    assert (page.status_code, len(site.cases())) == ((200, 1) if filed else (403, 0))


def test_a_network_that_floods_waits_alone_and_its_text_stays(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Limits(network_most=3, network_seconds=600, all_most=5, all_seconds=60, crowded=2)
    monkeypatch.setattr(tally, "sends", Tally(few))

    def send(network: str) -> Any:
        client = Typist(REMOTE_ADDR=network)
        return press_send(client, walk(client, more=WORDS))

    assert [send("8.8.8.8").status_code for _ in range(4)] == [200, 200, 200, 429]
    held = send("8.8.8.9")
    assert held.status_code == 429 and fields(held)["more"] == [WORDS] and "Yours is not lost" in held.content.decode()
    # All together too many: who sent some waits, who is new does not.
    assert [send(n).status_code for n in ("1.1.1.1", "1.1.1.1", "9.9.9.9", "1.1.1.1", "9.9.9.9", "4.4.4.4")] == [
        200,
        200,
        200,
        429,
        200,
        200,
    ]


def test_one_network_is_one_voice_on_a_case_and_nobody_is_shown_it(site: Site) -> None:
    def send(network: str, who: str) -> str:
        client = Typist(REMOTE_ADDR=network)
        page = press_send(client, walk(client, who=who, age="under_18", more=f"{network} {who}"))
        return re.sub(
            r"\d", "", re.sub(r"(?s)data-receipt-code.*?</output>|value=\"\w+\"|\w+ \d+ \w+, \d+:\d+", "", page.content.decode())
        )

    first = send("8.8.8.8", "someone_else")
    assert not read_cases(ids=site.cases())[0].withheld
    assert send("8.8.8.77", "someone_else") == first  # the same network: as if it were the first
    case = read_cases(ids=site.cases())[0]
    assert (case.notices, case.independent, case.withheld) == (2, 1, False)
    send("9.9.9.9", "someone_else")
    case = read_cases(ids=site.cases())[0]
    assert (case.independent, case.withheld) == (2, True)


def test_a_network_has_another_name_on_every_case_and_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = uuid.uuid4(), uuid.uuid4()
    voice = voice_of(network="8.8.8.0/24")
    assert voice is not None and voice_of(network="") is None
    assert voice(one) == voice(one) != voice(other)
    before, now = voice(one), time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 24 * 3600 + 1)
    assert voice(one) != before


def test_processes_that_are_made_by_fork_know_a_network_by_the_same_name() -> None:
    program = (
        "import os\nfrom odzew.entrypoints.reporter.networks import DAILY\nr, w = os.pipe()\n"
        "if os.fork() == 0:\n    os.write(w, DAILY.name(of='8.8.8.0/24'))\n    os._exit(0)\n"
        "theirs = os.read(r, 16)\nos.wait()\nprint(len(theirs), theirs == DAILY.name(of='8.8.8.0/24'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["16", "True"]


def test_the_database_away_loses_no_word(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Typist(raise_request_exception=False)
    third = walk(client, more=WORDS)

    def away(**_: object) -> None:
        raise OperationalError("server closed the connection: the words of somebody")

    with monkeypatch.context() as broken:
        broken.setattr(form, "file_report", away)
        page = press_send(client, third)
    text = page.content.decode()
    assert page.status_code == 503 and "It is our fault" in text and "somebody" not in text
    assert code_on(press_send(client, page)) and len(site.notices()) == 1


def test_danger_ticked_or_written_shows_the_number_at_once_and_rings(site: Site) -> None:
    assert "Call <a" in Typist().post("/", {"lang": "en", "what": "danger"}).content.decode()
    client = Typist()
    third = walk(client, more="He will be home soon.")
    assert "Call <a" in third.content.decode()
    press_send(client, third)
    (case,) = site.cases()
    assert "danger" in {name for name, _ in armed(cases=[case])[case]}


def test_a_link_that_nobody_here_can_reach_is_said_so_and_taken_all_the_same(site: Site) -> None:
    client = Typist()
    third = walk(client, where="https://elsewhere.example/posts/1")
    assert "on a site that we can not change" in third.content.decode()
    page = press_send(client, third)
    assert code_on(page) and "We will hide it by" not in page.content.decode()
    assert "on a site that we can not change" not in walk(Typist()).content.decode()


def test_every_page_is_small_neutral_and_kept_by_nobody(site: Site) -> None:
    for language in ("en", "pl"):
        client = Typist(headers={"Accept-Language": language})
        first = client.get("/")
        second = client.post("/", {**fields(first), "who": "someone_else", "what": ["danger", "money"]})
        third = client.post("/", {**fields(second), "where": LINK, "more": WORDS})
        receipt = press_send(client, third)
        shown = client.post("/status", {"code": code_on(receipt), "lang": language})
        for page in (first, second, third, receipt, shown, client.get("/help"), client.get("/privacy")):
            text = page.content.decode()
            assert re.search("<title>(.*?)</title>", text)[1] == {"en": "Form", "pl": "Formularz"}[language]  # type: ignore[index]
            assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "same-origin"
            assert page.headers["Content-Security-Policy"] == pages.policy() and "unsafe" not in pages.policy()
            assert not page.cookies and "112" in text and f'<html lang="{language}">' in text
            assert len(gzip.compress(page.content)) <= 5 * 1024
            assert len(re.findall(r"<(?:script|img|link|iframe|object)[^>]+(?:src|href)=\"/", text)) <= 1
    assert len(gzip.compress(pages.script()[0])) <= 1024


def test_no_form_has_a_field_for_what_is_never_asked() -> None:
    """Names of fields in every template are on a short list, and no field sends a file, a date, a mail or a number of a phone."""
    known = {*draft.FIELDS, *draft.CARRIED, "switch", "to", "code", "case", "text", "back"}
    # The one name that may be asked for stands in the fold-out of the status page, where a law wants a signature (DSA: never).
    signed = {"law", "signature", "reach", "mail"}
    folder = files("odzew.entrypoints.reporter") / "templates" / "reporter"
    assert {entry.name.removesuffix(".html") for entry in folder.iterdir()} == set(PAGES)
    for name in PAGES:
        text = (folder / f"{name}.html").read_text(encoding="utf-8")
        for field in re.findall(r"<(?:input|textarea|select|button)\b[^>]*", text):
            named = re.search(r'\bname="([^"]*)"', field)
            assert named is None or named[1] in known | {"{{ name }}"} | (signed if name == "formal" else set()), field
            kind = re.search(r'\btype="([^"]*)"', field)
            local = named is None and name == "fingerprint"  # the file stays on the device: without a name no form can send it
            assert kind is None or kind[1] in {"hidden", "radio", "checkbox", "button"} | ({"file"} if local else set()), field
            assert ("enctype" not in text and "required" not in field) or (named is not None and named[1] in {"code", "text"}), (
                field
            )
    assert set(draft.FIELDS) == {"who", "age", "what", "where", "more", "hashes", "item", "answer"}


def test_the_way_out_forgets_and_tells_the_next_page_nothing() -> None:
    page = Typist().get("/exit")
    assert page.status_code == 303 and page.headers["Location"] == pages.EXIT
    assert page.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert page.headers["Referrer-Policy"] == "no-referrer" and page.headers["Cache-Control"] == "no-store"


def test_the_script_is_kept_and_an_old_address_leads_to_it() -> None:
    content, digest = pages.script()
    page = Typist().get(f"/page-{digest}.js")
    assert page.content == content and "immutable" in page.headers["Cache-Control"]
    assert Typist().get("/page-0123.js").headers["Location"] == f"/page-{digest}.js"


def test_the_form_can_be_switched_off(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    monkeypatch.setattr(form, "settings", lambda: SimpleNamespace(report_form=False))
    assert "You are in the right place" in Typist().get("/", {"lang": "en"}).content.decode()
    assert Typist().post("/", {"step": "3", "where": LINK, "answer": "code"}).status_code == 200 and site.cases() == []


def test_the_form_has_no_key_that_could_be_used_or_taken(site: Site) -> None:
    client = Typist()
    press_send(client, walk(client))
    assert FORM not in {p.id for p in programs()}
    with pytest.raises(NotFound):
        revoke_program(program=FORM, now=site.story.now)


def test_who_comes_back_is_asked_for_something_held_to_the_same_pace_and_keeps_the_text(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Typist(REMOTE_ADDR="8.8.8.8")
    code = code_on(press_send(client, walk(client)))
    sent = {"code": code, "lang": "en"}
    assert client.post("/status/add", {**sent, "where": "  "}).status_code == 422
    assert client.post("/status/add", {**sent, "where": "x" * (LONGEST_WHERE + 1)}).status_code == 422
    assert client.post("/status/add", {"code": "1" * 20, "where": LINK}).status_code == 404
    monkeypatch.setattr(tally, "sends", Tally(Limits(network_most=1, network_seconds=600, all_most=5, all_seconds=60, crowded=1)))
    assert client.post("/status/add", {**sent, "where": LINK}).status_code == 200
    held = client.post("/status/add", {**sent, "where": f"{LINK} once more"})
    assert held.status_code == 429 and "once more" in held.content.decode() and len(site.notices()) == 2
