"""The pages in a real browser: nothing that axe finds wrong, nothing wider than the screen, by day and by night, no script needed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from odzew.entrypoints.api import case_views
from odzew.entrypoints.console import views as console
from odzew.entrypoints.reporter import views as reporter
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.foundation.moments import utc_now
from odzew.ledger.people import new_sign_in
from tests.cast import Story

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(60)]
WIDTHS = (320, 1280)
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def _story(monkeypatch: pytest.MonkeyPatch) -> tuple[Story, str, str, str]:
    story = Story(start=utc_now() - timedelta(hours=3))
    for place, name in ((console, "desk"), (reporter, "desk"), (case_views, "the_desk")):
        monkeypatch.setattr(place, name, lambda: story.desk)
    monkeypatch.setattr(console, "settings", lambda: SimpleNamespace(demo=True))
    monkeypatch.setattr(console, "_guesses", Guesses())
    monkeypatch.setattr(reporter, "_guesses", Guesses())
    for n, views in enumerate((40, 900, 3)):
        story.post(f"bridge-at-night-{n}", account=f"account{n}", views=views)
    receipt = story.report("bridge-at-night-0", claimant="depicted", text="A drawing of a bridge, twice. " * 6, language="en")
    story.report("bridge-at-night-0", external_id="again", by=story.hotline, source="hotline")
    story.report("bridge-at-night-1", kind="ncii", minor=False, claimant="depicted")
    story.report("bridge-at-night-2", kind="csam", minor=None)
    story.work()
    story.now += timedelta(hours=2)
    story.post("bridge-at-night-0", account="account0", views=700)
    story.work()
    assert receipt.code
    secret = new_sign_in(person=story.reviewer(0).id, now=utc_now(), lives=timedelta(days=1))
    return story, receipt.code, str(receipt.case), secret


def _check(page: Page, name: str, width: int, scheme: str) -> None:
    assert page.evaluate(WIDER) is False, f"{name} is wider than {width} px"
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name}, {width} px, {scheme}: {found.generate_report()}"


def _walk(page: Page, base: str, code: str, case: str, secret: str) -> Iterator[str]:
    page.goto(f"{base}/")
    yield "door"
    page.goto(f"{base}/status")
    yield "code"
    page.fill("#code", code)
    page.click("main button.go")
    yield "answers"
    page.goto(f"{base}/console/sign-in")
    yield "sign-in"
    page.goto(f"{base}/console/sign-in/{secret}")
    page.click("main button.go")
    yield "queue"
    page.goto(f"{base}/console/cases/{case}")
    yield "case"
    page.goto(f"{base}/console/alarms")
    yield "alarms"
    page.goto(f"{base}/console/key")
    yield "key"


def test_every_page_is_open_to_everybody(desk_url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    _, code, case, secret = _story(monkeypatch)
    for width in WIDTHS:
        context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True, locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(10_000)
        for name in _walk(page, desk_url, code, case, secret):
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                _check(page, name, width, scheme)
        context.close()


def test_a_case_is_decided_without_a_script(desk_url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, case, secret = _story(monkeypatch)
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(f"{desk_url}/console/sign-in/{secret}")
    page.click("main button.go")
    page.click(f'a[href="/console/cases/{uuid.UUID(case)}"]')
    page.check("input[name=outcome][value=remove]")
    page.select_option("#ground", "child_safety")
    page.fill("#reason", "Two bridges, seen.")
    page.click("#decide button.go")
    assert re.search(r"removed", page.inner_text("main"))
    assert page.locator("#decide").count() == 0
    context.close()
