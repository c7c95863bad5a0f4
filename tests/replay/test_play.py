"""The story itself, through the real use cases and the real database."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from odzew.cases.clocks import armed, stop
from odzew.entrypoints.replay import meanwhile
from odzew.entrypoints.replay import play as player
from odzew.entrypoints.replay.case_file import find_case
from odzew.entrypoints.replay.course import course_of, told
from odzew.entrypoints.replay.figures import Figures, as_json, figures_now, figures_then
from odzew.entrypoints.replay.play import Played, play
from odzew.entrypoints.replay.plot import draw
from odzew.entrypoints.replay.silence import silent_notices
from odzew.entrypoints.replay.story import Case
from odzew.foundation.writes import Writes
from odzew.policy.load import load_policy
from odzew.policy.shipped import shipped_policy_text
from odzew.usecases.clock_ran_out import Swept, clock_ran_out
from odzew.usecases.desk import Desk
from odzew.usecases.receive_notice import receive_notice
from tests.cast import KEYS, POLICY, Story

DOE = find_case(name="doe-v-twitter")
FORUM = find_case(name=str(Path(__file__).with_name("forum.toml")))
LATE, CARELESS, NOBODY = DOE.staffing
EVERY = list(itertools.product(DOE.staffing, DOE.curves))


def played(case: Case = DOE, *, staffing: int = 0, curve: int = 0, policy: Any = POLICY) -> Played:
    """Play a case in the test's database."""
    return play(case=case, curve=case.curves[curve], staffing=case.staffing[staffing], policy=policy, keys=KEYS)


@pytest.mark.parametrize(
    ("staffing", "curve"), list(itertools.product(range(3), range(3))), ids=[f"{s.name}: {c.name}" for s, c in EVERY]
)
def test_known_accounts_are_hidden_at_once_and_nobody_is_met_by_silence(transactional_db: None, staffing: int, curve: int) -> None:
    one = played(staffing=staffing, curve=curve)
    now, then = figures_now(case=DOE, played=one), figures_then(case=DOE, curve=DOE.curves[curve])
    assert now.silent_hours == 0
    assert now.hours_to_withhold == 0
    assert now.hours_to_answer == 0
    assert (then.hours_to_withhold, then.hours_to_decision, then.hours_to_answer) == (864, 816, 816)
    assert then.silent_hours == 816
    if DOE.staffing[staffing] is LATE:
        assert now.hours_to_decision == 12.17
        assert now.views_after_first_notice == 0
        assert not one.changes[-1].served
    elif DOE.staffing[staffing] is NOBODY:
        assert now.hours_to_decision is None and one.decisions == ()
        assert now.views_after_first_notice == 0
        assert not one.changes[-1].served
    else:
        assert now.hours_to_decision == 0.02
        assert one.changes[-1].served, "two people who agree can clear: the record says so, and so does the replay"
        assert 0 < now.views_after_first_notice <= then.views_after_first_notice
        finals = [d for d in one.decisions if d.state == "final"]
        assert len(finals) == 4, "each later day's notice opened the case again, and they looked again"
        assert "served again at 0.02 h" in told(case=DOE, played=one)


def _unknown(case: Case) -> Case:
    return replace(case, accounts=tuple(replace(a, known=False) for a in case.accounts))


def test_without_known_accounts_the_clock_hides_after_an_hour(transactional_db: None) -> None:
    one = played(_unknown(DOE))
    now = figures_now(case=DOE, played=one)
    assert now.hours_to_withhold == 1
    assert 0 < now.views_after_first_notice < 300
    assert now.silent_hours == 0


def test_after_a_careless_clearing_a_later_claim_hides_again_when_nobody_looks(transactional_db: None) -> None:
    gone_home = tuple(replace(p, on_duty_until=timedelta(days=1)) for p in CARELESS.people)
    case = replace(DOE, staffing=(replace(CARELESS, people=gone_home),))
    one = played(case)
    steps = [(round((at - case.first_notice) / timedelta(hours=1), 2), what) for at, what in course_of(case=case, played=one)]
    assert steps == [(0.0, "hidden"), (0.02, "cleared by people"), (0.02, "served again"), (652.0, "hidden")]
    assert not one.changes[-1].served
    assert figures_now(case=case, played=one).silent_hours == 0


def test_a_notice_of_a_hotline_names_the_address_and_hides_at_once(transactional_db: None) -> None:
    case = replace(_unknown(DOE), notices=(replace(DOE.notices[0], source="hotline"), *DOE.notices[1:]))
    one = played(case, staffing=2)
    now = figures_now(case=case, played=one)
    assert (now.hours_to_withhold, now.views_after_first_notice, now.silent_hours) == (0, 0, 0)


