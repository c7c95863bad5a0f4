"""The platform is away, lies, refuses, is slow, or shows it again: what the desk does, and what it never claims."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from odzew.answers.api import answers_to
from odzew.cases.clocks import overdue
from odzew.cases.register import ItemIn, MediaIn
from odzew.enforcement.api import measures_of, probes_of
from odzew.foundation.outgoing import Reply
from odzew.ledger.outbox import attempts_of, claim_due
from odzew.ledger.people import platforms
from odzew.usecases.enforce import _deliver
from odzew.usecases.register_items import register_items
from tests.cast import KEYS, START, Story


def _standing(story: Story, case: uuid.UUID) -> list[tuple[str, str]]:
    return [(m.measure, m.state) for m in measures_of(case=case) if m.in_force]


def _kinds(notice: uuid.UUID) -> list[str]:
    return [a.kind for a in answers_to(notice=notice)]


def test_away_for_an_hour_the_order_waits_is_tried_again_and_done_when_it_is_back(story: Story) -> None:
    story.post()
    story.platform_side.mode = "down"
    receipt = story.report(claimant="depicted")
    story.wait(hours=1, step=timedelta(minutes=1))
    assert _standing(story, receipt.case) == [("withhold", "ordered")]
    assert _kinds(receipt.notice) == ["receipt"]
    (measure,) = measures_of(case=receipt.case)
    assert len(attempts_of(subjects=[measure.id])[measure.id]) > 8
    story.platform_side.mode = "honest"
    story.wait(hours=1, step=timedelta(minutes=5))
    assert _standing(story, receipt.case) == [("withhold", "done")]
    assert _kinds(receipt.notice) == ["receipt", "hidden"]


def test_a_platform_that_says_ok_and_does_nothing_is_not_believed(story: Story) -> None:
    story.post()
    story.platform_side.mode = "lying"
    receipt = story.report(claimant="depicted")
    story.wait(minutes=50, step=timedelta(minutes=1))
    assert _standing(story, receipt.case) == [("withhold", "accepted")]
    assert "hidden" not in _kinds(receipt.notice)
    (measure,) = measures_of(case=receipt.case)
    assert {p["status"] for p in probes_of(measures=[measure.id])[measure.id]} == {200}
    assert "not_gone" in {a["code"] for a in story.alarms}
    orders = [m for m in story.platform_side.inbox if m["type"] == "measure.ordered"]
    assert len(orders) > 1 and len({m["data"]["measure_id"] for m in orders}) == 1
    story.platform_side.mode = "honest"
    story.wait(minutes=40, step=timedelta(minutes=1))
    assert _standing(story, receipt.case) == [("withhold", "done")]
    assert "hidden" in _kinds(receipt.notice)


@pytest.mark.parametrize("status", ["400", "403", "404", "422"])
def test_a_refusal_is_kept_and_rings(story: Story, status: str) -> None:
    story.post()
    story.platform_side.mode = status
    receipt = story.report(claimant="depicted")
    story.work()
    assert _standing(story, receipt.case) == [("withhold", "failed")]
    assert "refused" in {a["code"] for a in story.alarms}
    (measure,) = measures_of(case=receipt.case)
    assert [t["status"] for t in attempts_of(subjects=[measure.id])[measure.id]] == [int(status)]


@pytest.mark.parametrize("status", ["302", "408", "429", "500", "503"])
def test_what_may_pass_is_tried_again(story: Story, status: str) -> None:
    story.post()
    story.platform_side.mode = status
    receipt = story.report(claimant="depicted")
    story.wait(minutes=5, step=timedelta(seconds=20))
    assert _standing(story, receipt.case) == [("withhold", "ordered")]
    story.platform_side.mode = "honest"
    story.wait(minutes=10, step=timedelta(minutes=1))
    assert _standing(story, receipt.case) == [("withhold", "done")]


def test_open_again_without_our_order_is_hidden_again_and_rings(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.work()
    assert _standing(story, receipt.case) == [("withhold", "done")]
    for place in story.platform_side.status:
        story.platform_side.status[place] = 200
    story.wait(minutes=20, step=timedelta(minutes=1))
    assert "returned" in {a["code"] for a in story.alarms}
    assert [m.state for m in measures_of(case=receipt.case)] == ["returned", "done"]
    assert set(story.platform_side.status.values()) == {451}


def test_an_address_that_refused_strangers_before_proves_nothing(story: Story) -> None:
    story.post()
    for place in ("posts", "media"):
        story.platform_side.status[f"https://kladka.example/{place}/post-1"] = 403
    receipt = story.report(claimant="depicted")
    story.work()
    assert _standing(story, receipt.case) == [("withhold", "told")]


def test_no_answer_is_no_proof(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.platform_side.stuck["https://kladka.example/media/post-1"] = 503
    story.wait(minutes=5, step=timedelta(seconds=30))
    assert _standing(story, receipt.case)[0][1] != "done"


def test_an_hour_back_on_the_clock_rings_nothing_twice_and_loses_nothing(story: Story) -> None:
    story.post()
    receipt = story.report()
    story.wait(minutes=61)
    assert _standing(story, receipt.case) == [("withhold", "done")]
    story.now -= timedelta(hours=1)
    story.work()
    story.wait(hours=2)
    assert len(measures_of(case=receipt.case)) == 1
    assert overdue(now=story.now, by=timedelta(seconds=30)) == 0
    assert story.now > START


def test_an_order_that_was_refused_is_given_again_until_it_is_gone(story: Story) -> None:
    """A webhook that answers 404 for an hour must not leave the item up for ever."""
    story.post()
    story.platform_side.mode = "404"
    receipt = story.report(claimant="depicted")
    story.wait(hours=6, step=timedelta(minutes=5))
    assert _standing(story, receipt.case) == [("withhold", "failed")]
    rang = [a["code"] for a in story.alarms]
    assert 4 <= rang.count("refused") <= 8 and 4 <= rang.count("not_gone") <= 8
    story.platform_side.mode = "honest"
    story.wait(hours=2)
    assert _standing(story, receipt.case) == [("withhold", "done")]
    assert "hidden" in _kinds(receipt.notice)


def test_a_refused_order_on_what_strangers_never_saw_proves_nothing(story: Story) -> None:
    story.post()
    for place in ("posts", "media"):
        story.platform_side.status[f"https://kladka.example/{place}/post-1"] = 403
    story.platform_side.mode = "404"
    receipt = story.report(claimant="depicted")
    story.wait(hours=2)
    assert _standing(story, receipt.case) == [("withhold", "failed")]
    story.platform_side.mode = "honest"
    story.wait(hours=2)
    assert _standing(story, receipt.case) == [("withhold", "told")]


def test_a_platform_that_refuses_rings_once_an_hour_for_a_case_not_for_each_copy(story: Story) -> None:
    for n in range(12):
        story.post(f"copy-{n}", sha=b"a" * 32)
    story.platform_side.mode = "404"
    story.report("copy-0", claimant="depicted")
    story.work(rounds=8)
    assert [a["code"] for a in story.alarms].count("refused") == 1


def test_other_files_under_a_hidden_id_are_ordered_hidden_at_once(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.work()
    media = MediaIn(id="new-m", url="https://kladka.example/media/new", sha256=b"n" * 32)
    changed = ItemIn(
        id="post-1", kind="post", url="https://kladka.example/posts/post-1", account_id="uploader", created_at=START, media=(media,)
    )
    register_items(items=[changed], caller=story.program, desk=story.desk, now=story.now)
    story.work()
    assert story.platform_side.status["https://kladka.example/media/new"] == 451
    assert _standing(story, receipt.case) == [("withhold", "done")]


def test_who_says_that_it_is_back_is_not_told_that_it_is_gone_before_somebody_looked(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.wait(hours=50, step=timedelta(hours=5))
    assert _standing(story, receipt.case) == [("remove", "done")]
    story.platform_side.status.clear()  # it is there again
    back = story.report(claimant="depicted")
    assert back.answer_due - story.now == timedelta(hours=1) and _kinds(back.notice) == ["receipt"]
    story.work()
    assert "returned" in {a["code"] for a in story.alarms}
    assert set(story.platform_side.status.values()) == {410}
    assert _kinds(back.notice) == ["receipt", "removed"]


def test_a_look_between_skips_none_of_the_later_ones(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.work()
    looks = [m.id for m in measures_of(case=receipt.case) if m.in_force]
    story.now += timedelta(minutes=5)
    story.report(claimant="depicted")
    story.wait(minutes=15, step=timedelta(minutes=1))
    at = sorted({p["at"] - START for p in probes_of(measures=looks)[looks[0]]})
    assert [t for t in at if t >= timedelta(minutes=10)] == [timedelta(minutes=15)]


def test_addresses_that_hang_do_not_keep_the_order_waiting(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.post()
    media = tuple(MediaIn(id=f"m{n}", url=f"https://kladka.example/media/{n}", sha256=bytes([n]) * 32) for n in range(60))
    item = ItemIn(
        id="post-1", kind="post", url="https://kladka.example/posts/post-1", account_id="uploader", created_at=START, media=media
    )
    register_items(items=[item], caller=story.program, desk=story.desk, now=story.now)
    story.report(claimant="depicted")

    def hangs(**_given: object) -> Reply:
        story.now += timedelta(seconds=15)
        return Reply(status=0, error="timeout")

    monkeypatch.setattr(story.platform_side, "look", hangs)
    before = story.now
    (due,) = [d for d in claim_due(now=story.now, limit=50) if d.kind == "measure"]
    known = platforms(keys=KEYS)
    _deliver(due, known, story.desk, story.platform_side, story.ring, lambda: story.now)
    assert [m["type"] for m in story.platform_side.inbox] == ["measure.ordered"]
    assert story.now - before <= timedelta(seconds=30)
