"""Somebody outside at the console: they see what they are asked about, say what they think, and open nothing else."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from playwright.sync_api import Browser

from odzew.cases.rows import read_cases
from odzew.entrypoints.api import case_views
from odzew.entrypoints.console import views
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.foundation.moments import utc_now
from odzew.ledger.people import Caller, new_sign_in
from tests.cast import Story
from tests.pages.looks import faults, reader

EVIL = "<script>alert(1)</script>"


def _asked(monkeypatch: pytest.MonkeyPatch) -> tuple[Story, uuid.UUID, Caller]:
    """A desk of one that has cleared what a hotline raised, and somebody outside."""
    story = Story(people=1, start=utc_now())
    monkeypatch.setattr(views, "desk", lambda: story.desk)
    monkeypatch.setattr(case_views, "the_desk", lambda: story.desk)
    monkeypatch.setattr(views, "_guesses", Guesses())
    monkeypatch.setattr(views, "settings", lambda: SimpleNamespace(demo=True))
    story.post("bridge", account="somebody-known")
    story.report("bridge", by=story.hotline, source="hotline", text="A long word " + "o" * 60, language="en")
    case = story.report("bridge", account="zosia", text=EVIL).case
    story.work()
    story.decide(case, 0, "no_violation", ground="not_in_scope", reason="A secret opinion.")
    story.work()
    return story, case, story.hire(f"Ela {uuid.uuid4()}", "outside")


def _link(who: Caller) -> str:
    return f"/console/sign-in/{new_sign_in(person=who.id, now=utc_now(), lives=timedelta(days=1))}"


def _client(who: Caller) -> Client:
    client = Client()
    assert client.post(_link(who)).status_code == 303
    return client


def test_they_see_what_they_are_asked_and_give_an_opinion(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _, case, ela = _asked(monkeypatch)
    client = _client(ela)
    assert client.get("/console/").headers["Location"] == "/console/opinions"
    assert f"/console/opinions/{case}" in client.get("/console/opinions").content.decode()
    page = client.get(f"/console/opinions/{case}").content.decode()
    assert "&lt;script&gt;" in page and "A long word" in page and b"bridge".ljust(32, b".").hex() in page
    for word in ("zosia", "somebody-known", "kladka.example", "A secret opinion", "waits for a second person", EVIL):
        assert word not in page, word
    token = re.findall(r'name="token" value="(\w+)"', page)[0]
    path, body = f"/console/opinions/{case}", {"outcome": "no_violation", "reason": "Nothing in the words.", "token": token}
    assert client.post(path, {**body, "token": "x"}).status_code == 403
    kept = client.post(path, {**body, "outcome": ""})
    assert kept.status_code == 422 and b"Nothing in the words." in kept.content
    wrong = client.post(path, {**body, "outcome": "not_found"}, headers={"Accept-Language": "pl"})
    assert wrong.status_code == 422 and "Nie ma takiego wyniku." in wrong.content.decode()
    assert client.post(path, body).headers["Location"] == "/console/opinions"
    assert read_cases(ids=[case])[0].state == "cleared"
    assert client.get(path).status_code == 404 and client.post(path, {**body, "outcome": "remove"}).status_code == 404
    assert str(case) not in client.get("/console/opinions").content.decode()


def test_the_desk_reads_how_to_ask_and_later_what_was_said(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    story, case, ela = _asked(monkeypatch)
    client, newcomer = _client(story.reviewer(0)), _client(story.hire(f"Jan {uuid.uuid4()}", "reviewer"))
    page = client.get(f"/console/cases/{case}").content.decode()
    assert "odzew user add NAME --role outside" in page and "An opinion from outside is asked for" in page
    blind = newcomer.get(f"/console/cases/{case}").content.decode()
    for word in ("--role outside", "opinion from outside", "A secret opinion"):
        assert word not in blind, word
    outside = _client(ela)
    token = re.findall(r'name="token" value="(\w+)"', outside.get("/console/key").content.decode())[0]
    outside.post(f"/console/opinions/{case}", {"outcome": "cannot_judge", "reason": "Too little.", "token": token})
    assert "Too little." not in client.get(f"/console/cases/{case}").content.decode()
    story.decide(case, 0, "remove")
    page = client.get(f"/console/cases/{case}").content.decode()
    assert "Too little." in page and "opinion from outside" in page and "--role outside" not in page


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_pages_are_open_to_everybody_and_need_no_script(
    desk_url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    story, case, ela = _asked(monkeypatch)
    found = []
    with reader(browser, language=language, looked_at=True) as page:
        for who, paths in ((ela, ("opinions", f"opinions/{case}")), (story.reviewer(0), (f"cases/{case}",))):
            page.goto(desk_url + _link(who))
            with page.expect_navigation():
                page.click("main button.go")
            for path in paths:
                page.goto(f"{desk_url}/console/{path}")
                found += faults(page, least=24)
    with reader(browser, language=language, script=False) as page:
        page.goto(desk_url + _link(ela))
        page.click("main button.go")
        page.click(f'a[href="/console/opinions/{case}"]')
        page.check("input[name=outcome][value=remove]")
        page.fill("#reason", "Seen in the words.")
        page.click("#decide button.go")
        assert page.locator(f'a[href="/console/opinions/{case}"]').count() == 1
    assert read_cases(ids=[case])[0].state == "disputed"
    assert found == []
