"""The page of a case: how it spread, its cluster, the accounts around it; and what is read before a decision is recorded."""

from __future__ import annotations

import gzip
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any, Final

import pytest
from django.db import connection, transaction
from django.test import Client

from odzew.answers.api import answers_on
from odzew.cases.around import spread_since
from odzew.cases.register import ItemIn, MediaIn
from odzew.cases.rows import CaseRow, lock_case, read_cases
from odzew.decisions.api import decisions_of, statements_of
from odzew.enforcement.api import measures_of
from odzew.foundation.writes import fetch_all
from odzew.ledger.api import event_count
from odzew.notices.api import open_handlings
from odzew.usecases.register_items import register_items
from tests.cast import Story
from tests.pages.test_console import EVIL, desk_story
from tests.pages.test_console import _page as page_of
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of

__all__ = ["desk_story"]

ZERO: Final = bytes(32)


@contextmanager
def _counted() -> Iterator[list[str]]:
    asked: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield asked


def _bits(count: int) -> bytes:
    return ((1 << count) - 1).to_bytes(32, "big")


def _row(case: uuid.UUID) -> CaseRow:
    return read_cases(ids=[case])[0]


def _look(client: Client, case: uuid.UUID, outcome: str, reason: str = "A bridge.", ground: str = "child_safety") -> Any:
    body = {"outcome": outcome, "ground": ground, "reason": reason, "version": "1", "token": token_of(client)}
    return client.post(f"/console/cases/{case}/preview", body)


def _said(page: str) -> list[list[str]]:
    """The texts in boxes, each as its lines."""
    found = re.findall(r'<div class="said" lang="\w+">(.*?)</div>', page, re.DOTALL)
    return [[unescape(re.sub("<br>", "\n", line)) for line in re.findall(r"<p>(.*?)</p>", box, re.DOTALL)] for box in found]


def _lines(text: str) -> list[str]:
    return text.split("\n")


# What stands around it


def test_the_views_since_the_first_notice_are_those_the_platforms_counted(desk_story: Story) -> None:
    desk_story.post("one", sha=ZERO, views=40)
    begin = desk_story.now
    desk_story.now += timedelta(hours=1)
    case = desk_story.report("one").case
    since = desk_story.now
    for hours, views in ((1, 100), (3, 250)):
        desk_story.now = since + timedelta(hours=hours)
        desk_story.post("one", sha=ZERO, views=views)
    desk_story.post("two", account="other", sha=ZERO, views=1000)
    desk_story.now = since + timedelta(hours=4)
    curve = spread_since(case=case, since=since, now=desk_story.now, parts=4)
    assert [c.views for c in curve] == [40, 100, 100, 1250, 1250]
    assert spread_since(case=case, since=begin, now=begin, parts=4)[-1].views == 40
    page = page_of(signed_in(desk_story, desk_story.reviewer(0)), case)
    assert "Views at the first notice: 40. Now: 1\N{NARROW NO-BREAK SPACE}250." in page
    assert re.search(r'<polyline class="curve" points="0\.0,\d', page)
    assert page.count('<th scope="row">') >= 3


def test_a_case_that_nobody_counts_says_so(desk_story: Story) -> None:
    case = desk_story.report(item="", url="https://elsewhere.example/somewhere").case
    page = page_of(signed_in(desk_story, desk_story.reviewer(0)), case)
    assert "No platform has counted views." in page and "No platform has named an account." in page
    assert "nothing holds it" in page


def test_copies_stand_by_how_near_they_are_and_with_what_holds_them(desk_story: Story) -> None:
    desk_story.post("seen", pdq=_bits(0), views=3)
    desk_story.post("near-7", account="b", pdq=_bits(7))
    desk_story.post("near-3", account="c", pdq=_bits(3))
    desk_story.post("same", account="d", sha=b"seen".ljust(32, b"."))
    desk_story.post("passed-on", account="e", repost_of="seen")
    case = desk_story.report("seen", claimant="depicted").case
    desk_story.work()
    page = page_of(signed_in(desk_story, desk_story.reviewer(0)), case)
    cluster = page[page.index('id="cluster"') : page.index('id="accounts"')]
    names = re.findall(r'<h3 class="address(?: own)?">(.*?)</h3>', cluster)
    assert names[:3] == ["seen", "same", "passed-on"]
    assert "Hide: seen at the addresses" in cluster and "the same file" in cluster and "a repost" in cluster
    from odzew.cases.likeness import take_in

    loose = [s for (s,) in fetch_all("SELECT id FROM cases_copyset WHERE case_id IS NULL", [])]
    take_in(case=case, copysets=loose)
    page = page_of(signed_in(desk_story, desk_story.reviewer(1)), case)
    names = re.findall(r'<h3 class="address(?: own)?">(.*?)</h3>', page[page.index('id="cluster"') : page.index('id="accounts"')])
    assert names == ["seen", "same", "passed-on", "near-3", "near-7"]
    assert "3 of 256 bits differ" in page and "7 of 256 bits differ" in page


