"""Beside a thread a lead sees what its reporter sent before, warns them, and suspends them with somebody else; a reviewer sees nothing of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from odzew.foundation.moments import utc_now
from odzew.ledger.people import new_sign_in
from odzew.notices.misuse import warning_of
from tests.cast import KEYS, Story
from tests.pages.looks import faults, reader
from tests.pages.test_browser import _story as story_of
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of
from tests.pages.test_console import desk_story
from tests.usecases.test_misuse import _unfounded as unfounded

__all__ = ["desk_story"]
EVIL = "<img src=x onerror=alert(1)> Ż {{ x }}"


def test_two_people_warn_and_suspend_from_the_thread(desk_story: Story) -> None:
    receipt = unfounded(desk_story)
    path = f"/console/cases/{receipt.case}/messages/{receipt.notice}"
    one, two = (signed_in(desk_story, desk_story.hire(name, "lead")) for name in ("Maja", "Olga"))
    auditor, reviewer = signed_in(desk_story, desk_story.hire("aud", "auditor")), signed_in(desk_story, desk_story.reviewer(1))
    assert "Cleared: 3." in one.get(path).content.decode() and 'id="record"' not in reviewer.get(path).content.decode()
    assert one.post(f"{path}/warn", {"token": token_of(one), "reason": " "}).status_code == 422
    assert one.post(f"{path}/suspend", {"token": token_of(one)}).status_code == 422
    assert one.post(f"{path}/warn", {"token": token_of(one), "reason": EVIL}).headers["Location"] == f"{path}#record"
    shown = auditor.get(path).content.decode()
    assert "&lt;img src=x" in shown and "<img src=x" not in shown and "/suspend" not in shown
    later = unfounded(desk_story, 1, begin=9)
    name = KEYS.reporter_key(of=f"{desk_story.platform} loud")
    found = warning_of(reporter=name, now=desk_story.now)
    assert found is not None
    assert "14 days before" in one.post(f"{path}/suspend", {"token": token_of(one)}).content.decode()
    path = f"/console/cases/{later.case}/messages/{later.notice}"
    assert "End the warning" in two.get(path).content.decode()
    assert two.post(f"{path}/suspend/end", {"token": token_of(two)}).status_code == 303
    assert warning_of(reporter=name, now=desk_story.now) is None
    assert two.post(f"{path}/suspend/end", {"token": token_of(two)}).status_code == 404


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.timeout(60)
def test_the_record_is_open_to_everybody(desk_url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    story, *_ = story_of(monkeypatch)
    receipt = unfounded(story)
    secret = new_sign_in(person=story.hire("Maja", "lead").id, now=utc_now(), lives=timedelta(days=1))
    with reader(browser, language="pl", looked_at=True) as page:
        page.goto(f"{desk_url}/console/sign-in/{secret}")
        page.click("main button.go")
        page.goto(f"{desk_url}/console/cases/{receipt.case}/messages/{receipt.notice}")
        page.fill("#misuse-reason", "Długopisy, i znowu długopisy.")
        page.click("#record button")
        assert "Długopisy, i znowu" in page.inner_text("#record")
        assert faults(page, least=24, name="record") == []
