"""The wave on its page: two people, one signature each, for what they were shown and nothing more."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from playwright.sync_api import Browser

from odzew.answers.wordbook import book
from odzew.cases.rows import read_cases
from odzew.entrypoints.api import case_views
from odzew.entrypoints.console import views
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.foundation.moments import utc_now
from odzew.ledger.people import Caller, new_sign_in
from odzew.usecases.decide_wave import wave
from tests.cast import Story
from tests.pages.looks import faults, reader

BODY = {"outcome": "no_violation", "ground": "not_in_scope", "reason": "A club picture."}


def _wave(story: Story, monkeypatch: pytest.MonkeyPatch, *, posts: int = 14) -> list[uuid.UUID]:
    monkeypatch.setattr(views, "desk", lambda: story.desk)
    monkeypatch.setattr(case_views, "the_desk", lambda: story.desk)
    monkeypatch.setattr(views, "_guesses", Guesses())
    monkeypatch.setattr(views, "settings", lambda: SimpleNamespace(demo=True))
    for n in range(posts):
        story.post(f"club-{n}", account=f"a{n}")
        story.report(f"club-{n}", claimant="depicted")
    story.post("loud", account="loud", views=90_000)
    story.report("loud", claimant="depicted")
    return list(wave(desk=story.desk, now=story.now).cases)


def _link(who: Caller, story: Story) -> str:
    return f"/console/sign-in/{new_sign_in(person=who.id, now=utc_now(), lives=timedelta(days=1))}"


def _client(who: Caller, story: Story) -> Client:
    client = Client()
    assert client.post(_link(who, story)).status_code == 303
    return client


def _form(client: Client) -> dict[str, str]:
    page = client.get("/console/wave").content.decode()
    return {**BODY, **{n: re.findall(rf'name="{n}" value="([^"]*)"', page)[0] for n in ("token", "shown")}}


def test_two_people_reverse_a_wave_on_its_page(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = _wave(story, monkeypatch)
    monkeypatch.setattr(views, "utc_now", lambda: story.now)
    one, two = _client(story.hire("Celina", "lead"), story), _client(story.reviewer(1), story)
    form, before = _form(one), two.get("/console/wave").content
    assert form["shown"].split() == [str(c) for c in cases] and b"it spreads" in before
    sent = {**form, "leave_out": str(cases[0])}
    assert f"Waiting for another person: {len(cases) - 1}" in one.post("/console/wave", sent).content.decode()
    assert two.get("/console/wave").content == before, "the second must not see that the first has signed"
    late = story.post("late", account="late")
    new = story.report(late, claimant="depicted").case
    second = two.post("/console/wave", {**BODY, "token": _form(two)["token"], "shown": form["shown"], "leave_out": str(cases[0])})
    assert f"Cleared now: {len(cases) - 1}" in second.content.decode()
    states = {row.id: row.state for row in read_cases(ids=[*cases, new])}
    assert (states.pop(cases[0]), states.pop(new)) == ("open", "open") and set(states.values()) == {"cleared"}


def test_what_cannot_be_signed_is_said_and_nothing_is_lost(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = _wave(story, monkeypatch)
    monkeypatch.setattr(views, "utc_now", lambda: story.now)
    client = _client(story.reviewer(0), story)
    form = _form(client)
    empty = client.post("/console/wave", {**form, "reason": " ", "leave_out": str(cases[1])})
    assert empty.status_code == 422 and re.search(rf'value="{cases[1]}"[^>]* checked', empty.content.decode())
    wrong = client.post("/console/wave", {**form, "outcome": "remove"}, headers={"Accept-Language": "pl"})
    assert wrong.status_code == 422 and book(language="pl").sentences["refusal.wave_clears"] in wrong.content.decode()
    assert client.post("/console/wave", {**form, "shown": "x " + "0" * 40}).status_code == 200
    assert {row.state for row in read_cases(ids=cases)} == {"open"}
    client.post("/console/wave", form)
    again = client.post("/console/wave", form, headers={"Accept-Language": "pl"}).content.decode()
    assert "Potrzebna jest druga osoba" in again and f"Sprawy: {len(cases)}" in again


def test_without_a_wave_the_page_is_calm(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    _wave(story, monkeypatch, posts=2)
    client = _client(story.reviewer(0), story)
    assert b"There is no wave." in client.get("/console/wave").content
    token = re.findall(r'name="token" value="(\w+)"', client.get("/console/key").content.decode())[0]
    none = client.post("/console/wave", {**BODY, "token": token, "shown": ""})
    assert none.status_code == 409 and b"There is no wave to decide." in none.content


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_page_is_open_to_everybody_and_needs_no_script(
    desk_url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    story = Story(start=utc_now())
    cases = _wave(story, monkeypatch)
    with reader(browser, language=language, looked_at=True) as page:
        page.goto(desk_url + _link(story.reviewer(0), story))
        with page.expect_navigation():
            page.click("main button.go")
        page.goto(f"{desk_url}/console/wave")
        assert page.locator("input[name=leave_out]").count() == len(cases)
        found = faults(page, least=24)
    with reader(browser, language=language, script=False) as page:
        page.goto(desk_url + _link(story.reviewer(1), story))
        page.click("main button.go")
        page.goto(f"{desk_url}/console/wave")
        page.check(f'input[name=leave_out][value="{cases[0]}"]')
        page.check("input[name=outcome][value=no_violation]")
        page.select_option("#ground", "not_in_scope")
        page.fill("#reason", "Zdjęcia z klubu.")
        page.click("main button.go")
        assert f": {len(cases) - 1}" in page.inner_text("main [role=status]")
    assert found == []
