"""The page that says how long words are kept: a lead keeps them longer, everybody who reads the case sees why, nobody else may."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from odzew.foundation.moments import utc_now
from odzew.ledger.people import new_sign_in
from odzew.notices.erasure import holds_on
from odzew.usecases.erase_words import erase_words
from tests.cast import Story
from tests.pages.looks import faults, reader
from tests.pages.test_browser import _story as story_of
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of
from tests.pages.test_console import desk_story

__all__ = ["desk_story"]

EVIL = "<script>alert(1)</script> Ż {{ x }}"


def test_a_lead_keeps_words_longer_and_lets_them_go(desk_story: Story) -> None:
    desk_story.post()
    case = desk_story.report(text="Żółta łódź.").case
    path = f"/console/cases/{case}/hold"
    lead, reviewer = signed_in(desk_story, desk_story.hire("lead", "lead")), signed_in(desk_story, desk_story.reviewer(0))
    assert f"/console/cases/{case}/hold" in reviewer.get(f"/console/cases/{case}").content.decode()
    assert "90 days" in reviewer.get(path).content.decode() and "textarea" not in reviewer.get(path).content.decode()
    assert reviewer.post(path, {"token": token_of(reviewer), "days": "9", "reason": "An order."}).status_code == 403
    for days in ("", "0", "367", "-1", "9" * 400, "１２", "x"):
        answer = lead.post(path, {"token": token_of(lead), "days": days, "reason": EVIL})
        assert answer.status_code == 422 and "Choose 1 to 366 days" in answer.content.decode(), days
        assert "&lt;script&gt;" in answer.content.decode() and "<script>alert" not in answer.content.decode()
    assert lead.post(path, {"token": token_of(lead), "days": "9", "reason": " "}).status_code == 422 and holds_on(case=case) == []
    assert lead.post(path, {"token": token_of(lead), "days": "9", "reason": EVIL}).status_code in (302, 303)
    (hold,) = holds_on(case=case)
    assert (hold.until - hold.at) == timedelta(days=9)
    shown = reviewer.get(path).content.decode()
    assert "&lt;script&gt;" in shown and "End this hold" not in shown and "End this hold" in lead.get(path).content.decode()
    assert reviewer.post(f"{path}/{hold.id}/end", {"token": token_of(reviewer)}).status_code == 403
    assert lead.post(f"{path}/{uuid.uuid4()}/end", {"token": token_of(lead)}).status_code == 404
    assert (
        lead.post(f"{path}/{hold.id}/end", {"token": token_of(lead)}).status_code in (302, 303)
        and holds_on(case=case)[0].ended is not None
    )
    assert lead.get(f"/console/cases/{uuid.uuid4()}/hold").status_code == 404


def test_erased_words_are_said_to_be_erased(desk_story: Story) -> None:
    desk_story.post()
    receipt = desk_story.report(claimant="depicted", text="Żółta łódź.", account="a")
    desk_story.work()
    desk_story.decide(receipt.case, 0, "remove")
    desk_story.work()
    client = signed_in(desk_story, desk_story.reviewer(1))
    assert "Żółta łódź" in client.get(f"/console/cases/{receipt.case}").content.decode()
    assert erase_words(desk=desk_story.desk, now=desk_story.now + timedelta(days=91)) == 1
    page = client.get(f"/console/cases/{receipt.case}").content.decode()
    assert "łódź" not in page and "erased" in page


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.timeout(60)
def test_the_page_is_open_to_everybody_and_needs_no_script(
    desk_url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, _, case, _ = story_of(monkeypatch)
    lead = story.hire("Maja", "lead")
    for language, script in (("pl", True), ("en", False)):
        secret = new_sign_in(person=lead.id, now=utc_now(), lives=timedelta(days=1))
        with reader(browser, language=language, script=script, looked_at=script) as page:
            page.goto(f"{desk_url}/console/sign-in/{secret}")
            page.click("main button.go")
            page.goto(f"{desk_url}/console/cases/{case}/hold")
            page.fill("#reason", "Pismo 7. Zażółć.")
            page.click("main button.go")
            assert "Pismo 7. Zażółć." in page.inner_text("main")
            if script:
                assert faults(page, least=24, name="hold") == []
