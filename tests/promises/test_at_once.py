"""Everybody at once: real threads on the real database."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection

from odzew.cases.rows import read_cases
from odzew.enforcement.api import measures_of
from odzew.foundation.errors import OdzewError
from odzew.notices.api import views_of
from odzew.usecases.clock_ran_out import clock_ran_out
from odzew.usecases.enforce import enforce
from tests.cast import Story
from tests.promises import truth


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Start all acts at the same moment, each in a thread with a connection of its own; return what each gave or raised."""
    gate, out = threading.Barrier(len(acts)), [None] * len(acts)

    def run(n: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait(30)
            out[n] = act()
        except Exception as error:  # handed to the test
            out[n] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    return out


def _fine(found: list[Any]) -> list[Any]:
    wrong = [f for f in found if isinstance(f, BaseException) and not isinstance(f, OdzewError)]
    assert not wrong, wrong
    return found


def test_two_notices_on_a_new_item_or_address_are_one_case(story: Story) -> None:
    for n in range(6):
        name = f"new-{n}"
        if n % 2:
            story.post(name)
        url = f"https://kladka.example/posts/{name}"
        found = _fine(at_once(*[lambda url=url: story.report(url=url) for _ in range(4)]))
        assert len({r.case for r in found}) == 1
        assert read_cases(ids=[found[0].case])[0].notices == 4
    truth.no_silence()
    truth.on_record()


def test_a_notice_and_the_registration_of_its_address_meet(story: Story) -> None:
    for n in range(8):
        name = f"meet-{n}"
        url = f"https://kladka.example/posts/{name}"
        found = _fine(at_once(lambda url=url: story.report(url=url, claimant="depicted"), lambda name=name: story.post(name)))  # type: ignore[misc]
        assert [m.measure for m in measures_of(case=found[0].case)] == ["withhold"], n
    truth.one_fate()


def test_the_same_external_id_is_one_notice(story: Story) -> None:
    story.post()
    found = _fine(at_once(*[lambda: story.report(external_id="once") for _ in range(5)]))
    assert len({(r.notice, r.case, r.code) for r in found}) == 1
    assert len(views_of(case=found[0].case)) == 1


def test_two_reviewers_at_once_do_not_both_come_second(story: Story) -> None:
    for n in range(4):
        story.post(f"p{n}")
        receipt = story.report(f"p{n}", claimant="depicted")
        found = _fine(at_once(*[lambda who=who, c=receipt.case: story.decide(c, who, "no_violation") for who in range(3)]))
        states = Counter(getattr(f, "state", "refused") for f in found)
        assert states == {"awaiting_second": 1, "final": 1, "refused": 1}
    for n in range(4, 8):
        story.post(f"p{n}")
        receipt = story.report(f"p{n}", claimant="depicted")
        found = _fine(
            at_once(
                lambda c=receipt.case: story.decide(c, 0, "remove"),  # type: ignore[misc]
                lambda c=receipt.case: story.decide(c, 1, "no_violation"),  # type: ignore[misc]
            )
        )
        assert read_cases(ids=[receipt.case])[0].withheld
    truth.no_silence()


def test_one_person_twice_at_once_clears_nothing(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    found = _fine(at_once(*[lambda: story.decide(receipt.case, 0, "no_violation") for _ in range(4)]))
    assert Counter(getattr(f, "state", "refused") for f in found) == {"awaiting_second": 1, "refused": 3}


def test_many_sweepers_do_each_due_clock_once(story: Story) -> None:
    for n in range(40):
        story.post(f"p{n}")
        story.report(f"p{n}", claimant="other")
    story.now += timedelta(hours=1, seconds=1)
    found = _fine(
        at_once(*[lambda: [clock_ran_out(desk=story.desk, now=story.now, limit=15).deeds for _ in range(6)] for _ in range(4)])
    )
    deeds: Counter[str] = sum((d for one in found for d in one), Counter())
    while more := clock_ran_out(desk=story.desk, now=story.now).deeds:
        deeds += more
    assert deeds["withhold"] == 40
    assert truth.rows("SELECT count(*) AS n FROM enforcement_measure")[0]["n"] == 40
    rang = truth.rows("SELECT count(*) AS n FROM ledger_event WHERE kind = 'clock.rang'")[0]["n"]
    assert rang == sum(deeds.values())


def test_a_sweeper_and_a_decision_meet(story: Story) -> None:
    for n in range(6):
        story.post(f"p{n}")
    cases = [story.report(f"p{n}").case for n in range(6)]
    story.now += timedelta(hours=1, seconds=1)
    _fine(
        at_once(
            lambda: [clock_ran_out(desk=story.desk, now=story.now, limit=2) for _ in range(9)],
            lambda: [story.decide(c, 0, "remove") for c in cases],
            lambda: [story.decide(c, 1, "keep_withheld") for c in reversed(cases) if _open(c)],
        )
    )
    story.work(rounds=20)
    truth.one_fate()
    truth.no_silence()
    assert all(c.withheld for c in read_cases(ids=cases))


def _open(case: uuid.UUID) -> bool:
    return read_cases(ids=[case])[0].undecided


def test_the_whole_house_at_once_ends_whole(story: Story) -> None:
    """Registrations that merge cases, notices on several places in any order, workers and decisions: no ring, nothing lost."""
    for n in range(12):
        story.post(f"p{n}", sha=bytes([n % 6]) * 32)
        story.report(f"p{n}", claimant="depicted" if n % 3 else "other")
    items = [f"p{n}" for n in range(12)]

    def notices(order: list[str]) -> int:
        from odzew.cases.data import Place
        from odzew.notices.data import Concern, NewNotice
        from odzew.usecases.receive_notice import receive_notice

        for n in range(8):
            places = tuple(Place(item_id=i) for i in order[n % 6 :: 3])
            concern = Concern(kind="csam", minor=True, claimant="other")
            notice = NewNotice(external_id=None, source="user", concern=concern, places=places)
            receive_notice(notice=notice, caller=story.program, desk=story.desk, now=story.now)
        return 8

    def merges(shift: int) -> None:
        for n in range(6):
            story.post(f"p{(n * 5 + shift) % 12}", sha=bytes([(n + shift) % 6]) * 32, repost_of=f"p{(n + shift) % 12}")

    def work() -> None:
        for _ in range(12):
            clock_ran_out(desk=story.desk, now=story.now)
            enforce(desk=story.desk, out=story.platform_side, alarm=story.ring, clock=lambda: story.now)

    before = len(truth.notices())
    _fine(at_once(lambda: notices(items), lambda: notices(items[::-1]), lambda: merges(1), lambda: merges(7), work, work))
    story.work(rounds=30)
    assert len(truth.notices()) == before + 16
    truth.no_silence()
    truth.one_fate()
    truth.done_was_seen()
    truth.on_record()