def test_an_account_comes_with_what_was_decided_of_it_and_no_opinion_of_others(desk_story: Story) -> None:
    for n in range(3):
        desk_story.post(f"post-{n}", account="known")
    before = desk_story.report("post-0").case
    desk_story.decide(before, 0, "remove", reason="A secret reason.")
    waits = desk_story.report("post-1").case
    desk_story.decide(waits, 0, "no_violation", ground="not_in_scope")
    case = desk_story.report("post-2").case
    page = page_of(signed_in(desk_story, desk_story.reviewer(1)), case)
    around = page[page.index('id="accounts"') :].split("</section>")[0]
    assert "marked until" in around and "Known here in all: 3." in around
    assert f"/console/cases/{before}" in around and "removed" in around
    assert f"/console/cases/{waits}" in around and "waits for a second person" not in around
    assert "A secret reason." not in page


def test_two_hundred_copies_and_a_hundred_notices_are_one_light_page(desk_story: Story) -> None:
    items = [
        ItemIn(
            id=f"lantern-{n}",
            kind="post",
            url=f"https://kladka.example/posts/lantern-{uuid.uuid4()}",
            account_id=f"account-{uuid.uuid4()}",
            created_at=desk_story.now,
            media=(MediaIn(id="m", url=f"https://kladka.example/media/{uuid.uuid4()}", sha256=ZERO),),
            spread=(n, n, desk_story.now),
        )
        for n in range(200)
    ]
    register_items(items=items, caller=desk_story.program, desk=desk_story.desk, now=desk_story.now)
    for n in range(100):
        case = desk_story.report("lantern-0", external_id=str(n), text=f"Mówi ktoś, kto ma numer {uuid.uuid4()}.").case
    desk_story.work(rounds=8)
    client = signed_in(desk_story, desk_story.reviewer(0))
    desk_story.desk = replace(desk_story.desk, size_cached_for=timedelta(seconds=2))  # as a real desk has it
    with _counted() as asked:
        answer = client.get(f"/console/cases/{case}")
    assert answer.content.count(b'<h3 class="address') >= 200
    assert len(asked) <= 25, "\n".join(asked)
    assert len(gzip.compress(answer.content)) <= 50_000


def test_no_text_of_others_becomes_part_of_the_page(desk_story: Story) -> None:
    register_items(
        items=[
            ItemIn(
                id=EVIL,
                kind="post",
                url=f"https://kladka.example/{EVIL}",
                account_id=EVIL + "a",
                account_handle=EVIL,
                media=(MediaIn(id=EVIL, url="https://kladka.example/m", sha256=ZERO),),
            )
        ],
        caller=desk_story.program,
        desk=desk_story.desk,
        now=desk_story.now,
    )
    case = desk_story.report(EVIL, text=EVIL).case
    client = signed_in(desk_story, desk_story.reviewer(0))
    for page in (page_of(client, case), _look(client, case, "no_violation", EVIL, "not_in_scope").content.decode()):
        assert page.count("&lt;script&gt;") >= 2
        assert (
            "<img" not in page
            and re.sub(r'<script src="/console/(desk|live)-\w+\.js" defer></script>', "", page).count("<script") == 0
        )


# What is read before


