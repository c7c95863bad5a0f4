"""The table of what hides, and when: one example for every row, for both regimes and every size of desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from odzew.policy.assess import assess
from odzew.policy.clocks import protects
from odzew.policy.data import Assessment, Desk, Facts
from odzew.policy.rules import HIDING_DEEDS
from odzew.policy.vocabulary import DESKS
from tests.policy.strategies import adult, match, notice, shipped

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AT_ONCE = timedelta(0)
NEVER = timedelta.max


def judge(facts: Facts) -> Assessment:
    return assess(facts=facts, policy=shipped())


def hidden_after(judged: Assessment) -> timedelta:
    if judged.hide_now:
        return AT_ONCE
    return min((step.after for plan in judged.clocks for step in plan.steps if step.deed in HIDING_DEEDS), default=NEVER)


def codes(judged: Assessment) -> list[str]:
    return [reason.code for reason in judged.reasons]


CHILD = [
    ("equal to a confirmed entry", {"matches": (match(distance=10, quality=80),)}, AT_ONCE),
    ("same bytes as a confirmed entry", {"matches": (match(type="sha256"),)}, AT_ONCE),
    ("near a confirmed entry", {"matches": (match(distance=11),)}, AT_ONCE),
    ("near a confirmed entry, at the edge", {"matches": (match(distance=31),)}, AT_ONCE),
    ("beyond near", {"matches": (match(distance=32),)}, HOUR),
    ("a seed", {"matches": (match("seed"),)}, AT_ONCE),
    ("disputed only", {"matches": (match("disputed"),)}, HOUR),
    ("negative only", {"matches": (match("negative"),)}, HOUR),
    ("a hotline", {"source": "hotline"}, AT_ONCE),
    ("a trusted flagger", {"source": "trusted_flagger"}, AT_ONCE),
    ("an authority", {"source": "authority"}, AT_ONCE),
    ("a marked account", {"account_marked": True}, AT_ONCE),
    ("the person depicted", {"claimant": "depicted"}, AT_ONCE),
    ("a guardian", {"claimant": "guardian"}, AT_ONCE),
    ("a second independent reporter", {"notices": 2, "independent": 2}, AT_ONCE),
    ("two notices that are not independent", {"notices": 2, "independent": 1}, HOUR),
    ("any other claim", {}, HOUR),
    ("any other claim, age unknown", {"minor": None}, 4 * HOUR),
    ("the person, age unknown", {"minor": None, "claimant": "depicted"}, 2 * HOUR),
    ("age unknown, a sexual kind", {"kind": "ncii", "minor": None}, 4 * HOUR),
    ("age unknown, a sexual kind, the person", {"kind": "ncii", "minor": None, "claimant": "depicted"}, 2 * HOUR),
    ("age unknown, a second reporter", {"kind": "ncii", "minor": None, "notices": 2, "independent": 2}, AT_ONCE),
    ("an adult kind, but a minor", {"kind": "ncii", "minor": True}, HOUR),
    ("another kind, but a minor", {"kind": "other", "minor": True, "claimant": "depicted"}, AT_ONCE),
    ("a child kind that somebody calls adult", {"minor": False}, HOUR),
]
ADULT = [
    ("equal to a confirmed entry", {"matches": (match(distance=10, quality=80, child=False),)}, AT_ONCE),
    ("near a confirmed entry", {"matches": (match(distance=31, child=False),)}, AT_ONCE),
    ("a seed alone", {"matches": (match("seed"),)}, 24 * HOUR),
    ("a hotline", {"source": "hotline"}, 4 * HOUR),
    ("a marked account", {"account_marked": True}, 24 * HOUR),
    ("the person depicted", {"claimant": "depicted"}, 2 * HOUR),
    ("a guardian", {"claimant": "guardian"}, 2 * HOUR),
    ("the person, on a fingerprint match", {"claimant": "depicted", "matches": (match("seed", 12),)}, AT_ONCE),
    ("the person, > 100 views an hour", {"claimant": "depicted", "views_per_hour": 100.5}, AT_ONCE),
    ("the person, 100 views an hour", {"claimant": "depicted", "views_per_hour": 100.0}, 2 * HOUR),
    ("a bystander, > 100 views an hour", {"views_per_hour": 5000.0}, 24 * HOUR),
    ("a crowd", {"notices": 5000, "independent": 5000}, 24 * HOUR),
    ("any other claim", {}, 24 * HOUR),
    ("extortion of an adult", {"kind": "sextortion_adult"}, 24 * HOUR),
]
OTHER = [
    ("a crowd", {"notices": 5000, "independent": 5000}, NEVER),
    ("the person", {"claimant": "depicted"}, NEVER),
    ("a hotline", {"source": "hotline"}, NEVER),
    ("bullying of an adult", {"kind": "bullying_minor"}, NEVER),
]


@pytest.mark.parametrize("desk", DESKS)
@pytest.mark.parametrize(("row", "changes", "due"), CHILD, ids=[row[0] for row in CHILD])
def test_child_safety(row: str, changes: dict[str, Any], due: timedelta, desk: Desk) -> None:
    judged = judge(notice(**changes, desk=desk))
    assert judged.regime == "child"
    assert hidden_after(judged) == due
    decide = next(plan for plan in judged.clocks if plan.name == "child_decide")
    assert decide.length == (72 * HOUR if desk == "solo" else 24 * HOUR)


@pytest.mark.parametrize("desk", DESKS)
@pytest.mark.parametrize(("row", "changes", "due"), ADULT, ids=[row[0] for row in ADULT])
def test_adult_intimate_images(row: str, changes: dict[str, Any], due: timedelta, desk: Desk) -> None:
    judged = judge(adult(**changes, desk=desk))
    assert judged.regime == "intimate" and not judged.child_safety
    assert hidden_after(judged) == due


@pytest.mark.parametrize(("row", "changes", "due"), OTHER, ids=[row[0] for row in OTHER])
def test_other_kinds_are_decided_by_people(row: str, changes: dict[str, Any], due: timedelta) -> None:
    judged = judge(notice(**{"kind": "other", "minor": False, **changes}))
    assert judged.regime == "other" and hidden_after(judged) == due
    assert "other_decide" in [plan.name for plan in judged.clocks]


@pytest.mark.parametrize(
    ("said", "child_safety"),
    [
        ({"kind": "csam", "minor": True}, True),
        ({"kind": "csam", "minor": None}, True),
        ({"kind": "csam", "minor": False}, True),
        ({"kind": "ncii", "minor": True}, True),
        ({"kind": "ncii", "minor": None}, False),
        ({"kind": "other", "minor": True}, True),
        ({"kind": "other", "minor": None}, False),
    ],
)
def test_what_is_child_safety(said: dict[str, Any], child_safety: bool) -> None:
    assert judge(notice(**said)).child_safety is child_safety


def test_a_child_kind_called_adult_runs_the_known_ages_clock() -> None:
    """The kind says that there is a child, and a form may mean another person; only "I do not know" gives more time. Of two clocks
    of a name the earlier stands, so that a later "I do not know" takes nothing away."""
    assert hidden_after(judge(notice(minor=False, claimant="depicted"))) == AT_ONCE
    assert hidden_after(judge(notice(minor=None, claimant="depicted"))) == 2 * HOUR


def test_a_further_notice_by_the_same_reporter_halves_what_is_left() -> None:
    first = notice(minor=None, kind="ncii")
    again = replace(first, trigger=replace(first.trigger, heard_before=True), notices=2, same_reporter=2)
    halves = {plan.name: plan.halve for plan in judge(again).clocks}
    assert halves["child_decide"] and not any(plan.halve for plan in judge(first).clocks)
    assert all(plan.floor == HOUR for plan in judge(again).clocks)
    assert judge(again).head_start > judge(first).head_start


def test_for_adult_images_a_further_notice_by_the_same_reporter_raises_the_place() -> None:
    first = adult()
    again = replace(first, trigger=replace(first.trigger, heard_before=True), notices=2, same_reporter=2)
    assert not any(plan.halve for plan in judge(again).clocks)
    assert judge(again).head_start > judge(first).head_start


def test_an_unverified_claim_hides_media_only_and_a_confirmed_match_the_item() -> None:
    claimed, matched = judge(notice(claimant="depicted")), judge(notice(matches=(match(),)))
    assert (claimed.scope, claimed.unverified) == ("media", True)
    assert (matched.scope, matched.unverified) == ("item", False)
    assert judge(notice(matches=(match(distance=20),))).scope == "media"


def test_losing_the_instant_trigger_takes_that_and_nothing_else() -> None:
    facts = notice(claimant="guardian")
    lost = replace(facts, trigger=replace(facts.trigger, instant_lost=True))
    assert hidden_after(judge(lost)) == HOUR
    assert "instant_lost" in codes(judge(lost))
    assert judge(replace(lost, independent=2, notices=2)).hide_now
    grown_up = adult(claimant="depicted", views_per_hour=500.0)
    lost = replace(grown_up, trigger=replace(grown_up.trigger, instant_lost=True))
    assert hidden_after(judge(lost)) == 2 * HOUR


class TestAfterNoViolationOnTheSameBytes:
    @pytest.mark.parametrize("make", [notice, adult])
    def test_a_bare_claim_gets_a_new_look_within_four_hours(self, make: Any) -> None:
        judged = judge(make(claimant="depicted", notices=9, independent=9, clearances=1, account_marked=True))
        assert not judged.hide_now and hidden_after(judged) == 4 * HOUR
        assert "cleared_before" in codes(judged)

    def test_it_hides_at_most_once_more(self) -> None:
        judged = judge(notice(notices=9, independent=9, clearances=1, hides_since_clearance=1))
        repeat = next(plan for plan in judged.clocks if plan.name == "repeat")
        assert hidden_after(judged) == NEVER and repeat.steps[-1].deed == "escalate" and repeat.length == 4 * HOUR
        assert "hide_used_up" in codes(judged)

    @pytest.mark.parametrize("make", [notice, adult])
    @pytest.mark.parametrize("what", ["match", "hotline", "trusted_flagger", "authority", "changed_media"])
    def test_new_facts_hide_at_once(self, what: str, make: Any) -> None:
        judged = judge(make(clearances=2, hides_since_clearance=1, new_facts=frozenset({what})))
        assert judged.hide_now and not judged.unverified

    def test_an_old_hotline_notice_is_no_new_fact(self) -> None:
        judged = judge(notice(clearances=1, sources=frozenset({"hotline", "user"}), raised_by_trusted=True))
        assert not judged.hide_now and "tf_priority" not in [plan.name for plan in judged.clocks]

    def test_on_watch_a_reporter_not_heard_before_hides_it_once(self) -> None:
        facts = notice(desk="solo", clearances=1)
        facts = replace(facts, on_watch_until=facts.now + timedelta(days=3))
        assert judge(facts).hide_now
        assert not judge(replace(facts, watch_hide_used=True)).hide_now
        assert hidden_after(judge(replace(facts, watch_hide_used=True))) == NEVER
        assert not judge(replace(facts, trigger=replace(facts.trigger, heard_before=True))).hide_now
        assert not judge(replace(facts, on_watch_until=facts.now)).hide_now
        assert not judge(replace(facts, trigger=replace(facts.trigger, what="spread"))).hide_now


class TestBreaker:
    STORM = {"claimant": "depicted", "unverified_hides_last_hour": 10, "views": 50, "views_per_hour": 2.0}  # noqa: RUF012

    def test_above_ten_an_hour_items_of_low_spread_wait_four_hours(self) -> None:
        judged = judge(notice(**self.STORM))
        assert hidden_after(judged) == 4 * HOUR and judged.alarms == ("breaker",)
        assert "breaker_waits" in codes(judged)

    def test_below_it_they_do_not(self) -> None:
        assert judge(notice(**{**self.STORM, "unverified_hides_last_hour": 9})).hide_now

    def test_a_busy_desk_has_a_higher_breaker(self) -> None:
        busy = {**self.STORM, "unverified_hides_last_hour": 59, "hourly_peak_30_days": 20}
        assert judge(notice(**busy)).hide_now
        assert not judge(notice(**{**busy, "unverified_hides_last_hour": 60})).hide_now

    @pytest.mark.parametrize("spread", [{"views": 501}, {"views_per_hour": 20.5}])
    def test_what_spreads_is_hidden_at_once_all_the_same(self, spread: dict[str, Any]) -> None:
        judged = judge(notice(**{**self.STORM, **spread}))
        assert judged.hide_now and judged.alarms == ("breaker",)

    @pytest.mark.parametrize("known", [{"matches": (match(),)}, {"source": "hotline"}, {"account_marked": True}])
    def test_what_is_verified_is_hidden_at_once_all_the_same(self, known: dict[str, Any]) -> None:
        judged = judge(notice(**{**self.STORM, **known}))
        assert judged.hide_now and judged.alarms == ()

    def test_what_is_hidden_stays_hidden(self) -> None:
        assert judge(notice(**self.STORM, withheld=True)).hide_now

    def test_a_bystanders_claim_waits_as_long_as_the_persons(self) -> None:
        assert hidden_after(judge(notice(**{**self.STORM, "claimant": "other"}))) == 4 * HOUR

    def test_a_longer_clock_stays_and_rings_no_alarm(self) -> None:
        judged = judge(adult(**{**self.STORM, "claimant": "other"}))
        assert hidden_after(judged) == 24 * HOUR and judged.alarms == ()


class TestNothingPublicYet:
    FACTS = {"kind": "sextortion_child", "claimant": "depicted", "published": False}  # noqa: RUF012

    def test_nothing_visible_is_done_by_a_clock(self) -> None:
        judged = judge(notice(**self.FACTS, flags=frozenset({"threat_to_publish"}), regimes=frozenset({"tida"})))
        assert not judged.hide_now and not any(protects(plan) for plan in judged.clocks)
        threat = next(plan for plan in judged.clocks if plan.name == "threat_decide")
        assert threat.length == 4 * HOUR and threat.steps[-1].deed == "escalate"
        assert judged.guard_uploads and judged.advice == ("do_not_pay",)

    def test_once_published_it_is_hidden(self) -> None:
        judged = judge(notice(**{**self.FACTS, "published": True}, flags=frozenset({"threat_to_publish"})))
        assert judged.hide_now and judged.guard_uploads


def test_a_reporters_hash_that_hits_too_much_waits_for_a_person() -> None:
    wide = notice(source="automatic", matches=(match("seed", wide=True),))
    judged = judge(wide)
    look = next(plan for plan in judged.clocks if plan.name == "hash_look")
    assert hidden_after(judged) == NEVER and look.length == HOUR
    assert hidden_after(judge(replace(wide, sources=frozenset({"automatic", "user"})))) == HOUR
