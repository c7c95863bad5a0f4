"""The report form in a real browser: every screen and state seen and touched, filed by keyboard, left without a trace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from odzew.entrypoints.reporter import form, pages
from odzew.notices.receipt import clean
from tests.pages.conftest import Served
from tests.pages.looks import faults, reader
from tests.pages.site import LINK, WORDS, Site, back, go, made

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def site(served: Served, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A desk with one post on its platform."""
    return made(served, monkeypatch)


def _states(page: Page, site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Open every screen and state of the form, one after the other."""
    page.goto(site.url + "/")
    yield "1-first"
    for tick in ("who=someone_else", "age=unknown", "what=danger", "what=money", "what=fake"):
        name, value = tick.split("=")
        page.check(f"input[name={name}][value={value}]")
    go(page)
    go(page)
    page.click("summary")
    yield "2-where-empty"
    go(page, "button[name=to]")
    page.check("input[name=who][value=my_child]")
    go(page)
    page.wait_for_selector("#fingerprint")
    yield "2-fingerprint"
    page.fill("#where", "https://elsewhere.example/posts/1\nhttps://elsewhere.example/posts/" + "x" * 60)
    page.fill("#more", WORDS)
    go(page)
    with monkeypatch.context() as broken:
        broken.setattr(form, "file_report", _broken)
        go(page)
    yield "3-check-failed"
    go(page)
    yield "4-receipt"
    page.goto(site.url + "/help")
    yield "help"
    page.goto(site.url + "/privacy")
    yield "privacy"


def _broken(**_: object) -> None:
    raise RuntimeError("not now")


@pytest.mark.parametrize("language", ["en", "pl"])
def test_anybody_can_see_and_touch_every_screen(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    found = []
    with reader(browser, language=language, looked_at=True) as page:
        for name in _states(page, site, monkeypatch):
            assert page.title() == {"en": "Form", "pl": "Formularz"}[language]
            assert page.locator("html").get_attribute("lang") == language
            found += [f"{name}: {fault}" for fault in faults(page, name=f"{language}-{name}")]
    assert found == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("screens", [1, 3, 4], ids=["from-the-first", "from-the-third", "from-the-receipt"])
def test_who_leaves_leaves_nothing_behind(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch, screens: int, script: bool
) -> None:
    monkeypatch.setattr(pages, "EXIT", site.url.replace("127.0.0.1", "localhost") + "/healthz")
    with reader(browser, language="en", script=script) as page:
        page.goto(site.url + "/")
        page.check("input[name=who][value=me]")
        for screen in range(1, screens):
            if screen == 2:
                page.fill("#where", f"{LINK} łódź")
            go(page)
        steps = page.evaluate("history.length")
        page.click(".exit")
        page.wait_for_url("http://localhost:*/healthz")
        seen = [back(page) for _ in range(steps)]
        page.goto(site.url + "/")
        kept = page.evaluate("async () => [localStorage.length, sessionStorage.length, (await caches.keys()).length]")
        assert page.context.cookies() == [] and kept == [0, 0, 0]
    for text in seen:
        assert "łódź" not in text and "kladka" not in text and "data-receipt-code" not in text and "checked=" not in text
    # Only the first page can be seen again, for it was asked for by its address: empty, and with a title that says nothing.
    assert len([text for text in seen if "<form" in text]) <= (0 if script and screens == 1 else 1)


def test_three_presses_of_shift_leave_and_two_do_not(browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "EXIT", site.url.replace("127.0.0.1", "localhost") + "/healthz")
    with reader(browser, language="en") as page:
        page.goto(site.url + "/")
        go(page)
        page.focus("#where")
        page.keyboard.type("A Bridge")  # capitals are not a wish to leave
        for key in ("Shift", "Shift", "a", "Shift", "Shift"):
            page.keyboard.press(key)
        assert page.input_value("#where") == "A Bridgea"
        page.keyboard.press("Shift")
        page.wait_for_url("http://localhost:*/healthz")
        assert "Bridge" not in back(page)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_shortest_way_is_three_screens_and_thirty_keys(browser: Browser, site: Site, script: bool) -> None:
    asked: list[tuple[str, str]] = []
    with reader(browser, language="pl", script=script, viewport={"width": 320, "height": 640}) as page:
        page.on("request", lambda r: asked.append((r.method, r.url)))
        pressed = _by_keyboard(page, site)
        assert page.title() == "Formularz"
        code = page.locator("[data-receipt-code]").text_content() or ""
    assert clean(typed=code) == code
    assert pressed <= 30, pressed
    assert [m for m, _ in asked].count("POST") == 3
    offered = [url for _, url in asked if "/fingerprint-" in url]  # its script, once for the page and once for the worker
    assert len(offered) == (2 if script else 0) and len(set(offered)) <= 1
    per_page = len([url for _, url in asked if not url.startswith("data:") and url not in offered]) / 4
    assert per_page <= 2
    assert all(url.startswith((site.url, "data:,")) for _, url in asked), asked
    assert not [url for _, url in asked if "?" in url or code in url], asked
    notice = site.notices()[0]
    assert (notice.claimant, notice.minor, notice.places) == ("depicted", True, [{"item_id": "", "url": LINK}])


def _by_keyboard(page: Page, site: Site) -> int:
    """A child reports the picture that shows her, with keys alone and one paste; return how many keys that took."""
    pressed = 0

    def press(key: str, until: str = "", most: int = 12) -> None:
        nonlocal pressed
        for _ in range(most):
            page.keyboard.press(key)
            pressed += 1
            if not until or page.evaluate(f"() => document.activeElement.matches('{until}')"):
                return
        raise AssertionError(f"{until} was not reached")

    page.goto(site.url + "/")
    for name, value in (("who", "me"), ("age", "under_18"), ("what", "posted")):
        press("Tab", f"input[name={name}][value={value}], input[name={name}][type=radio]")
        press("Space")
    with page.expect_navigation():
        press("Enter")
    press("Tab", "#where")
    page.keyboard.insert_text(LINK)
    press("Tab", "button.go")
    with page.expect_navigation():
        press("Enter")
    press("Tab", "button.go")
    with page.expect_navigation():
        press("Enter")
    return pressed


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_language_changes_and_every_answer_stays(browser: Browser, site: Site, script: bool) -> None:
    with reader(browser, language="en", script=script) as page:
        page.goto(site.url + "/")
        page.check("input[value=my_child]")
        page.check("input[value=fake]")
        go(page, "button[lang=pl]")
        assert page.locator("h1").inner_text() == "Powiedz nam, co jest w sieci"
        assert page.is_checked("input[value=my_child]") and page.is_checked("input[value=fake]")
        go(page)
        page.fill("#where", LINK)
        page.fill("#more", WORDS)
        go(page, "button[lang=en]")
        assert page.input_value("#more") == WORDS and page.input_value("#where") == LINK
        go(page)
        go(page, "button[name=to]")
        go(page, "button[name=to]")
        assert page.is_checked("input[value=my_child]")
        go(page)
        assert page.input_value("#more") == WORDS
        go(page)
        go(page)
        assert page.locator("html[lang=en] [data-receipt-code]").count() == 1
