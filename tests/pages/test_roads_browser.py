"""The button on a post and the formal request in a real browser, without a script: seen, touched, pressed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from odzew.ledger.links import button_html, link_address, link_signature
from odzew.ledger.people import platforms
from tests.cast import KEYS
from tests.pages.conftest import Served
from tests.pages.looks import faults, reader
from tests.pages.site import Site, go, made

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def site(served: Served, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A desk with one post on its platform, which offers both laws."""
    from odzew.entrypoints.reporter import pages

    found = made(served, monkeypatch)
    found.story.desk = replace(found.story.desk, formal=frozenset({"tida", "uk"}))
    monkeypatch.setattr(pages, "desk", lambda: found.story.desk)
    return found


def test_a_button_on_another_site_leads_through_the_form_and_a_name_is_signed_without_a_script(
    browser: Browser, site: Site
) -> None:
    made_by = link_signature(secret=platforms(keys=KEYS)[site.story.platform].secret, item_id="post-1")
    given = {"desk_url": site.url, "item_id": "post-1", "signature": made_by}
    with reader(browser, language="en", script=False) as page:
        elsewhere = "http://platform.example/post-1"
        page.route(elsewhere, lambda route: route.fulfill(body=button_html(**given), content_type="text/html"))
        page.goto(elsewhere)
        go(page, "button")
        assert page.url == f"{site.url}/r" and page.title() == "Form"
        page.check("input[name=who][value=me]")
        page.check("input[name=age][value='18_or_over']")
        go(page)
        assert page.url == f"{site.url}/" and "The post you came from is in your report." in page.locator("main").inner_text()
        go(page)
        go(page)
        go(page, "form[action='/status'] .go")
        page.click("details.card >> nth=0 >> summary")
        go(page, "details[open] .go")
        assert page.locator("#signature-wrong").inner_text() == "Type your name here. It counts as your signature."
        page.fill("#signature-tida", "Zofia Żółtowska")
        go(page, "details[open] .go")
        assert page.locator("[role=status]").inner_text() == "Your formal request is on our record."
        page.goto(link_address(**given))
        assert page.url.startswith(f"{site.url}/?d=") and "post-1" not in page.url and made_by not in page.url


@pytest.mark.parametrize("language", ["en", "pl"])
def test_anybody_can_see_and_touch_the_new_states(browser: Browser, site: Site, language: str) -> None:
    signature = link_signature(secret=platforms(keys=KEYS)[site.story.platform].secret, item_id="post-1")
    with reader(browser, language=language, looked_at=True) as page:
        page.goto(link_address(desk_url=site.url, item_id="post-1", signature=signature))
        page.check("input[name=who][value=me]")
        page.check("input[name=age][value='18_or_over']")
        go(page)
        found = faults(page, name=f"roads-{language}-2-linked")
        go(page)
        go(page)
        go(page, "form[action='/status'] .go")
        page.click("details.card >> nth=0 >> summary")
        page.check("details[open] input[value=mail]")
        go(page, "details[open] .go")
        found += faults(page, name=f"roads-{language}-formal-wrong")
        page.fill("#signature-tida", "Zofia Żółtowska")
        page.check("details[open] input[value=page]")
        go(page, "details[open] .go")
        found += faults(page, name=f"roads-{language}-formal-signed")
    assert found == []
