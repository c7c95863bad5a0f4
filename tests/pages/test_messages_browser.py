"""One whole exchange in Polish, in a real browser without script, as both sides see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from odzew.entrypoints.api import case_views
from odzew.entrypoints.console import views
from odzew.foundation.moments import utc_now
from odzew.ledger.people import new_sign_in
from tests.pages.conftest import Served
from tests.pages.looks import faults, reader
from tests.pages.site import Site, file, go, made
from tests.pages.test_console import _code as code_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def site(served: Served, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site whose console has the story's desk too."""
    here = made(served, monkeypatch)
    monkeypatch.setattr(views, "desk", lambda: here.story.desk)
    monkeypatch.setattr(case_views, "the_desk", lambda: here.story.desk)
    return here


def test_an_exchange_in_polish(browser: Browser, site: Site) -> None:
    with (
        reader(browser, language="pl", script=False, viewport={"width": 320, "height": 640}) as hers,
        reader(browser, language="pl", script=False) as desk,
    ):
        code = file(hers, site)
        hers.goto(site.url + "/status")
        hers.fill("#code", code)
        go(hers, "main .go")
        hers.fill("#message", "To ja, żółta łódź. On zaraz tu będzie.")
        go(hers, "#thread .go")
        assert hers.locator("[role=alert] a[href='tel:112']").is_visible()
        assert "żółta łódź" in hers.locator(".said").inner_text() and code not in hers.url
        who = site.story.reviewer(0)
        site.story.now = utc_now()
        secret = new_sign_in(person=who.id, now=site.story.now, lives=timedelta(days=1))
        desk.goto(site.url + "/console/")
        desk.fill("input[name=secret]", secret)
        desk.fill("input[name=code]", code_of(who.id, site.story))
        go(desk, "form[action='/console/sign-in'] .go")
        assert "Nieprzeczytane wiadomości: 1" in desk.locator("#unread").inner_text()
        go(desk, "#unread a")
        go(desk, "#threads .pages a")
        desk.check("input[value=not_your_fault]")
        desk.fill("#line", "Zadzwoń do nas.")
        go(desk, "#reply .quiet")
        assert "Tego nie piszemy" in desk.locator("[role=alert]").inner_text()
        desk.fill("#line", "Jesteśmy tu do rana.")
        go(desk, "#reply .quiet")
        reads = desk.locator("#preview .said").inner_text()
        go(desk, "#preview .go")
        assert "Wysłane." in desk.locator("[role=status]").inner_text()
        hers.goto(site.url + "/status")
        hers.fill("#code", code)
        go(hers, "main .go")
        assert reads in hers.locator(".said .us").inner_text() and "Jesteśmy tu do rana." in reads


@pytest.mark.parametrize("language", ["en", "pl"])
def test_anybody_can_see_and_touch_every_state_of_a_thread_screen(browser: Browser, site: Site, language: str) -> None:
    with reader(browser, language=language, looked_at=True, reduced_motion="reduce") as page:
        code = file(page, site)
        page.goto(site.url + "/status")
        page.fill("#code", code)
        go(page, "main .go")
        page.fill("#message", "Żółta łódź. " * 12)
        page.check("#thread input[type=checkbox]")
        go(page, "#thread .go")
        found = faults(page, name=f"thread-{language}-danger")
        page.fill("#message", f"{code}")
        go(page, "#thread .go")
        found += faults(page, name=f"thread-{language}-code")
        if language == "en":
            assert found == []
            return
        who = site.story.reviewer(0)
        site.story.now = utc_now()
        secret = new_sign_in(person=who.id, now=site.story.now, lives=timedelta(days=1))
        page.goto(site.url + "/console/")
        page.fill("input[name=secret]", secret)
        page.fill("input[name=code]", code_of(who.id, site.story))
        go(page, "form[action='/console/sign-in'] .go")
        found += faults(page, least=24, name=f"thread-{language}-queue")
        go(page, "#unread a")
        found += faults(page, least=24, name=f"thread-{language}-case")
        go(page, "#threads .pages a")
        page.check("input[value=call]")
        page.fill("#line", "Dobrze, że to piszesz, i że jest tak, jak jest, i że czekasz na nas tu dzisiaj.")
        go(page, "#reply .quiet")
        found += faults(page, least=24, name=f"thread-{language}-preview")
    assert found == []
