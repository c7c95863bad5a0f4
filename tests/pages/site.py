"""A desk with one post on its platform, and somebody who files the form there in a real browser."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass

import pytest
from playwright.sync_api import Error, Page

from odzew.cases.queue import decided, waiting
from odzew.entrypoints.reporter import pages, tally, views
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.entrypoints.reporter.tally import SENDS, Tally
from odzew.foundation.moments import utc_now
from odzew.notices.api import NoticeView, views_of
from tests.cast import Story
from tests.pages.conftest import Served

LINK = "https://kladka.example/posts/post-1"
WORDS = 'To ja, żółta łódź. <img src=x onerror="alert(1)">'


@dataclass(frozen=True)
class Site:
    """Where the form is, and the story behind it."""

    served: Served
    story: Story

    @property
    def url(self) -> str:
        """The address of the desk."""
        return self.served.url

    def again(self) -> None:
        """The server ends and comes back."""
        self.served.stop()
        self.served.start()

    def work(self) -> None:
        """The worker does what is due by now."""
        self.story.now = utc_now()
        self.story.work()

    def decide(self, outcome: str) -> None:
        """Somebody decides the only case that waits, and it is carried out."""
        self.story.now = utc_now()
        self.story.decide(self.cases()[0], 0, outcome)
        self.work()

    def cases(self) -> list[uuid.UUID]:
        """All cases, the most urgent first."""
        return [row.id for row in (*waiting(after=None, limit=50), *decided(before=None, limit=50))]

    def notices(self) -> list[NoticeView]:
        """The notices of the only case."""
        (case,) = self.cases()
        return views_of(case=case)


def made(served: Served, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return a site whose pages have its story's desk."""
    story = Story(start=utc_now())
    monkeypatch.setattr(pages, "desk", lambda: story.desk)
    monkeypatch.setattr(views, "_guesses", Guesses())
    monkeypatch.setattr(tally, "sends", Tally(SENDS))
    story.post()
    return Site(served=served, story=story)


def go(page: Page, selector: str = "#form .go") -> None:
    """Press what leads on."""
    with page.expect_navigation():
        page.click(selector)


def file(page: Page, site: Site, link: str = LINK, who: str = "me") -> str:
    """File a short report and return the code."""
    page.goto(site.url + "/")
    page.check(f"input[name=who][value={who}]")
    page.check("input[name=age][value=under_18]")
    go(page)
    page.fill("#where", link)
    go(page)
    go(page)
    return page.locator("[data-receipt-code]").text_content() or ""


def read(page: Page, site: Site, code: str) -> str:
    """Open the answers with a code and return them."""
    page.goto(site.url + "/status")
    page.fill("#code", code)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return page.locator(".line").inner_text()


def back(page: Page) -> str:
    """Go back once, as far as the browser lets us, and return all that is there to read."""
    with contextlib.suppress(Error):  # the browser asks whether to send the form again, and shows nothing of it
        page.go_back(timeout=5_000)
    for _ in range(20):
        with contextlib.suppress(Error):  # it is still on its way
            page.wait_for_load_state(timeout=5_000)
            return page.content()
        page.wait_for_timeout(50)
    raise AssertionError("the page never came to rest")
