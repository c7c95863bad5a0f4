"""The page of a case's duplicates: what may join is chosen by hand, what may not says why."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from odzew.cases.rows import read_cases
from odzew.entrypoints import hashes
from odzew.foundation.moments import utc_now
from odzew.ledger.people import new_sign_in
from tests.cast import Story
from tests.pages.looks import faults, reader
from tests.pages.test_browser import _story as story_of
from tests.pages.test_console import _page as page_of
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of
from tests.pages.test_console import desk_story
from tests.usecases.test_find_copies import A, B, bits

__all__ = ["desk_story"]


def _cases(story: Story) -> Iterator[uuid.UUID]:
    for name, pdq in {"a": A, "b": bits(A, 20), "c": bits(A, 30, seed=2)}.items():
        story.post(name, account=name, pdq=pdq)
        yield story.report(name, external_id=name).case
    story.post("d", account="d", pdq=bits(A, 25, seed=3))
    case = story.report("d", external_id="d").case
    story.post("e", account="d", pdq=B, repost_of="d")
    yield case


def _indexed(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    def fresh() -> object:
        story.index.refresh()
        return story.index

    monkeypatch.setattr(hashes, "the_index", fresh)


def test_duplicates_are_found_chosen_and_joined(desk_story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    _indexed(desk_story, monkeypatch)
    one, two, three, mixed = _cases(desk_story)
    client = signed_in(desk_story, desk_story.reviewer(0))
    path = f"/console/cases/{one}/duplicates"
    assert f'href="{path}"' in page_of(client, one)
    page = client.get(path).content.decode()
    assert all(f'name="case" value="{c}"' in page for c in (two, three)) and f'value="{mixed}"' not in page
    assert "it covers something else too" in page and "Similar: 20 of 256 bits differ." in page
    auditor = signed_in(desk_story, desk_story.hire("aud", "auditor"))
    assert 'name="case"' not in auditor.get(path).content.decode()
    form = {"token": token_of(client)}
    nothing = client.post(path, form, headers={"Accept-Language": "pl"})
    assert nothing.status_code == 422 and "Wybierz co najmniej jedną sprawę" in nothing.content.decode()
    refused = client.post(path, {**form, "case": [str(two), str(mixed)]}).content.decode()
    assert f"Case {str(mixed)[-12:]} covers something that this one does not." in refused and f'value="{two}" aria-label' in refused
    assert " checked" in refused, "what was chosen is kept"
    assert client.post(path, {**form, "case": [str(two), "x", str(three)]}).headers["Location"] == f"/console/cases/{one}"
    assert {row.state for row in read_cases(ids=[two, three])} == {"merged"}
    assert "Duplicates joined by hand" in page_of(client, one)
    assert client.get(f"/console/cases/{uuid.uuid4()}/duplicates").status_code == 404


def test_a_vote_of_another_is_told_by_no_list_of_duplicates(desk_story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    _indexed(desk_story, monkeypatch)
    one, two, *_ = _cases(desk_story)
    client = signed_in(desk_story, desk_story.reviewer(1))
    before = client.get(f"/console/cases/{one}/duplicates").content
    desk_story.decide(two, 0, "no_violation", ground="not_in_scope")
    assert client.get(f"/console/cases/{one}/duplicates").content == before


def test_a_cleared_case_takes_nothing_in(desk_story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    _indexed(desk_story, monkeypatch)
    desk_story.post("x", account="x", pdq=A)
    case = desk_story.report("x", kind="other", minor=False).case
    desk_story.decide(case, 0, "no_violation", ground="not_in_scope")
    client = signed_in(desk_story, desk_story.reviewer(1))
    assert "was cleared. Nothing can be joined" in client.get(f"/console/cases/{case}/duplicates").content.decode()
    assert "/duplicates" not in page_of(client, case)


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.timeout(60)
def test_the_page_is_open_to_everybody_and_needs_no_script(
    desk_url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, _, _, secret = story_of(monkeypatch)
    _indexed(story, monkeypatch)
    one, *_ = _cases(story)
    with reader(browser, language="pl", looked_at=True) as page:
        page.goto(f"{desk_url}/console/sign-in/{secret}")
        page.click("main button.go")
        page.goto(f"{desk_url}/console/cases/{one}/duplicates")
        assert faults(page, least=24, name="duplicates") == []
    again = new_sign_in(person=story.reviewer(1).id, now=utc_now(), lives=timedelta(days=1))
    with reader(browser, language="en", script=False) as page:
        page.goto(f"{desk_url}/console/sign-in/{again}")
        page.click("main button.go")
        page.goto(f"{desk_url}/console/cases/{one}/duplicates")
        page.locator("input[name=case]").first.check()
        page.click("main button.go")
        assert "Duplicates joined by hand" in page.inner_text("main")
