"""A policy that breaks a promise is refused: each mutation of the shipped file breaks one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from odzew.policy.check import LONGEST, STATUTORY, check_policy
from odzew.policy.load import load_policy
from odzew.policy.rules import VARIANTS
from tests.policy.strategies import shipped
from tests.policy.test_load import TEXT, changed


def test_the_shipped_policy_keeps_the_promises() -> None:
    assert check_policy(policy=shipped()) == []


def _section(name: str) -> str:
    start = TEXT.index(f"[{name}]")
    end = TEXT.find("\n[", start)
    return TEXT[start:end]


def _in(section: str, before: str, after: str) -> str:
    whole = _section(section)
    return TEXT.replace(whole, changed(before, after, text=whole), 1)


def _line(section: str, key: str) -> str:
    return next(line for line in _section(section).splitlines() if line.startswith(f"{key} ="))


BROKEN = [
    # the law
    ("clocks.ncii_tida", 'length = "48 h"', 'length = "49 h"', "ncii_tida is statutory"),
    ("clocks.ncii_tida", "statutory_hours = 48", "statutory_hours = 96", "ncii_tida is statutory"),
    ("clocks.ncii_uk", 'length = "48 h"', 'length = "7 d"', "ncii_uk is statutory"),
    ("clocks.au_complaint", 'length = "48 h"', 'length = "72 h"', "au_complaint is statutory"),
    ("clocks.decision_notice", 'length = "1 h"', 'length = "2 h"', "decision_notice is statutory"),
    ("clocks.danger", 'length = "1 h"', 'length = "1 d"', "danger is statutory"),
    ("clocks.ncii_uk", "statutory = true", "statutory = false", "must say so"),
    ("clocks.ncii_uk", '{ at = "47 h", deed = "withhold_item" }', '{ at = "47 h", deed = "warn" }', "unavailable everywhere"),
    ("clocks.appeal_window", 'length = "184 d"', 'length = "90 d"', "six months"),
    ("clocks.appeal_window", 'person = "366 d"', 'person = "100 d"', "six months"),
    # one person
    ("sign.team", "people = 2", "people = 1", "sign.team.people lets one person clear"),
    ("sign.pair", "people = 2", "people = 1", "sign.pair.people lets one person clear"),
    ("sign.pair", "people = 2", "people = 3", "dead end"),
    ("sign.pair", '"outside"', '"third"', "sign.pair.tie_breaker"),
    ("sign.solo", "rounds = 2", "rounds = 1", "could be cleared by one look"),
    ("sign.solo", 'apart = "12 h"', 'apart = "1 min"', "12 h apart"),
    ("sign.solo", 'apart_person = "72 h"', 'apart_person = "12 h"', "72 h where"),
    ("sign.solo", "trusted_outside = true", "trusted_outside = false", "trusted_outside"),
    ("sign.solo", "people = 1", "people = 2", "desk of one"),
    ("sign.solo", 'watch = "14 d"', 'watch = "0 d"', "on watch"),
    ("sign.adult", "uk_request_people = 2", "uk_request_people = 1", "uk_request_people"),
    # silence
    ("clocks.child_decide", 'deed = "escalate"', 'deed = "warn"', "has no clock that ends in"),
    ("clocks.ncii_decide", 'deed = "escalate"', 'deed = "close_window"', "has no clock that ends in"),
    ("clocks.other_decide", 'deed = "escalate"', 'deed = "resend"', "has no clock that ends in"),
    ("clocks.decision_notice", 'deed = "answer"', 'deed = "warn"', "decision_notice ends in warn"),
    ("clocks.ack", 'deed = "resend"', 'deed = "warn"', "ack ends in warn"),
    ("clocks.child_decide", 'news_every = "24 h"\n', "", "without news"),
    ("clocks.child_decide", 'solo = "72 h"', 'solo = "30 d"', "longer than 72 h"),
    ("clocks.appeal_decide", 'deed = "escalate"', 'deed = "close_window"', "appeal_decide ends in"),
    ("clocks", "warn = [0.5, 0.8]", "warn = [0.9]", "clocks.warn"),
    ("clocks.ack", 'length = "1 min"', 'length = "1 d"', "ack is longer"),
    # what stays up
    ("clocks.child_withhold", 'deed = "withhold"', 'deed = "escalate"', "may stay up unreviewed"),
    ("clocks.child_withhold", 'length = "1 h"', 'length = "5 h"', "may stay up unreviewed"),
    ("clocks.child_withhold", 'age_unknown = "4 h"', 'age_unknown = "24 h"', "child_withhold (age_unknown)"),
    ("clocks.child_withhold", 'person_age_unknown = "2 h"', 'person_age_unknown = "4 h"', "person_age_unknown"),
    ("clocks.ncii_policy", 'deed = "withhold"', 'deed = "answer"', "may stay up unreviewed"),
    ("clocks.ncii_policy", 'person = "2 h"', 'person = "24 h"', "ncii_policy's person"),
    ("triggers.child", 'second_reporter = "now"', 'second_reporter = "never"', "triggers.child.second_reporter"),
    ("triggers.child", 'confirmed_match = "now"', 'confirmed_match = "never"', "triggers.child.confirmed_match"),
    # side doors and abuse of the desk
    ("triggers.intimate", 'near_match = "now"', 'second_reporter = "now"', "hides by count"),
    ("triggers.other", 'confirmed_match = "now"', 'second_reporter = "now"', "hides by count"),
    ("triggers.other", 'confirmed_match = "now"', 'person = "now"', "milder regime"),
    ("thresholds", "hides_after_clearance = 1", "hides_after_clearance = 5", "once more"),
    ("thresholds", "few_viewers = 20", "few_viewers = 0", "who reported"),
    ("clocks.threat_decide", 'deed = "escalate"', 'deed = "withhold"', "threat_decide ends in"),
    ("breaker", "floor = 10", "floor = 1000000", "always or never"),
    ("breaker", "floor = 10", "floor = 0", "always or never"),
    ("breaker", "times_peak = 3.0", "times_peak = 1000000", "always or never"),
    ("breaker", 'wait = "4 h"', 'wait = "9999 d"', "breaker.wait"),
    ("breaker", "low_views_per_hour = 20.0", "low_views_per_hour = 1e9", "spread fast"),
    ("match", "pdq_equal = 10", "pdq_equal = 31", "only near"),
    ("match", "quality = 80", "quality = 0", "only near"),
    ("match", "pdq_near = 31", "pdq_near = 200", "pdq_near"),
    ("match", "wide_hits = 5", "wide_hits = 500", "without a person"),
    ("severity", "bound_hours = 24", "bound_hours = 100000", "wait for ever"),
    ("severity", "minor_factor = 1.5", "minor_factor = 0.5", "a lower place"),
    ("verify_gone", 'then_every = "30 d"', 'then_every = "3000 d"', "then_every"),
    ("verify_gone", '"0 min", ', "", "at once"),
    ("marks", 'expire = "731 d"', 'expire = "9999 d"', "24 months"),
]


@pytest.mark.parametrize(("section", "before", "after", "says"), BROKEN, ids=[f"{b[0]}: {b[2]}" for b in BROKEN])
def test_a_policy_that_breaks_a_promise_is_refused(section: str, before: str, after: str, says: str) -> None:
    sentences = check_policy(policy=load_policy(text=_in(section, before, after)))
    assert any(says in sentence for sentence in sentences), sentences
    assert all(sentence.endswith(".") for sentence in sentences)


def test_a_missing_ground_is_refused() -> None:
    text = TEXT.replace(_section("grounds.not_in_scope"), "", 1)
    assert check_policy(policy=load_policy(text=text)) == [
        "The ground not_in_scope is missing; a decision could not name its rule."
    ]


def test_a_clock_that_deletes_is_refused_however_it_came_in() -> None:
    policy = shipped()
    clocks = {**policy.clocks, "ncii_tida": replace(policy.clocks["ncii_tida"], deed="delete")}
    assert any("no clock deletes" in sentence for sentence in check_policy(policy=replace(policy, clocks=clocks)))


@pytest.mark.parametrize("name", sorted(STATUTORY))
def test_a_statutory_clock_may_be_shortened(name: str) -> None:
    line = _line(f"clocks.{name}", "length")
    text = _in(f"clocks.{name}", line, 'length = "47 h"' if "48" in line else 'length = "15 min"')
    assert check_policy(policy=load_policy(text=text)) == []


def test_every_clock_has_a_limit_or_says_why_not() -> None:
    assert set(STATUTORY) | set(LONGEST) | {"appeal_window", "watch"} == set(VARIANTS)
    assert all(policy.source for policy in shipped().clocks.values())
