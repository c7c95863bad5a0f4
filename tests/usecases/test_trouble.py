"""Races, faults of single deeds, and thousands of copies."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from odzew.answers.api import answers_to
from odzew.cases import clocks as cases_clocks
from odzew.cases.data import Place
from odzew.cases.items import items_of
from odzew.cases.register import ItemIn, MediaIn
from odzew.cases.rows import read_cases
from odzew.enforcement.api import measures_of
from odzew.notices.api import view
from odzew.notices.data import Concern, NewNotice, Receipt
from odzew.usecases import _telling, clock_ran_out, receive_notice
from odzew.usecases.register_items import register_items
from tests.cast import Story
from tests.promises import truth


def _report(story: Story, *places: Place, case: uuid.UUID | None = None) -> Receipt:
    notice = NewNotice(
        external_id=None, source="user", concern=Concern(kind="csam", minor=True, claimant="other"), places=places, case=case
    )
    return receive_notice.receive_notice(notice=notice, caller=story.program, desk=story.desk, now=story.now)


def test_a_notice_that_names_a_case_which_is_merged_meanwhile_stands_on_what_it_became(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.post("one", sha=b"a" * 32)
    story.post("two", sha=b"b" * 32)
    cases = {story.report("one").case, story.report("two").case}
    story.post("two", sha=b"a" * 32)
    (stays,) = (row.id for row in read_cases(ids=list(cases)) if row.merged_into is None)
    (gone,) = cases - {stays}
    asked: list[uuid.UUID] = []

    def before_the_merger(*, case: uuid.UUID) -> uuid.UUID:
        asked.append(case)
        return gone if len(asked) == 1 else stays

    monkeypatch.setattr(receive_notice, "now_named", before_the_merger)
    receipt = _report(story, case=gone)
    known = view(notice=receipt.notice)
    assert receipt.case == stays and known is not None and known.cases == (stays,)
    truth.no_silence()


def test_addresses_are_held_before_copy_sets(story: Story) -> None:
    """The other way round a notice of a known and an unknown place and a registration wait for each other."""
    story.post()
    with CaptureQueriesContext(connection) as done:
        receipt = _report(story, Place(item_id="post-1"), Place(url="https://kladka.example/posts/new"), Place(item_id="later"))
    sql = [q["sql"] for q in done.captured_queries]
    held = [n for n, q in enumerate(sql) if "NO KEY UPDATE OF g" in q]
    assert held and max(n for n, q in enumerate(sql) if "pg_advisory_xact_lock" in q) < min(held)
    assert len(items_of(case=receipt.case)) == 3


def test_a_place_whose_copy_set_moved_while_it_was_waited_for_is_found(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    from odzew.cases import resolve

    for n in (1, 2):
        story.post(f"post-{n}")
    look, calls = resolve._look, []

    def one_is_missed(keys: list[bytes]) -> dict[bytes, Any]:
        calls.append(keys)
        found = look(keys)
        return dict(list(found.items())[1:]) if len(calls) == 1 else found

    monkeypatch.setattr(resolve, "_look", one_is_missed)
    receipt = _report(story, Place(item_id="post-1"), Place(item_id="post-2"))
    assert {i.external_id for i in items_of(case=receipt.case)} == {"post-1", "post-2"}


def _fails(monkeypatch: pytest.MonkeyPatch, error: Exception, times: int) -> list[int]:
    done, claim = [0], cases_clocks.claim

    def failing(**given: Any) -> Any:
        done[0] += 1
        if done[0] <= times:
            raise error
        return claim(**given)

    monkeypatch.setattr(clock_ran_out, "claim", failing)
    return done


def test_a_sweep_that_the_database_ended_for_the_sake_of_another_is_done_again(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.post()
    receipt = story.report(kind="ncii", minor=False)
    story.now += timedelta(hours=12, minutes=1)
    error = OperationalError("deadlock detected")
    error.__cause__ = type("Deadlock", (Exception,), {"sqlstate": "40P01"})()
    _fails(monkeypatch, error, times=3)
    story.work()
    assert "deed_failed" not in [a["code"] for a in story.alarms]
    assert not read_cases(ids=[receipt.case])[0].withheld, "a warning that met a deadlock hid the item twelve hours early"


def test_a_deed_that_fails_for_ever_hides_once_and_does_not_fill_the_record(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.post()
    receipt = story.report()
    _fails(monkeypatch, ValueError("a fault"), times=10**6)
    story.wait(hours=1, minutes=1)
    story.wait(hours=2, step=timedelta(seconds=10))
    assert read_cases(ids=[receipt.case])[0].withheld
    failed = truth.rows("SELECT count(*) AS n FROM ledger_event WHERE kind = 'clock.failed'")[0]["n"]
    assert 20 <= failed <= 120, failed
    assert 2 <= [a["code"] for a in story.alarms].count("deed_failed") <= 4


def test_where_the_database_is_away_the_sweeper_waits(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a thousand tries to protect, each waiting for a connection."""
    story.post()
    story.report()
    story.now += timedelta(hours=2)
    real, asked = cases_clocks.due_cases, []

    def away_the_second_time(**given: Any) -> Any:
        asked.append(given)
        if len(asked) > 1:
            raise OperationalError("gone")
        return real(**given)

    monkeypatch.setattr(clock_ran_out, "due_cases", away_the_second_time)
    tried = _fails(monkeypatch, OperationalError("gone"), times=10**6)
    with pytest.raises(OperationalError):
        clock_ran_out.clock_ran_out(desk=story.desk, now=story.now)
    assert tried == [1]


def _items(story: Story, many: int, files: int) -> list[ItemIn]:
    media = tuple(MediaIn(id=f"m{n}", url=f"https://kladka.example/m{n}") for n in range(files))
    return [
        ItemIn(id=f"p{n}", kind="post", url=f"https://kladka.example/p{n}", account_id="u", created_at=story.now, media=media)
        for n in range(many)
    ]


def test_a_batch_asks_the_database_as_often_for_fifty_known_items_as_for_five(story: Story) -> None:
    def questions(many: int) -> int:
        with CaptureQueriesContext(connection) as done:
            register_items(items=_items(story, many, 2), caller=story.program, desk=story.desk, now=story.now)
        return len(done)

    register_items(items=_items(story, 50, 2), caller=story.program, desk=story.desk, now=story.now)
    assert questions(50) == questions(5)
    register_items(items=_items(story, 3, 1), caller=story.program, desk=story.desk, now=story.now)
    left = truth.rows(
        "SELECT i.external_id AS id, count(*) AS n FROM cases_media m JOIN cases_item i ON i.id = m.item_id GROUP BY 1"
    )
    assert {r["n"] for r in left if r["id"] in ("p0", "p1", "p2")} == {1} and {r["n"] for r in left if r["id"] == "p9"} == {2}


def test_of_many_copies_the_last_one_seen_gone_tells(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(12):
        story.post(f"copy-{n}", sha=b"a" * 32)
    read: list[object] = []

    def counted(**given: Any) -> Any:
        read.append(given)
        return measures_of(**given)

    monkeypatch.setattr(_telling, "measures_of", counted)
    receipt = story.report("copy-0", claimant="depicted")
    story.work(rounds=8)
    assert [a.kind for a in answers_to(notice=receipt.notice)] == ["receipt", "hidden"]
    assert len(read) <= 2, "each copy read all measures"
