"""From end to end in a real browser: a copy on her phone finds the hosted one, the file stays with her, and she takes it back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, FilePayload, Request

from odzew.answers.wordbook import say
from odzew.cases.items import items_of
from odzew.cases.prints import Looks
from odzew.cases.rows import read_cases
from odzew.hashing.api import hash_file
from odzew.hashing.data import Picture
from odzew.usecases.check_upload import check_upload
from tests.fingerprint.device import OVER
from tests.hashing.corpus import picture
from tests.hashing.encode import save
from tests.pages.conftest import Served
from tests.pages.looks import reader
from tests.pages.site import Site, go, made, read

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def site(served: Served, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A desk with one post on its platform."""
    return made(served, monkeypatch)


def _upload(site: Site, found: Picture) -> str:
    """Return what a platform is told that asks about the picture before it publishes it."""
    site.story.index.refresh()
    looks = Looks(pdq=found.pdq.bits, quality=found.pdq.quality)
    return check_upload(
        files=[looks], upload=None, caller=site.story.program, desk=site.story.desk, index=site.story.index, now=site.story.now
    ).answer


def test_a_copy_on_her_phone_finds_the_hosted_one_and_never_leaves_it(browser: Browser, site: Site) -> None:
    image = picture(9, (640, 480))
    hosted, hers = hash_file(data=save(image, "PNG")).picture, save(image.resize((400, 300)), "JPEG", quality=60)
    assert hosted is not None
    site.story.post("bridge", pdq=hosted.pdq.bits, quality=hosted.pdq.quality)
    site.story.search()
    sent: list[Request] = []
    with reader(browser, language="en") as page:
        page.on("request", lambda request: sent.append(request))
        page.goto(site.url + "/")
        page.check("input[name=who][value=me]")
        page.check("input[name=age][value=under_18]")
        go(page)
        page.set_input_files("#fingerprint", FilePayload(name="Kładka.jpg", mimeType="image/jpeg", buffer=hers))
        page.wait_for_function(OVER)
        page.fill("#more", "It is my picture. I do not know where it is.")
        go(page)
        assert say(key="page.fingerprint_ready", language="en") in page.locator("dl").inner_text()
        go(page)
        code = page.locator("[data-receipt-code]").text_content() or ""
        (case,) = site.cases()
        assert items_of(case=case) == []
        site.story.search()
        assert [i.external_id for i in items_of(case=case)] == ["bridge"] and site.cases() == [case]
        assert read_cases(ids=[case])[0].withheld
        assert _upload(site, hosted) == "hold"
        site.work()
        told = read(page, site, code)
        with page.expect_navigation():
            page.click("form[action='/status/withdraw'] button")
        assert page.locator("[role=status]").inner_text() == say(key="page.withdraw_done", language="en")
        assert page.locator("form[action='/status/withdraw']").count() == 0
    assert told and read_cases(ids=[case])[0].withheld
    assert _upload(site, hosted) == "allow"
    bodies = [request.post_data_buffer or b"" for request in sent]
    assert [request.method for request in sent].count("POST") == 5
    assert all(hers[n : n + 24] not in body and b"jpg" not in body for body in bodies for n in range(0, len(hers), 997))
    assert len(hers) > 2_000 and all(len(body) < 2_000 for body in bodies)
    assert {r.url.split(":")[0] for r in sent} <= {"http", "blob", "data"}
