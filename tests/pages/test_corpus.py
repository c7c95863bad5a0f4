"""One corpus of harm in every text that the desk keeps, read everywhere: nothing of it runs, ends a line of a header, or becomes a formula."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.header import Header
from email.policy import SMTP
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page

from odzew.banks.api import BankRules, create_bank
from odzew.decisions.api import decisions_of
from odzew.entrypoints.console.figures_page import NAMES
from odzew.entrypoints.console.tables import Table, as_file
from odzew.entrypoints.mail.sending import message
from odzew.foundation.errors import Invalid
from odzew.foundation.moments import utc_now
from odzew.foundation.writes import Writes
from odzew.ledger.people import add_program, new_person_key, new_sign_in
from odzew.usecases.receive_mail import receive_mail
from tests.api.wire import NOTICE, Wire
from tests.mail.mails import Server
from tests.mail.test_answers import Post
from tests.pages.corpus import CORPUS, LONG, NUL, WHOLE, flat, judged
from tests.pages.filled import LINK, filled
from tests.pages.looks import reader
from tests.pages.one_desk import one_desk
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_opinions import _asked, _client
from tests.pages.typist import Typist


@pytest.fixture
def wire(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A desk with nobody in it yet, whose pages and calls are one."""
    yield from one_desk(Wire(people=0, others=()), monkeypatch)


def test_nothing_that_anybody_keeps_comes_to_life_anywhere(wire: Wire) -> None:
    """Each page, call and file is read as its reader reads it, and every text is found whole somewhere, so that none was lost unseen."""
    world = filled(wire)
    read: list[str] = []
    for role in world.people:
        client = world.at(role)
        wire.keys[role] = new_person_key(person=world.people[role].id, now=wire.story.now)
        for path in world.paths() if role in ("lead", "auditor") else ["/console/you", "/console/operation", "/console/opinions"]:
            read.append(judged(client.get(path, headers={"Accept-Language": "pl" if role == "auditor" else "en"}), where=path))
        for name in NAMES if role == "lead" else ():
            read.append(judged(client.get(f"/console/figures/{name}.csv"), where=name))
    for path in ("/status", "/notes"):
        read.append(judged(Typist().post(path, {"code": world.code, "lang": "pl"}), where=path))
    for who in ("evil", "lead", "auditor"):
        for path in ("/cases", f"/cases/{world.case}", f"/notices/{world.notice}"):
            got = wire.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {wire.keys[who]}"})
            judged(got, where=path)
            assert got.status_code == 200 or (who, path) == ("evil", f"/notices/{world.notice}"), (who, path, got.status_code)
            read.append(flat(" ".join(_strings(got.json()))))
    assert not any(world.kept["program"] in page for page in read) and world.kept.pop("program"), "a program's name is on no page"
    lost = [where for where, text in world.kept.items() if not any(flat(text.replace("\x00", "")) in page for page in read)]
    assert lost == [], f"{lost}"


