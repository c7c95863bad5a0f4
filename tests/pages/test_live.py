"""A page that stands open learns what has changed: few bytes, nothing that moves, and nobody's visit or lease lasts longer for it."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from playwright.sync_api import Browser

from odzew.decisions.leases import lease_of
from odzew.entrypoints.console import live_page
from odzew.foundation.moments import utc_now
from odzew.ledger.visits import IDLE
from tests.cast import Story
from tests.pages.looks import reader
from tests.pages.test_browser import _story as story_of
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of
from tests.pages.test_console import desk_story

__all__ = ["desk_story"]


def _cases(story: Story, *kinds: str) -> list[uuid.UUID]:
    found = []
    for kind in kinds:
        name = f"bridge-{uuid.uuid4().hex[:8]}"
        story.post(name, account=name)
        found.append(story.report(name, kind=kind, minor=kind == "csam").case)
    return found


def _asks(client: Client, path: str) -> str:
    (ask,) = re.findall(r'data-ask="([^"]+)"', client.get(path).content.decode())
    return unescape(ask)


def _news(client: Client, ask: str) -> str:
    (news,) = re.findall(r'<p id="news">(.*?)</p>', client.get(ask).content.decode())
    return str(news)


def test_an_open_queue_counts_what_came_and_shows_how_its_rows_stand(desk_story: Story) -> None:
    one, two = _cases(desk_story, "csam", "other")
    client = signed_in(desk_story, desk_story.reviewer(0))
    ask, narrow = _asks(client, "/console/"), _asks(client, "/console/?kind=other")
    assert _news(client, ask) == ""
    desk_story.now += timedelta(minutes=3)
    _cases(desk_story, "csam", "csam", "other")
    assert (_news(client, ask), _news(client, narrow)) == ("New cases: 3", "New cases: 1")
    desk_story.decide(one, 0, "remove")
    desk_story.work()
    shown = client.get(ask).content.decode()
    assert f'data-live="{one}"' not in shown and f'data-live="{two}"' in shown, "who is decided is gone, who came is not there"
    assert shown.count("data-live=") == 2
    assert "Nowe sprawy: 3" in client.get(ask, headers={"Accept-Language": "pl"}).content.decode()


def test_what_is_the_same_is_not_sent_again(desk_story: Story) -> None:
    _cases(desk_story, "csam")
    client = signed_in(desk_story, desk_story.reviewer(0))
    ask = _asks(client, "/console/")
    first = client.get(ask)
    assert first.headers["Cache-Control"] == "no-store" and "script-src" not in first.headers["Content-Security-Policy"]
    again = client.get(ask, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    desk_story.now += timedelta(minutes=1)
    later = client.get(ask, headers={"If-None-Match": first.headers["ETag"]})
    assert later.status_code == 200 and later.headers["ETag"] != first.headers["ETag"]


def test_asking_keeps_neither_a_visit_nor_a_lease_alive(desk_story: Story) -> None:
    (case,) = _cases(desk_story, "csam")
    client = signed_in(desk_story, desk_story.reviewer(0))
    client.post("/console/next", {"token": token_of(client)})
    lease = lease_of(person=desk_story.reviewer(0).id, now=desk_story.now)
    asks = [_asks(client, "/console/"), _asks(client, f"/console/cases/{case}")]
    assert lease is not None and b"yours, ends" in client.get(asks[1]).content
    begin = desk_story.now
    while desk_story.now - begin < IDLE:
        desk_story.now += timedelta(minutes=5)
        assert [client.get(ask).status_code for ask in asks] == [200, 200]
        if desk_story.now < lease.until:
            assert lease_of(person=desk_story.reviewer(0).id, now=desk_story.now) == lease
    assert (
        lease_of(person=desk_story.reviewer(0).id, now=desk_story.now) is None and b"yours, ends" not in client.get(asks[1]).content
    )
    desk_story.now += timedelta(seconds=1)
    assert [client.get(path).status_code for path in (*asks, "/console/")] == [401, 401, 401]


def test_an_open_case_says_that_it_changed_but_not_that_somebody_answered(desk_story: Story) -> None:
    (case,) = _cases(desk_story, "csam")
    second, auditor = signed_in(desk_story, desk_story.reviewer(1)), signed_in(desk_story, desk_story.hire("aud", "auditor"))
    asks = [(who, _asks(who, f"/console/cases/{case}")) for who in (second, auditor)]
    before = second.get(asks[0][1]).content
    desk_story.decide(case, 0, "no_violation", ground="not_in_scope")
    assert second.get(asks[0][1]).content == before, "practice 1: the second looks blind"
    assert [_news(*ask) for ask in asks] == ["", "This case has changed since you opened it."]
    desk_story.decide(case, 2, "no_violation", ground="not_in_scope")
    assert _news(*asks[0]) == "This case has changed since you opened it."


def test_nonsense_asks_nothing(desk_story: Story) -> None:
    (case,) = _cases(desk_story, "csam")
    client = signed_in(desk_story, desk_story.reviewer(0))
    for query in (
        "",
        "case=x&since=y",
        "since=nan",
        "since=1e300",
        "since=-1e18",
        f"case={uuid.uuid4()}",
        "case=" + "&case=".join(["z"] * 500),
    ):
        answer = client.get(f"/console/live?{query}")
        assert answer.status_code == 200 and b"data-live" in answer.content, query
    assert client.get(f"/console/cases/{uuid.uuid4()}/live").status_code == 404
    assert client.get(f"/console/cases/{case}/live?version=x").status_code == 200


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.timeout(60)
def test_the_queue_learns_of_new_cases_and_no_row_moves(desk_url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_page, "EVERY", 0.3)
    story, _, case, secret = story_of(monkeypatch)
    said: list[str] = []
    asked: list[str] = []
    with reader(browser, language="en") as page:
        page.on("console", lambda m: said.append(m.text))
        page.on("request", lambda r: asked.append(r.url))
        page.goto(f"{desk_url}/console/sign-in/{secret}")
        page.click("main button.go")
        page.wait_for_selector("#fresh")
        rows = page.locator(".row h2 a").evaluate_all("found => found.map(one => one.href)")
        story.now = utc_now()
        story.post("a lantern", account="lantern", views=10**6)
        story.report("a lantern", claimant="depicted", flags=frozenset({"imminent"}))
        page.wait_for_selector("#news:has-text('New cases: 1')")
        story.decide(uuid.UUID(case), 0, "remove")
        page.wait_for_selector(".row .chips:has-text('no longer waits')")
        assert page.locator(".row h2 a").evaluate_all("found => found.map(one => one.href)") == rows
        page.evaluate("() => Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
        page.wait_for_timeout(400)
        quiet = len(asked)
        page.wait_for_timeout(900)
        assert len(asked) == quiet, "a page that nobody looks at asks nothing"
        page.evaluate(
            "() => { Object.defineProperty(document, 'hidden', {value: false}); document.dispatchEvent(new Event('visibilitychange')) }"
        )
        page.context.clear_cookies()
        page.wait_for_selector("#news:has-text('not refreshed any more')")
        assert len(asked) <= quiet + 3
    assert [text for text in said if "401" not in text] == []
    assert not [url for url in asked if "lantern" in url]
