"""The accused in a real browser: the statement at the platform, the page of the desk, an appeal, somebody new, and the outcome."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from odzew.cases.queue import waiting
from odzew.entrypoints.reporter import pages, views
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.foundation.moments import utc_now
from tests.cast import Story
from tests.kladka import helpers
from tests.pages.looks import faults, reader
from tests.pages.site import go

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def kladka(tmp_path: Path) -> Iterator[helpers.Site]:
    """The pretend platform with one post of the uploader."""
    desk = helpers.Desk()
    site = helpers.start(desk_url=desk.url, folder=tmp_path)
    site.made(account="uploader", text="A bridge")
    yield site
    site.stop()
    desk.close()


@pytest.fixture
def story(desk_url: str, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A desk whose pages say where they are; its case was hidden, then removed."""
    story = Story(start=utc_now())
    object.__setattr__(story.desk, "public_url", desk_url)
    monkeypatch.setattr(pages, "desk", lambda: story.desk)
    monkeypatch.setattr(views, "_guesses", Guesses())
    story.post(views=100)
    story.decide(story.report(claimant="depicted").case, 0, "remove")
    story.work()
    return story


def _brought(story: Story, kladka: helpers.Site) -> None:
    """What the desk sent so far is brought to the platform that shows it."""
    for n, message in enumerate(story.platform_side.inbox):
        if message["type"] == "statement.ready":
            assert kladka.webhook("statement.ready", message["data"], webhook_id=f"w-{n}").status == 200


def _open(page: Page, kladka: helpers.Site) -> None:
    """From the inbox to the page, as somebody does: read the code, follow the link, type."""
    page.goto(f"{kladka.url}/accounts/uploader/inbox")
    letter = page.locator("[data-letter=statement]").first
    code = letter.locator("[data-desk-code]").inner_text()
    with page.expect_navigation():
        letter.locator("[data-desk-page]").click()
    assert code.replace(" ", "") not in page.url
    page.fill("#code", code)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/limited")


def test_wrongly_accused_they_come_from_the_platform_appeal_and_read_how_it_ended(
    browser: Browser, story: Story, kladka: helpers.Site
) -> None:
    _brought(story, kladka)
    with reader(browser, language="en", script=False) as page:
        _open(page, kladka)
        assert "This is not a finding of crime." in page.locator("main").inner_text()
        page.fill("#text", "To most, nie człowiek. It is a bridge.")
        go(page, "main .go")
        assert "You will have an answer here by" in page.locator("main").inner_text() and page.locator("#text").count() == 0
        case = waiting(after=None, limit=5)[0].id
        for who in (1, 2):
            story.decide(case, who, "no_violation", ground="not_in_scope")
        story.work()
        _brought(story, kladka)
        _open(page, kladka)
        text = page.locator("main").inner_text()
        assert "You were right" in text and "has ended" in text
        assert page.locator("#text").count() == 0


@pytest.mark.parametrize("language", ["en", "pl"])
def test_anybody_can_see_and_touch_every_state(browser: Browser, story: Story, language: str) -> None:
    code = next(m["data"]["code"] for m in story.platform_side.inbox if m["type"] == "statement.ready")
    with reader(browser, language=language, looked_at=True) as page:
        found = []

        def enter(typed: str) -> None:
            page.goto(f"{story.desk.public_url}/limited")
            page.fill("#code", typed)
            with page.expect_navigation():
                page.keyboard.press("Enter")

        page.goto(f"{story.desk.public_url}/limited")
        found += faults(page, name=f"limited-code-{language}")
        enter("1234")
        found += faults(page)
        enter(code)
        found += faults(page, name=f"limited-{language}")
        page.fill("#text", " ")
        go(page, "main .go")
        found += faults(page)
        page.fill("#text", "To most.")
        go(page, "main .go")
        found += faults(page, name=f"limited-appealed-{language}")
        assert found == []
