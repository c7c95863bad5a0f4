"""A delivery that fails by our own fault stops nobody, rings, and is tried again; no try outlasts its lease."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import OperationalError, transaction

from odzew.alarms.api import ring
from odzew.cases.register import ItemIn, MediaIn
from odzew.foundation.outgoing import LONGEST_SECONDS, Reply
from odzew.foundation.writes import Writes
from odzew.ledger.outbox import LEASE, attempts_of, claim_due, finish, hold
from odzew.usecases import enforce
from odzew.usecases.register_items import register_items
from tests.cast import Story
from tests.promises import truth


def _breaks(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception, *, when: Callable[[Any], bool] = lambda _: True) -> None:
    real = getattr(enforce, name)

    def broken(first: Any, *rest: Any, **more: Any) -> Any:
        if when(first):
            raise error
        return real(first, *rest, **more)

    monkeypatch.setattr(enforce, name, broken)


def _rung(story: Story) -> int:
    return [a["code"] for a in story.alarms].count("delivery_failed")


def test_a_fault_of_ours_is_kept_and_rings_and_the_others_go_on(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.post("post-1")
    story.post("post-2", account="other", sha=b"2" * 32)
    first, _ = story.report("post-1", claimant="depicted"), story.report("post-2", claimant="depicted")
    _breaks(monkeypatch, "_accepted", ValueError("a fault"), when=lambda d: d.kind == "measure" and d.case == first.case)
    story.work()
    measures = {
        m["case_id"]: m for m in truth.rows("SELECT id, case_id, state FROM enforcement_measure WHERE measure = 'withhold'")
    }
    assert sorted(m["state"] for m in measures.values()) == ["done", "ordered"]
    failed = measures[first.case]["id"]
    story.wait(hours=3, step=timedelta(minutes=5))
    tries = attempts_of(subjects=[failed])[failed]
    assert {t["error"] for t in tries} == {"fault"} and all(t["ended_at"] for t in tries)
    gaps = [after["at"] - before["at"] for before, after in pairwise(tries)]
    assert gaps == sorted(gaps) and gaps[-1] >= timedelta(minutes=15)
    assert 3 <= _rung(story) <= 4
    monkeypatch.undo()
    story.wait(hours=2)
    assert truth.rows("SELECT state FROM enforcement_measure WHERE id = %s", failed)[0]["state"] == "done"


def test_a_look_that_fails_rings_too_and_is_taken_again(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.post()
    story.report(claimant="depicted")
    _breaks(monkeypatch, "_look_at", ValueError("a fault"))
    story.work()
    assert _rung(story) == 1
    monkeypatch.undo()
    story.wait(minutes=10)
    assert truth.rows("SELECT state FROM enforcement_measure WHERE measure = 'withhold'")[0]["state"] == "done"


def test_an_alarm_that_cannot_ring_does_not_ring_for_that_and_a_database_away_is_no_fault(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction.atomic():
        writes = Writes()
        alarm = ring(writes, code="test", now=story.now)
        writes.send()

    def broken(payload: dict[str, Any], at: Any) -> bool:
        raise ValueError("a fault")

    monkeypatch.setattr(story, "ring", broken)
    story.wait(hours=1)
    assert {t["error"] for t in attempts_of(subjects=[alarm])[alarm]} == {"fault"}
    assert truth.rows("SELECT count(*) AS n FROM alarms_alarm WHERE code = 'delivery_failed'")[0]["n"] == 0
    _breaks(monkeypatch, "_deliver", OperationalError("gone"))
    with pytest.raises(OperationalError):
        story.now += timedelta(hours=5)
        enforce.enforce(desk=story.desk, out=story.platform_side, alarm=story.ring, clock=lambda: story.now)


class _Drips:
    """A platform whose every answer takes as long as any can; `seen` is called before each."""

    def __init__(self, story: Story, seen: Callable[[], None]) -> None:
        self.story, self.seen, self.looks = story, seen, 0

    def look(self, *, url: str, hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Answer at the last moment."""
        self.looks += 1
        self.story.now += timedelta(seconds=LONGEST_SECONDS)
        self.seen()
        return Reply(status=200)

    def post(self, *, url: str, body: bytes, headers: Mapping[str, str], hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """The same for a body."""
        self.story.now += timedelta(seconds=LONGEST_SECONDS)
        self.seen()
        return Reply(status=200)


def test_no_try_outlasts_its_lease_however_slowly_it_is_answered(story: Story) -> None:
    media = tuple(MediaIn(id=f"m-{n}", url=f"https://kladka.example/media/{n}", sha256=bytes([n]) * 32) for n in range(20))
    item = ItemIn(id="post-1", kind="post", url="https://kladka.example/posts/1", account_id="uploader", media=media)
    register_items(items=[item], caller=story.program, desk=story.desk, now=story.now)
    story.report(claimant="depicted")
    taken: list[str] = []

    def another_worker() -> None:
        with transaction.atomic():
            taken.extend(d.kind for d in claim_due(now=story.now, limit=50) if d.kind == "measure")

    out = _Drips(story, another_worker)
    for _ in range(6):
        enforce.enforce(desk=story.desk, out=out, alarm=story.ring, clock=lambda: story.now, limit=1)
        if out.looks:
            break
    assert out.looks and taken == []


def test_whoever_lost_a_delivery_to_another_neither_sends_it_nor_puts_it_off(story: Story) -> None:
    story.post()
    story.report(claimant="depicted")
    with transaction.atomic():
        mine = next(d for d in claim_due(now=story.now, limit=50) if d.kind == "measure")
    assert hold(delivery=mine.id, attempts=mine.attempts, now=story.now)
    later = story.now + LEASE
    with transaction.atomic():
        theirs = next(d for d in claim_due(now=later, limit=50) if d.id == mine.id)
    assert not hold(delivery=mine.id, attempts=mine.attempts, now=later)
    finish(delivery=mine.id, state="waiting", status=None, error="timeout", now=later, attempts=mine.attempts)
    assert hold(delivery=theirs.id, attempts=theirs.attempts, now=later)
    assert timedelta(seconds=LONGEST_SECONDS) < LEASE
