"""The judgement beside hiding: who signs, who is protected, what people are told, the law's own clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from odzew.policy.clearing import clearing
from odzew.policy.clocks import clock, decision_clocks, probe_schedule
from odzew.policy.data import ClockPlan, Desk, Facts, Regime, Trigger
from odzew.policy.rules import HIDING_DEEDS
from tests.policy.strategies import adult, match, notice, shipped
from tests.policy.test_table import codes, judge

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def plan(facts: Facts, name: str) -> ClockPlan:
    return next(plan for plan in judge(facts).clocks if plan.name == name)


class TestWhoMaySignToClear:
    def test_a_team_needs_two_and_a_third_when_they_disagree(self) -> None:
        sign = judge(notice(desk="team")).sign
        assert (sign.people, sign.rounds, sign.tie_breaker, sign.outside) == (2, 1, "third", False)

    def test_a_pair_needs_two_and_an_outside_opinion_when_they_disagree(self) -> None:
        sign = judge(notice(desk="pair")).sign
        assert (sign.people, sign.rounds, sign.tie_breaker, sign.outside) == (2, 1, "outside", False)

    @pytest.mark.parametrize(("claimant", "apart"), [("other", 12), ("depicted", 72), ("guardian", 72)])
    def test_a_desk_of_one_decides_twice_apart_and_watches(self, claimant: str, apart: int) -> None:
        sign = judge(notice(desk="solo", claimant=claimant)).sign
        assert (sign.people, sign.rounds, sign.apart, sign.watch) == (1, 2, apart * HOUR, 14 * DAY)
        assert not sign.outside

    @pytest.mark.parametrize(
        "raised", [{"source": "hotline"}, {"matches": (match(),)}, {"raised_by_trusted": True}, {"source": "authority"}]
    )
    def test_a_desk_of_one_needs_another_human_for_what_a_trusted_source_raised(self, raised: dict[str, Any]) -> None:
        assert judge(notice(desk="solo", **raised)).sign.outside

    def test_unknown_age_is_cleared_like_a_child_safety_case(self) -> None:
        assert judge(notice(kind="ncii", minor=None)).sign.people == 2

    @pytest.mark.parametrize("desk", ["solo", "pair", "team"])
    def test_one_person_clears_an_adult_case(self, desk: Desk) -> None:
        sign = judge(adult(desk=desk)).sign
        assert (sign.people, sign.rounds, sign.outside, sign.watch) == (1, 1, False, timedelta(0))

    def test_a_formal_uk_request_is_refused_by_two(self) -> None:
        uk = frozenset({"uk"})
        assert judge(adult(desk="pair", regimes=uk)).sign.people == 2
        alone = judge(adult(desk="solo", regimes=uk)).sign
        assert (alone.people, alone.rounds, alone.outside) == (1, 2, True)

    def test_the_same_is_told_without_a_whole_judgement(self) -> None:
        assert clearing(facts=notice(), policy=shipped()) == judge(notice()).sign


class TestTheLawsClocks:
    @pytest.mark.parametrize("make", [notice, adult])
    @pytest.mark.parametrize(("regime", "name"), [("tida", "ncii_tida"), ("uk", "ncii_uk")])
    def test_a_formal_request_is_unavailable_everywhere_before_48_hours(self, regime: str, name: str, make: Any) -> None:
        steps = plan(make(regimes=frozenset({regime})), name).steps
        assert [(step.after / HOUR, step.deed) for step in steps] == [
            (24, "warn"),
            (36, "withhold"),
            (38.4, "warn"),
            (47, "withhold_item"),
            (48, "escalate"),
        ]

    def test_an_australian_complaint_has_48_hours(self) -> None:
        made = plan(adult(regimes=frozenset({"au"})), "au_complaint")
        assert made.statutory and made.length == 48 * HOUR and made.steps[-1].deed == "escalate"

    @pytest.mark.parametrize("source", ["hotline", "trusted_flagger", "authority"])
    def test_a_trusted_source_is_decided_within_four_hours(self, source: str) -> None:
        assert plan(adult(source=source), "tf_priority").steps[-1].deed == "withhold"
        assert plan(notice(kind="other", minor=False, source=source), "tf_priority").steps[-1].deed == "escalate"

    def test_danger_rings_and_shows_emergency_lines(self) -> None:
        facts = notice(flags=frozenset({"imminent"}))
        assert judge(facts).alarms == ("danger",) and judge(facts).advice == ("emergency",)
        assert plan(facts, "danger").length == HOUR

    def test_danger_rings_with_the_notice_that_says_it(self) -> None:
        """Not with each count of views, nor with the next notice."""
        known = notice(flags=frozenset({"imminent"}))
        for trigger in (Trigger(what="spread"), Trigger(what="notice")):
            judged = judge(replace(known, trigger=trigger))
            assert not judged.alarms and "danger" not in [p.name for p in judged.clocks]


@pytest.mark.parametrize(
    "sign",
    [
        {"flags": frozenset({"self_produced"})},
        {"flags": frozenset({"peer"})},
        {"account_minor": True},
        {"reporter_is_uploader": True, "claimant": "depicted"},
    ],
)
def test_the_uploader_may_be_the_child(sign: dict[str, Any]) -> None:
    judged = judge(notice(**sign))
    assert judged.protect_uploader and "uploader_may_be_child" in codes(judged)
    assert not judge(notice()).protect_uploader


@pytest.mark.parametrize(
    "facts",
    [
        notice(kind="grooming"),
        notice(kind="sextortion_child"),
        notice(kind="child_abuse_disclosure"),
        adult(kind="sextortion_adult"),
        notice(private=True),
        notice(views=20),
        notice(views=5000, seen_by=20),
    ],
)
def test_the_full_statement_waits_for_the_safety_officer(facts: Facts) -> None:
    assert judge(facts).full_statement_held


def test_otherwise_it_does_not_wait() -> None:
    assert not judge(notice(views=21)).full_statement_held
    assert not judge(notice(kind="other", minor=False, views=3)).full_statement_held


@pytest.mark.parametrize(
    ("bank", "regime", "child_safety"), [(True, "child", True), (False, "intimate", False), (None, "child", False)]
)
def test_a_bank_may_tell_what_an_unclear_notice_does_not(bank: bool | None, regime: Regime, child_safety: bool) -> None:
    judged = judge(notice(kind="other", minor=None, matches=(match(child=bank),)))
    assert (judged.hide_now, judged.regime, judged.child_safety) == (True, regime, child_safety)


def test_all_reasons_are_given_and_in_order() -> None:
    judged = judge(
        notice(
            claimant="depicted",
            notices=3,
            independent=2,
            same_reporter=2,
            account_marked=True,
            matches=(match(), match("disputed")),
            flags=frozenset({"self_produced", "imminent"}),
        )
    )
    assert codes(judged) == [
        "child_kind",
        "minor_claimed",
        "confirmed_match",
        "marked_account",
        "person",
        "person_and_fingerprint",
        "second_reporter",
        "disputed_match",
        "same_reporter_again",
        "spread",
        "imminent_danger",
        "uploader_may_be_child",
    ]


class TestClocksThatOtherActsArm:
    @pytest.mark.parametrize(
        ("name", "asked", "length", "deed"),
        [
            ("ack", {}, timedelta(minutes=1), "resend"),
            ("decision_notice", {}, HOUR, "answer"),
            ("sor_user", {}, HOUR, "resend"),
            ("appeal_window", {}, 184 * DAY, "close_window"),
            ("appeal_window", {"claimant": "depicted"}, 366 * DAY, "close_window"),
            ("appeal_window", {"claimant": "guardian"}, 366 * DAY, "close_window"),
            ("appeal_decide", {}, 72 * HOUR, "escalate"),
            ("appeal_decide", {"regime": "intimate"}, 72 * HOUR, "escalate"),
            ("appeal_decide", {"regime": "other"}, 7 * DAY, "escalate"),
            ("appeal_decide", {"by": "uploader"}, 24 * HOUR, "escalate"),
            ("appeal_decide", {"by": "uploader", "desk": "solo"}, 72 * HOUR, "escalate"),
            ("child_decide", {"desk": "solo"}, 72 * HOUR, "escalate"),
            ("watch", {}, 14 * DAY, "close_window"),
            ("statement_review", {}, 14 * DAY, "escalate"),
        ],
    )
    def test_length_and_deed(self, name: str, asked: dict[str, Any], length: timedelta, deed: str) -> None:
        made = clock(shipped(), name, **{"regime": "child", "desk": "team", **asked})
        assert (made.name, made.length, made.steps[-1].after, made.steps[-1].deed) == (name, length, length, deed)

    def test_a_decision_arms_the_answer_and_the_right_to_complain(self) -> None:
        armed = decision_clocks(policy=shipped(), assessment=judge(notice()), desk="team", claimant="depicted")
        assert [(made.name, made.length) for made in armed] == [("decision_notice", HOUR), ("appeal_window", 366 * DAY)]

    def test_gone_is_looked_at_again_and_again(self) -> None:
        assert probe_schedule(shipped()) == (timedelta(0), timedelta(minutes=15), HOUR, DAY, 7 * DAY)
        assert shipped().probe_every == 30 * DAY

    def test_a_desk_of_one_sends_news_each_day(self) -> None:
        news = [step.after for step in plan(notice(desk="solo"), "child_decide").steps if step.deed == "answer"]
        assert news == [24 * HOUR, 48 * HOUR]

    def test_every_clock_warns_at_half_and_at_four_fifths(self) -> None:
        for made in shipped().plans.values():
            warned = {step.after for step in made.steps if step.deed == "warn"}
            assert {made.length * 0.5, made.length * 0.8} <= warned
            assert list(made.steps) == sorted(made.steps, key=lambda step: step.after)

    def test_no_clock_of_the_shipped_policy_deletes(self) -> None:
        deeds = {step.deed for made in shipped().plans.values() for step in made.steps}
        assert deeds == HIDING_DEEDS | {"warn", "escalate", "answer", "resend", "close_window"}
