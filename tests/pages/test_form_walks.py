"""The report form from end to end in a real browser: sent twice, the server gone, the code kept, and what comes after."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from odzew.cases.clocks import armed
from odzew.cases.rows import read_cases
from odzew.ledger.checkpoint import verify_checkpoint
from odzew.ledger.events import read_texts
from odzew.usecases.seal_record import seal_record
from odzew.usecases.sign_checkpoint import sign_checkpoint
from tests.pages.conftest import Served
from tests.pages.looks import reader
from tests.pages.site import LINK, WORDS, Site, file, go, made, read

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def site(served: Served, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A desk with one post on its platform."""
    return made(served, monkeypatch)


def test_an_impatient_double_click_and_a_reload_are_one_report_with_one_code(browser: Browser, site: Site) -> None:
    with reader(browser, language="en") as page:
        page.goto(site.url + "/")
        go(page)
        page.fill("#where", LINK)
        go(page)
        page.dblclick(".go")
        page.wait_for_selector("[data-receipt-code]")
        code = page.locator("[data-receipt-code]").text_content()
        page.reload()
        assert page.locator("[data-receipt-code]").text_content() == code
    assert len(site.notices()) == 1


def test_the_receipt_is_kept_as_a_file_that_holds_a_checkpoint(browser: Browser, site: Site) -> None:
    story = site.story
    story.report()
    seal_record(desk=story.desk, now=story.now)
    sign_checkpoint(desk=story.desk, now=story.now, every=timedelta(0))
    with reader(browser, language="en", script=False, accept_downloads=True) as page:
        code = file(page, site)
        with page.expect_download() as saving:
            page.click("form[action='/notes'] button")
        assert saving.value.suggested_filename == "notes.txt"
        text = Path(saving.value.path()).read_text(encoding="utf-8")
    assert code in text.replace(" ", "") and "kladka" not in text
    note = text[text.index(f"{story.desk.origin}\n") :]
    key = story.desk.keys.ledger_signer.public_key()
    assert verify_checkpoint(text=note, origin=story.desk.origin, public_key=key).size > 0


def test_what_somebody_wrote_outlives_the_server(browser: Browser, site: Site) -> None:
    """The server ends between any two steps and comes back: nothing that was typed or chosen is lost."""
    with reader(browser, language="pl") as page:
        page.goto(site.url + "/")
        page.check("input[value=me]")
        site.again()
        go(page)
        page.fill("#where", LINK)
        page.fill("#more", WORDS)
        site.again()
        go(page)
        site.again()
        go(page)
        assert page.locator("[data-receipt-code]").count() == 1
    notice = site.notices()[0]
    assert notice.claimant == "depicted" and notice.text_id
    assert read_texts(ids=[notice.text_id])[notice.text_id] == WORDS


def test_while_the_server_is_away_the_text_waits_in_the_browser(browser: Browser, site: Site) -> None:
    with reader(browser, language="pl") as page:
        page.goto(site.url + "/")
        go(page)
        page.fill("#where", LINK)
        page.fill("#more", WORDS)
        site.served.stop()
        page.click("#form .go", no_wait_after=True)
        page.wait_for_selector("#form", state="detached")  # the browser's own page says that nobody answers
        site.served.start()
        page.reload()
        assert WORDS in page.locator("dl").inner_text()


def test_her_own_post_his_phone(browser: Browser, site: Site) -> None:
    """He reports first, from the same network; she reports, and neither page ever shows the other (house practice 21)."""
    story = site.story
    story.post("hers", account="girl", views=40)
    where = "https://kladka.example/posts/hers"
    with reader(browser, language="en") as his, reader(browser, language="en") as hers:
        his_code = file(his, site, where, who="my_child")
        site.work()
        before = read(his, site, his_code)
        hers.goto(site.url + "/")
        hers.check("input[value=me]")
        hers.check("input[value=under_18]")
        go(hers)
        hers.fill("#where", where)
        hers.fill("#more", "he will be home soon")
        go(hers)
        assert hers.locator(".now").inner_text() == "Call 112 now. Then go on here, if you can."
        go(hers)
        assert "Are you in danger right now? Call 112." in hers.locator(".next").inner_text()
        her_code = hers.locator("[data-receipt-code]").text_content() or ""
        site.work()
        assert read(his, site, his_code) == before
        case = site.cases()[0]
        assert "danger" in {name for name, _ in armed(cases=[case])[case]}
        assert len(site.notices()) == 2 and read_cases(ids=[case])[0].withheld
        # She lost the code: a new report joins, and shows nobody anything.
        assert file(hers, site, where) != her_code
        site.work()
        assert read(his, site, his_code) == before
        site.decide("remove")
        told = read(hers, site, her_code)
        assert "You did nothing wrong." in told and "It is gone: we checked." in told


def test_it_is_back_joins_and_is_read_with_the_same_code(browser: Browser, site: Site) -> None:
    with reader(browser, language="en", script=False) as page:
        code = file(page, site)
        site.work()
        site.decide("remove")
        read(page, site, code)
        with page.expect_navigation():
            page.click("button[name=back]")
        assert page.locator("[role=status]").inner_text() == "Thank you. We will look again."
        told = page.locator(".line > li").count()
        page.reload()
        assert page.locator(".line > li").count() == told
        with page.expect_navigation():
            page.fill("#where", "https://kladka.example/posts/post-2")
            page.click("button[name=back]")
        assert page.locator(".line").inner_text().count("We have your report.") == 3
    assert len(site.cases()) == 2
