"""The reporter's pages in a real browser: seen, touched, walked by keyboard, without script, without a trace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page

from odzew.entrypoints.reporter import pages, views
from odzew.entrypoints.reporter.guesses import Guesses
from tests.cast import Story
from tests.pages.looks import faults, reader

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WORDS = 'To ja, żółta łódź. <img src=x onerror="alert(1)">'


@dataclass(frozen=True)
class Told:
    """A reporter with a code, and where the desk is."""

    site: str
    code: str


@pytest.fixture
def told(desk_url: str, monkeypatch: pytest.MonkeyPatch) -> Told:
    """A report that was hidden, then removed, and answered in Polish."""
    story = Story(start=datetime.now(UTC) - timedelta(hours=3))
    monkeypatch.setattr(pages, "desk", lambda: story.desk)
    monkeypatch.setattr(views, "_guesses", Guesses())
    story.post()
    receipt = story.report(claimant="depicted", language="pl")
    story.work()
    story.now += timedelta(hours=2)
    story.decide(receipt.case, 0, "remove")
    story.work()
    assert receipt.code
    return Told(site=desk_url, code=receipt.code)


def _enter(page: Page, told: Told, code: str) -> None:
    page.goto(told.site + "/status")
    page.fill("#code", code)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.parametrize("language", ["en", "pl"])
def test_anybody_can_see_and_touch_every_page(browser: Browser, told: Told, language: str) -> None:
    with reader(browser, language=language, looked_at=True) as page:
        found = []
        for path in ("/", "/status", "/no/such/page"):
            page.goto(told.site + path)
            found += faults(page)
        _enter(page, told, "1234")
        found += faults(page)
        _enter(page, told, told.code)
        found += faults(page)
        page.fill("#text", WORDS)
        with page.expect_navigation():
            page.click(".card button")
        assert page.locator(".done").is_visible()
        found += faults(page)
    assert found == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_walk_by_keyboard_leaves_neither_code_nor_words_behind(browser: Browser, told: Told, script: bool) -> None:
    asked, said = [], []
    with reader(browser, language="pl", script=script, viewport={"width": 320, "height": 640}) as page:
        page.on("request", lambda r: asked.append(r.url))
        page.on("console", lambda m: said.append(m.text))
        page.goto(told.site + "/status")
        for _ in range(2):
            page.keyboard.press("Tab")
        page.keyboard.type(" ".join(told.code[n : n + 4] for n in range(0, 20, 4)))
        page.keyboard.press("Enter")
        page.wait_for_selector("#text")
        assert page.locator(".line li").count() == 3
        for _ in range(8):
            page.keyboard.press("Tab")
            if page.evaluate("() => document.activeElement.matches('textarea')"):
                break
        page.keyboard.type(WORDS)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=status]")
        assert page.title() == "Formularz"
        cookies = page.context.cookies()
    assert cookies == []
    assert all(url.startswith((told.site, "data:,")) for url in asked), asked
    assert not [url for url in asked if told.code[:4] in url or "%C5" in url or "img" in url], asked
    assert [text for text in said if "favicon" not in text] == []


def test_the_language_changes_with_the_answers_still_there(browser: Browser, told: Told) -> None:
    with reader(browser, language="en", script=False) as page:
        _enter(page, told, told.code)
        assert page.locator("h1").inner_text() == "Our answers"
        with page.expect_navigation():
            page.click("button[lang=pl]")
        assert page.locator("html[lang=pl]").count() == 1
        assert page.locator("h1").inner_text() == "Nasze odpowiedzi"
        assert page.locator(".line li").count() == 3
        assert told.code not in page.url


def test_the_way_out_is_always_in_sight(browser: Browser, told: Told) -> None:
    with reader(browser, language="en", looked_at=True, viewport={"width": 320, "height": 480}) as page:
        _enter(page, told, told.code)
        page.mouse.wheel(0, 5000)
        page.wait_for_function("() => window.scrollY > 200")
        box = page.locator(".exit").bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 100 and box["height"] >= 48
        assert page.locator(".exit").get_attribute("href") == "/exit"