@pytest.mark.parametrize("outcome", ["remove", "keep_withheld", "no_violation", "not_found"])
@pytest.mark.parametrize("people", [1, 3])
def test_what_is_shown_before_is_what_is_sent_after(
    desk_story: Story, monkeypatch: pytest.MonkeyPatch, outcome: str, people: int
) -> None:
    if people == 1:
        monkeypatch.setattr(type(desk_story.desk), "size", lambda *_, **__: "solo")
    desk_story.post(views=50)
    desk_story.post("copy", account="other", sha=b"post-1".ljust(32, b"."), views=50)
    case = desk_story.report(claimant="depicted", text="To ja.", language="pl").case
    desk_story.report(external_id="2", language="en", minor=False)
    desk_story.work()
    desk_story.now += timedelta(days=4)
    waiting = [h.notice for h in open_handlings(cases=[case])[case]]
    before = {s["id"] for s in statements_of(case=case)}
    client = signed_in(desk_story, desk_story.reviewer(0))
    page = _look(client, case, outcome, "Most.\nŻółta łódź & <b>.").content.decode()
    shown = _said(page)
    desk_story.decide(case, 0, outcome, reason="Most.\nŻółta łódź & <b>.")
    if outcome in ("no_violation", "not_found") and _row(case).undecided:
        if people == 1:
            desk_story.now += timedelta(hours=80)
            client = signed_in(desk_story, desk_story.reviewer(0))
            shown = _said(_look(client, case, outcome, "Most.\nŻółta łódź & <b>.").content.decode())
        desk_story.decide(case, 1 if people == 3 else 0, outcome, reason="Most.\nŻółta łódź & <b>.")
    desk_story.work(rounds=8)
    closing = ("removed", "not_removed", "not_found")
    told = [a for a in answers_on(case=case, notices=waiting) if a.kind in closing]
    stated = [s for s in statements_of(case=case) if s["id"] not in before]
    assert len(told) == len(waiting)
    sent = {a.text for a in told} | {s["text"] for s in stated}
    assert sorted(shown) == sorted(_lines(text) for text in sent)


def test_a_look_leaves_nothing_behind(desk_story: Story) -> None:
    desk_story.post(views=50)
    case = desk_story.report(claimant="depicted").case
    desk_story.work()
    client = signed_in(desk_story, desk_story.reviewer(0))
    tables = [t for (t,) in fetch_all("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1", [])]

    def everything() -> list[Any]:
        return [fetch_all(f'SELECT t::text FROM "{t}" t ORDER BY 1', []) for t in tables]  # noqa: S608 - names from the catalogue

    token_of(client)
    before = everything()
    for outcome in ("remove", "keep_withheld", "no_violation", "not_found", "cannot_judge"):
        body = {"outcome": outcome, "ground": "child_safety", "reason": "A bridge.", "token": token_of(client)}
        assert client.post(f"/console/cases/{case}/preview", body).status_code == 200
    changed = [t for t, was, now in zip(tables, before, everything(), strict=True) if was != now]
    assert [t for t in changed if "visit" not in t and "session" not in t] == []
    assert event_count() > 0 and decisions_of(case=case) == [] and _row(case).undecided and measures_of(case=case)


@pytest.mark.parametrize("first", ["no_violation", "not_found"])
def test_a_look_tells_nothing_of_what_others_have_said(desk_story: Story, first: str) -> None:
    desk_story.post(views=50)
    case = desk_story.report(claimant="depicted").case
    desk_story.work()
    client = signed_in(desk_story, desk_story.reviewer(1))

    def looks() -> list[str]:
        found = []
        for outcome in ("remove", "keep_withheld", "no_violation", "not_found", "cannot_judge"):
            answer = _look(client, case, outcome)
            assert answer.status_code == 200
            found.append(answer.content.decode())
        return found

    before = looks()
    desk_story.decide(case, 0, first, reason="A secret opinion.")
    assert looks() == before


def test_a_look_is_refused_as_the_decision_would_be(desk_story: Story) -> None:
    desk_story.post()
    case = desk_story.report().case
    client = signed_in(desk_story, desk_story.reviewer(0))
    assert _look(client, case, "remove", " ").status_code == 422
    assert _look(client, case, "remove", "x" * 4001).status_code == 422
    assert _look(client, case, "nonsense").status_code == 422
    assert _look(client, case, "remove", ground="nonsense").status_code == 422
    assert _look(client, uuid.uuid4(), "remove").status_code == 404
    assert "more knowledge decides" in _look(client, case, "cannot_judge").content.decode()
    desk_story.decide(case, 0, "remove")
    assert _look(client, case, "remove").status_code == 409


def test_a_look_never_waits_long_for_whoever_writes_to_the_case(desk_story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odzew.usecases.preview_decision._PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    desk_story.post()
    case = desk_story.report().case
    client = signed_in(desk_story, desk_story.reviewer(0))
    held, done = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with transaction.atomic():
                lock_case(case=case)
                held.set()
                done.wait(20)
        finally:
            connection.close()

    other = threading.Thread(target=write)
    other.start()
    try:
        assert held.wait(20)
        answer = _look(client, case, "remove")
    finally:
        done.set()
        other.join()
    assert answer.status_code == 409 and "Something is being written on this case." in answer.content.decode()
    assert _look(client, case, "remove").status_code == 200