def _strings(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(inner)


def test_a_field_of_one_word_and_a_name_of_the_desk_take_nothing_of_it(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    person = wire.story.hire(f"Maja {uuid.uuid4()}", "lead")
    wire.item()
    case = wire.notice().json["case"]
    client = signed_in(wire.story, person)
    wire.keys["lead"] = new_person_key(person=person.id, now=wire.story.now)
    decision = {"outcome": "remove", "ground": "child_safety", "reason": "A bridge."}
    for text in (*CORPUS, NUL):
        sent: list[tuple[str, str, dict[str, Any]]] = [
            ("platform", "/notices", {**NOTICE, "source": text}),
            ("platform", "/notices", {**NOTICE, "language": text}),
            ("platform", "/notices", {**NOTICE, "concern": {**NOTICE["concern"], "kind": text, "flags": [text]}}),
            ("platform", "/notices", {**NOTICE, text: text}),
            ("lead", f"/cases/{case}/decisions", {**decision, "outcome": text}),
            ("lead", f"/cases/{case}/decisions", {**decision, "ground": text}),
        ]
        for who, path, body in sent:
            got = wire.call(who, "POST", path, body)
            assert got.status in (403, 422) and got.type == "application/problem+json", (text, path, got.body)
            assert b"\x00" not in got.body and not {"set-cookie", "x-korpus"} & {h.lower() for h in got.headers}
        if not re.fullmatch(r"[\w ]+", text):
            with pytest.raises(Invalid):
                create_bank(Writes(), name=text, rules=BankRules(opinion="seed"), now=wire.story.now)
        if not " ".join(text.split()).isprintable():
            with pytest.raises(Invalid):
                add_program(name=text, scopes=frozenset({"read"}), sources=frozenset(), now=wire.story.now)
        for path in ("/", "/status", "/help", "/console/", "/console/figures", "/console/sign-in"):
            asked = dict.fromkeys(("lang", "after", "kind", "view", "days", "to", "back"), text)
            judged(client.get(path, asked, headers={"Accept-Language": flat(text.replace("\x00", ""))}), where=path)
    rows = [(text, 1) for text in (*CORPUS, NUL, WHOLE)]
    table = Table(name="korpus", columns=("text", "items"), rows=rows, heads=("", ""), lines=())
    answer = as_file(table=replace(table, name="own"), days=7)
    answer.headers["X-Content-Type-Options"] = "nosniff"  # as the edge does
    assert "'=cmd|korpus" in judged(answer, where="a table") and "'\t=korpus" in answer.content.decode()


def test_no_letter_of_a_mail_becomes_a_header_of_the_answer(wire: Wire) -> None:
    wire.item()
    post = Post(wire.story)
    for n, text in enumerate(CORPUS):
        folded = (
            Header(f"{text} [#12{n}]", "utf-8", maxlinelen=10_000).encode() if text.isprintable() else _word(f"{text} [#12{n}]")
        )
        head = [
            "From: =?utf-8?q?Z=0D=0ABcc=3A_korpus=40korpus=2Eexample?= <zosia@school.example>",
            "To: report@desk.example",
            f"Subject: {folded}",
            f"Message-ID: <{n}.{uuid.uuid4().hex}@school.example>",
            f"X-Ticket: {_word(text)}",
            f"X-Case-ID: {flat(text)}",
            "Date: Mon, 02 Mar 2026 09:00:00 +0100",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
        ]
        server = Server(language=("pl", "en")[n % 2])
        server.send("\r\n".join([*head, "", f"{LINK}\r\n{WHOLE}"]).encode())
        (letter,) = server.letters
        receive_mail(letter=replace(letter, sender=f"zosia{n}@school.example"), desk=wire.story.desk, now=wire.story.now)
        post.work()
    assert len(post.sent) == len(CORPUS)
    for out in post.sent:
        sent = message(mail=out, origin="report@desk.example").as_bytes(policy=SMTP)
        read = message_from_bytes(sent)
        assert {k.lower() for k in read} == {
            "subject", "from", "to", "date", "message-id", "in-reply-to", "auto-submitted", "x-auto-response-suppress",
            "content-language", "content-type", "content-transfer-encoding", "mime-version",
        }  # fmt: skip
        assert len(read.items()) == 12 and read.get_content_type() == "text/plain"
        words = out.subject + out.text
        assert "korpus" not in words.lower() and "<" not in words and not re.search(r"[\x00\u202a-\u202e\u2066-\u2069]", words)


def _word(text: str) -> str:
    """Any text as an encoded word of a header, its ends of lines too (RFC 2047)."""
    return "=?utf-8?q?" + "".join(f"={byte:02X}" for byte in text.encode()) + "?="


def test_an_opinion_from_outside_comes_to_life_nowhere(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    story, case, ela = _asked(monkeypatch)
    client, path = _client(ela), f"/console/opinions/{case}"
    token = re.findall(r'name="token" value="(\w+)"', client.get("/console/key").content.decode())[0]
    wrong = client.post(path, {"outcome": WHOLE, "reason": LONG, "token": token})
    assert wrong.status_code == 422 and flat(LONG) in judged(wrong, where=path)
    assert client.post(path, {"outcome": "cannot_judge", "reason": LONG + NUL, "token": token}).status_code == 303
    for page in ("/console/opinions", path):
        judged(client.get(page), where=page)
    story.decide(case, 0, "remove", reason=LONG)
    assert [d.outside for d in decisions_of(case=case)].count(True) == 1
    shown = judged(_client(story.reviewer(0)).get(f"/console/cases/{case}"), where="case")
    assert shown.count(flat(WHOLE)) >= 2


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.timeout(120)
def test_a_browser_that_walks_past_all_of_it_runs_nothing(
    wire: Wire, desk_url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = filled(wire)
    heard: list[str] = []
    with reader(browser, language="en") as page:
        _listen(page, heard)
        page.goto(
            f"{desk_url}/console/sign-in/{new_sign_in(person=world.people['lead'].id, now=utc_now(), lives=timedelta(days=1))}"
        )
        with page.expect_navigation():
            page.click("main button.go")
        for path in world.paths():
            if not path.endswith(("/live", "/sign-in", "/opinions")):
                page.goto(desk_url + path)
                heard += page.evaluate("() => window.violations || []")
                assert page.locator("korpus-tag, iframe, base, object, embed, svg[onload], [onerror], [onfocus]").count() == 0, path
        page.goto(f"{desk_url}/console/cases/{world.case}")
        assert "<script>korpus(1)</script>" in page.inner_text("main")
        ends = page.evaluate("() => [...document.querySelectorAll('.address')].map((e) => getComputedStyle(e).unicodeBidi)")
        assert set(ends) == {"isolate"}, "a letter that turns a line around turns no word of ours"
        page.goto(f"{desk_url}/status")
        page.fill("#code", world.code)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "<script>korpus(1)</script>" in page.inner_text("main")
        heard += page.evaluate("() => window.violations || []")
        page.evaluate("() => window.korpus(0)")
    assert heard == ["ran 0"], "nothing but the call that shows that we would have heard it"


def _listen(page: Page, heard: list[str]) -> None:
    """Note whatever runs, speaks, asks elsewhere or is refused by the policy of a page."""

    def dismissed(dialog: Dialog) -> None:
        heard.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.expose_function("korpus", lambda n: heard.append(f"ran {n}"))
    page.add_init_script(
        "window.violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(`${e.violatedDirective} ${e.blockedURI}`))"
    )
    page.on("dialog", dismissed)
    page.on("console", lambda said: heard.append(f"console {said.text}") if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(f"error {error}"))
    page.on("request", lambda asked: heard.append(f"asked {asked.url}") if "korpus" in asked.url else None)