def test_unknown_age_waits_four_hours(transactional_db: None) -> None:
    unsure = replace(_unknown(DOE), notices=(replace(DOE.notices[0], minor=None),))
    assert figures_now(case=unsure, played=played(unsure, staffing=2)).hours_to_withhold == 4


def test_a_second_independent_reporter_hides_at_once(transactional_db: None) -> None:
    first = replace(DOE.notices[0], minor=None)
    second = replace(first, at=first.at + timedelta(minutes=30), reporter="another bystander")
    case = replace(_unknown(DOE), notices=(first, second))
    assert figures_now(case=case, played=played(case, staffing=2)).hours_to_withhold == 0.5


def test_another_case_against_another_policy(transactional_db: None) -> None:
    one = played(FORUM)
    now = figures_now(case=FORUM, played=one)
    assert asdict(now) == asdict(
        Figures(
            views_after_first_notice=now.views_after_first_notice,
            hours_to_withhold=2.0,
            hours_to_decision=5.5,
            hours_to_answer=2.0,
            silent_hours=0.0,
        )
    )
    assert now.views_after_first_notice in (8, 9)
    then = figures_then(case=FORUM, curve=FORUM.curves[0])
    assert (then.hours_to_withhold, then.hours_to_decision, then.hours_to_answer, then.silent_hours) == (None, None, 48, 48)
    assert then.views_after_first_notice == 300


def test_a_quicker_policy_hides_sooner(transactional_db: None) -> None:
    text = shipped_policy_text().replace('person = "2 h"\ndeed = "withhold"', 'person = "1 h"\ndeed = "withhold"')
    now = figures_now(case=FORUM, played=played(FORUM, policy=load_policy(text=text)))
    assert now.hours_to_withhold == 1


def _deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the second hour on some fault stops every clock of the cases."""
    real = clock_ran_out
    cases: list[Any] = []

    def receive(**words: Any) -> Any:
        receipt = receive_real(**words)
        cases.append(receipt.case)
        return receipt

    def sweep(*, desk: Desk, now: datetime) -> Swept:
        from django.db import transaction

        swept = real(desk=desk, now=now)
        if now > DOE.first_notice + timedelta(hours=1):
            with transaction.atomic():
                writes = Writes()
                for running in armed(cases=cases).values():
                    stop(writes, clocks=list(running.values()), now=now)
                writes.send()
        return swept

    receive_real = receive_notice
    monkeypatch.setattr(player, "receive_notice", receive)
    monkeypatch.setattr(meanwhile, "clock_ran_out", sweep)


def test_the_player_hears_a_silence_that_is_planted(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _deaf(monkeypatch)
    one = played(staffing=2)
    assert figures_now(case=DOE, played=one).silent_hours > 500


def test_the_check_itself_fails_when_clocks_stop(story: Story) -> None:
    from django.db import transaction

    story.post()
    receipt = story.report(claimant="depicted")
    story.work()

    def silent(at: datetime) -> frozenset[uuid.UUID]:
        return silent_notices(notices=[receipt.notice], cases=[receipt.case], now=at)

    assert silent(story.now) == frozenset()
    assert silent(story.now + timedelta(days=30)) == {receipt.notice}, "an overdue clock does not run"
    with transaction.atomic():
        writes = Writes()
        stop(writes, clocks=list(armed(cases=[receipt.case])[receipt.case].values()), now=story.now)
        writes.send()
    assert silent(story.now) == {receipt.notice}


def test_json_and_plot_of_a_play(transactional_db: None) -> None:
    one = played()
    value = as_json(case=DOE, policy="a policy", plays=[one])
    assert list(value) == ["case", "policy", "staffing", "curves"]
    assert (value["case"], value["policy"], value["staffing"]) == ("doe-v-twitter", "a policy", LATE.name)
    keys = ["views_after_first_notice", "hours_to_withhold", "hours_to_decision", "hours_to_answer", "silent_hours"]
    for curve in value["curves"]:
        assert list(curve) == ["name", "then", "now"]
        assert list(curve["then"]) == list(curve["now"]) == keys
    _well_drawn(draw(case=DOE, plays=[one]), panels=1)


def _well_drawn(svg: str, *, panels: int) -> None:
    space = "{http://www.w3.org/2000/svg}"
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own drawing
    assert root.tag == f"{space}svg" and root.get("role") == "img"
    labels = (root.get("aria-labelledby") or "").split()
    assert labels == [root.find(f"{space}title").get("id"), root.find(f"{space}desc").get("id")]  # type: ignore[union-attr]
    lines = root.findall(f"{space}polyline")
    assert [line.get("class") for line in lines] == ["now", "then"] * panels
    assert len(root.findall(f"{space}path[@class='notice']")) == 5 * panels
    assert "prefers-color-scheme: dark" in svg and "script" not in svg and "http://" not in svg.replace("http://www.w3.org", "")
