"""The thread as pages: written without a script, kept where it is refused, shown to nobody else, counted until it is read."""

from __future__ import annotations

import gzip
import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.test import Client

from odzew.entrypoints.reporter import pages, tally
from odzew.entrypoints.reporter import views as reporter
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.entrypoints.reporter.tally import SENDS, Limits, Tally
from odzew.notices.data import Receipt
from odzew.notices.messages import messages_of
from odzew.usecases.write_message import LONGEST, MOST_UNREAD
from tests.cast import Story
from tests.pages.test_console import EVIL, desk_story
from tests.pages.test_console import _page as page_of
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of
from tests.pages.typist import Typist, fields

__all__ = ["desk_story"]


@pytest.fixture
def story(desk_story: Story, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A story whose desk and clock all pages have."""
    monkeypatch.setattr(pages, "desk", lambda: desk_story.desk)
    monkeypatch.setattr(reporter, "utc_now", lambda: desk_story.now)
    monkeypatch.setattr(reporter, "_guesses", Guesses())
    monkeypatch.setattr(tally, "sends", Tally(SENDS))
    desk_story.post()
    return desk_story


def _sent(receipt: Receipt, text: str, **more: Any) -> Any:
    opened = Typist().post("/status", {"code": receipt.code, "lang": "en"})
    body = {"code": receipt.code, "lang": "en", "once": fields(opened)["once"][0], "text": text}
    return Typist().post("/status/message", {**body, **more})


def _typed(page: Any) -> str:
    found = re.search(r'<textarea[^>]*id="message"[^>]*>\n(.*?)</textarea>', page.content.decode(), re.DOTALL)
    assert found
    return unescape(found[1])


def _replied(client: Client, receipt: Receipt, template: str, line: str = "", **more: str) -> Any:
    path = f"/console/cases/{receipt.case}/messages/{receipt.notice}"
    seen = re.search(r'name="seen" value="([^"]*)"', client.get(path).content.decode())
    assert seen
    return client.post(path, {"token": token_of(client), "seen": seen[1], "template": template, "line": line, **more})


def test_a_message_is_sent_in_one_press_and_a_reload_is_the_same(story: Story) -> None:
    receipt = story.report()
    opened = Typist().post("/status", {"code": receipt.code, "lang": "en"})
    text = opened.content.decode()
    assert text.index("Nobody may read this tonight.") < text.index('id="message"')
    body = {"code": receipt.code, "lang": "en", "once": fields(opened)["once"][0], "text": f"A żółta łódź.\r\n{EVIL}"}
    for _ in range(2):
        page = Typist().post("/status/message", body)
        assert page.status_code == 200 and "We have your message." in page.content.decode()
        assert "<img" not in page.content.decode() and "&lt;img" in page.content.decode() and _typed(page) == ""
        assert str(receipt.code) not in page.headers.get("Location", "") and page.headers["Cache-Control"] == "no-store"
        assert len(gzip.compress(page.content)) <= 5 * 1024
    assert [m.text for m in messages_of(notice=receipt.notice)] == [f"A żółta łódź.\n{EVIL}"]


def test_danger_written_or_ticked_shows_the_number_first_and_nothing_refuses_it(story: Story) -> None:
    receipt = story.report()
    calm = _sent(receipt, "A bridge.").content.decode()
    assert 'class="note" role="alert"' not in calm
    for text, more in (("On zaraz tu będzie.", {}), ("", {"what": "danger"}), (f"Come. {receipt.code}", {"what": "danger"})):
        page = _sent(receipt, text, **more)
        shown = page.content.decode()
        assert page.status_code == 200 and shown.index('class="note" role="alert"') < shown.index('class="line"')
        assert 'href="tel:112"' in shown and str(receipt.code) not in re.sub(r'value="\d{20}"', "", shown)
    assert len(messages_of(notice=receipt.notice)) == 4


def test_what_is_refused_is_still_in_the_box(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = story.report()
    code = receipt.code or ""
    for text, status, says in (
        ("  ", 422, "Write a few words."),
        ("ż" * (LONGEST + 1), 422, "too long for us"),
        (f"It is {code[:10]} {code[10:]}", 422, "has your code in it"),
    ):
        page = _sent(receipt, text)
        assert (page.status_code, _typed(page)) == (status, text) and says in page.content.decode()
        assert 'aria-invalid="true"' in page.content.decode()
    for n in range(MOST_UNREAD):
        assert _sent(receipt, f"{n} pens").status_code == 200
    page = _sent(receipt, "One more pen.")
    assert (page.status_code, _typed(page)) == (429, "One more pen.") and "No one has read" in page.content.decode()
    assert page.content.decode().count("<li") < MOST_UNREAD and "Show older messages" in page.content.decode()
    whole = Typist().post("/status", {"code": receipt.code, "lang": "en", "to": "all"}).content.decode()
    assert "0 pens" in whole and "Show older" not in whole
    monkeypatch.setattr(tally, "sends", Tally(Limits(network_most=0, network_seconds=600, all_most=5, all_seconds=60, crowded=5)))
    opened = {"code": receipt.code, "lang": "en", "text": "He comes.", "what": "danger"}
    held = Typist(REMOTE_ADDR="8.8.8.8").post("/status/message", opened)
    assert (held.status_code, _typed(held)) == (429, "He comes.") and 'class="note" role="alert"' in held.content.decode()
    assert len(messages_of(notice=receipt.notice)) == MOST_UNREAD


def test_without_the_code_or_from_elsewhere_nothing_is_written(story: Story) -> None:
    receipt = story.report()
    body = {"code": receipt.code, "text": "A bridge."}
    assert Typist(headers={"Sec-Fetch-Site": "cross-site"}).post("/status/message", body).status_code == 404
    assert Typist().post("/status/message", {**body, "code": "1" * 20}).status_code == 404
    assert Typist().get("/status/message").status_code == 405
    assert messages_of(notice=receipt.notice) == []


def test_the_desk_sees_it_unread_previews_a_reply_and_the_reporter_reads_that(story: Story) -> None:
    receipt = story.report(language="pl")
    _sent(receipt, f"A bridge. {EVIL}")
    client = signed_in(story, story.reviewer(0))
    queue, page = client.get("/console/").content.decode(), page_of(client, receipt.case)
    assert "Unread messages: 1" in queue and queue.count("messages: 1") >= 2 and f"{receipt.case}#threads" in queue
    assert "unread: 1" in page and "A bridge." in page and "<img" not in page
    path = f"/console/cases/{receipt.case}/messages/{receipt.notice}"
    preview = _replied(client, receipt, "received", "Most stoi.")
    assert preview.status_code == 200 and "Most stoi." in preview.content.decode() and len(messages_of(notice=receipt.notice)) == 1
    sent = _replied(client, receipt, "received", "Most stoi.", send="1")
    assert sent.status_code == 303 and sent.headers["Location"] == f"{path}?sent#newest"
    assert (
        "Sent." in client.get(f"{path}?sent").content.decode() and "Unread messages" not in client.get("/console/").content.decode()
    )
    read = Typist().post("/status", {"code": receipt.code, "lang": "en"}).content.decode()
    assert "Mamy twoją wiadomość." in read and "Most stoi." in read and 'lang="pl"' in read
    assert story.reviewer(0).actor not in read


def test_a_reply_that_asks_is_refused_and_kept_to_be_changed(story: Story) -> None:
    receipt = story.report()
    client = signed_in(story, story.reviewer(0))
    for line in ("Send me a photo.", "Zadzwoń.", "pen" * 100, "Someone else reported it."):
        for more in ({}, {"send": "1"}):
            page = _replied(client, receipt, "send_link", line, **more)
            assert page.status_code == 422 and b'role="alert"' in page.content and line.encode() in page.content
    for template in ("", "nonsense", "received", "decided"):
        assert _replied(client, receipt, template, "", send="1").status_code == 422, template
    assert messages_of(notice=receipt.notice) == []


def test_of_two_at_once_the_second_sees_what_the_first_wrote(story: Story) -> None:
    receipt = story.report()
    _sent(receipt, "A bridge.")
    one, two = signed_in(story, story.reviewer(0)), signed_in(story, story.reviewer(1))
    path = f"/console/cases/{receipt.case}/messages/{receipt.notice}"
    seen = re.findall(r'name="seen" value="([^"]*)"', two.get(path).content.decode())[0]
    assert _replied(one, receipt, "not_your_fault", "First.", send="1").status_code == 303
    late = two.post(path, {"token": token_of(two), "seen": seen, "template": "received", "line": "Second.", "send": "1"})
    text = late.content.decode()
    assert late.status_code == 409 and "First." in text and 'value="Second."' in text and "Somebody has written here" in text
    assert story.reviewer(0).actor not in text
    auditor = signed_in(story, story.hire("aud", "auditor"))
    assert (
        story.reviewer(0).actor in auditor.get(path).content.decode()
        and 'name="template"' not in auditor.get(path).content.decode()
    )


def test_a_message_on_a_closed_case_is_in_the_queue_until_it_is_read(story: Story) -> None:
    receipt = story.report(claimant="depicted")
    story.work()
    story.decide(receipt.case, 0, "remove")
    story.work()
    page = _sent(receipt, "It was a bridge.", what="danger").content.decode()
    assert "This does not open the case again." in page
    client = signed_in(story, story.reviewer(1))
    queue = client.get("/console/").content.decode()
    assert "Unread messages: 1" in queue and "writes of danger" in queue and "Nothing waits for you." in queue
    path = f"/console/cases/{receipt.case}/messages/{receipt.notice}"
    shown = re.findall(r'name="shown" value="([^"]*)"', client.get(path).content.decode())[0]
    assert client.post(f"{path}/read", {"token": token_of(client), "shown": f"{shown} x {uuid.uuid4()}"}).status_code == 303
    assert "Unread messages" not in client.get("/console/").content.decode()


def test_no_page_shows_one_reporter_another(story: Story) -> None:
    his, hers = story.report(claimant="guardian"), story.report(claimant="depicted", account="she")
    assert his.case == hers.case
    opened = {"code": his.code, "lang": "en"}
    before = re.sub(r'name="once" value="\w+"', "", Typist().post("/status", opened).content.decode())
    _sent(hers, "He comes home soon.", what="danger")
    _replied(signed_in(story, story.reviewer(0)), hers, "received", "A pen.", send="1")
    assert re.sub(r'name="once" value="\w+"', "", Typist().post("/status", opened).content.decode()) == before
    assert "He comes home soon." in Typist().post("/status", {"code": hers.code, "lang": "en"}).content.decode()


def test_the_second_look_sees_the_same_writer_before_and_after_an_answer(story: Story) -> None:
    receipt = story.report(claimant="depicted")
    story.work()
    assert _replied(signed_in(story, story.reviewer(0)), receipt, "not_your_fault", send="1").status_code == 303
    second = signed_in(story, story.reviewer(1))
    before = page_of(second, receipt.case)
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    assert page_of(second, receipt.case) == before and story.reviewer(0).actor not in before
