"""Does a policy keep the promises: no silence, nobody alone clears a child's case, no clock deletes, the law's times hold?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Final

from odzew.policy.assess import assess
from odzew.policy.data import Assessment, ClockPlan, Desk, Facts, Trigger
from odzew.policy.rules import DECIDING, DEEDS, HIDING_DEEDS, VARIANTS, Policy
from odzew.policy.vocabulary import CLAIMANTS, DESKS, KINDS

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

STATUTORY: Final[Mapping[str, timedelta]] = {
    "ncii_tida": 48 * HOUR,
    "ncii_uk": 48 * HOUR,
    "au_complaint": 48 * HOUR,
    "danger": HOUR,
    "decision_notice": HOUR,
    "sor_user": HOUR,
}
"""Clocks of the law and the longest they may run, whatever the file says (sources beside each clock in `default.toml`)."""

LONGEST: Final[Mapping[str, timedelta]] = {
    "ack": HOUR,
    "child_withhold": 4 * HOUR,
    "child_decide": 3 * DAY,
    "repeat": 4 * HOUR,
    "hash_look": 4 * HOUR,
    "ncii_policy": DAY,
    "ncii_decide": 3 * DAY,
    "threat_decide": 4 * HOUR,
    "tf_priority": 4 * HOUR,
    "other_decide": 7 * DAY,
    "appeal_decide": 7 * DAY,
    "statement_review": 14 * DAY,
    "outside_opinion": 7 * DAY,
}
"""The house's own limits: a promise is worth its number."""

APPEAL_FLOOR: Final = 184 * DAY
"""DSA art. 20(1): at least six months."""

_SPEAKS: Final = frozenset({"withhold", "withhold_item", "escalate", "answer"})
_ENDS: Final[Mapping[str, frozenset[str]]] = {
    "ack": frozenset({"resend", "answer"}),
    "child_withhold": HIDING_DEEDS,
    "repeat": HIDING_DEEDS,
    "ncii_policy": HIDING_DEEDS,
    "tf_priority": HIDING_DEEDS,
    "decision_notice": frozenset({"answer"}),
    "sor_user": frozenset({"resend"}),
    "appeal_window": frozenset({"close_window"}),
    "watch": frozenset({"close_window"}),
    "threat_decide": frozenset({"escalate"}),
    "hash_look": frozenset({"escalate"}),
    "appeal_decide": frozenset({"escalate"}),
    "outside_opinion": frozenset({"escalate"}),
}
_CHILD_TRIGGERS: Final = frozenset(
    {"confirmed_match", "new_facts", "trusted_source", "marked_account", "person", "second_reporter"}
)
_GROUNDS: Final = (
    "child_safety",
    "intimate_images",
    "sextortion",
    "grooming",
    "not_in_scope",
    "other_terms",
    "legal_order",
)
_HUMANS: Final[Mapping[Desk, int]] = {"pair": 2, "team": 3}
_NEWS: Final = {"child_decide": DAY, "ncii_decide": 2 * DAY, "other_decide": 3 * DAY, "appeal_decide": 3 * DAY}


def check_policy(*, policy: Policy) -> list[str]:
    """Give one sentence for each way in which the policy breaks a promise; an empty list means that it may take force.

    The limits are in code, not in the file, so that a file cannot move them.
    """
    checks = (
        _deeds,
        _lengths,
        _statutory,
        _order,
        _silence,
        _signers,
        _triggers,
        _breaker,
        _matching,
        _place,
        _gone,
        _names,
        _cases,
    )
    return list(dict.fromkeys(sentence for check in checks for sentence in check(policy)))


def remarks(*, policy: Policy) -> list[str]:
    """Give one sentence for each thing that a policy may say, and that its operator should know the price of."""
    rule = policy.double
    never = [f"double.{where}" for where, share in (("share", rule.share), *_named_shares(policy)) if share == 0]
    return [
        f"The key {key} is 0: none of these decisions gets a second, blind look, so nobody learns how well people agree on them."
        for key in never
    ]


def _named_shares(policy: Policy) -> Iterator[tuple[str, float]]:
    yield from ((f"queues.{name}", share) for name, share in policy.double.queues.items())
    yield from ((f"kinds.{name}", share) for name, share in policy.double.kinds.items())


def _deeds(policy: Policy) -> Iterator[str]:
    for name, rule in policy.clocks.items():
        for deed in {step.deed for step in rule.steps} | {rule.deed}:
            if deed not in DEEDS:
                yield f"The clock {name} orders {deed}, which no clock may do; no clock deletes."
        if rule.deed in DEEDS and rule.deed not in _ENDS.get(name, _SPEAKS):
            wanted = " or ".join(sorted(_ENDS.get(name, _SPEAKS)))
            yield f"The clock {name} ends in {rule.deed}; it must end in {wanted}."
        if any(step.deed == "close_window" for step in rule.steps):
            yield f"The clock {name} closes a window on the way; only its end may."
    threat = policy.clocks["threat_decide"]
    if any(step.deed in HIDING_DEEDS for step in threat.steps):
        yield "The clock threat_decide hides, but while nothing is public no clock may do anything visible."


def _lengths(policy: Policy) -> Iterator[str]:
    for name, longest in LONGEST.items():
        for variant in VARIANTS[name]:
            if policy.clocks[name].variants[variant] > longest:
                yield f"The clock {name} ({variant}) is longer than {_words(longest)}, the most this desk may promise."
        if policy.clocks[name].length > longest:
            yield f"The clock {name} is longer than {_words(longest)}, the most this desk may promise."
    window = policy.clocks["appeal_window"]
    if window.length < APPEAL_FLOOR or window.variants["person"] < window.length:
        yield "The clock appeal_window is shorter than six months (184 d), or shorter for the person depicted than for others."
    if policy.marks_expire > 732 * DAY:
        yield "The key marks.expire keeps marks on accounts longer than 24 months."
    if not 7 * DAY <= policy.words_kept <= 366 * DAY:
        yield "The key words.kept must be 7 days to a year: somebody may come back, and nobody's words are kept for ever."


def _statutory(policy: Policy) -> Iterator[str]:
    for name, ceiling in STATUTORY.items():
        rule = policy.clocks[name]
        if rule.length > ceiling or timedelta(hours=rule.statutory_hours or 0) > ceiling:
            yield f"The clock {name} is statutory and may be shortened but never lengthened beyond {_words(ceiling)}."
        if not rule.statutory:
            yield f"The clock {name} is statutory and must say so."
    for name in ("ncii_tida", "ncii_uk"):
        deeds = [step.deed for step in policy.clocks[name].steps if step.after < STATUTORY[name]]
        if "withhold_item" not in deeds:
            yield f"The clock {name} must make the item unavailable everywhere (withhold_item) before its statutory time."


def _order(policy: Policy) -> Iterator[str]:
    """What is said later may only raise: knowing that a child is shown never gives more time than not knowing."""
    child, adult = policy.clocks["child_withhold"], policy.clocks["ncii_policy"]
    if not child.length <= child.variants["age_unknown"] <= adult.length:
        yield "The clock child_withhold must be no longer than its age_unknown, and that no longer than ncii_policy."
    if not child.variants["person_age_unknown"] <= min(child.variants["age_unknown"], adult.variants["person"]):
        yield "The clock child_withhold's person_age_unknown must be no longer than its age_unknown and than ncii_policy's person."
    if not adult.variants["person"] <= min(4 * HOUR, adult.length):
        yield "The clock ncii_policy's person must be no longer than 4 h and than its length."
    decide = [policy.clocks[name] for name in ("child_decide", "ncii_decide", "other_decide")]
    for sooner, later in pairwise(decide):
        if sooner.length > later.length or sooner.variants.get("solo", sooner.length) > later.variants.get("solo", later.length):
            yield f"The clock {sooner.name} must be no longer than {later.name}."


def _silence(policy: Policy) -> Iterator[str]:
    if not {0.5, 0.8} <= set(policy.warn):
        yield "The key clocks.warn must hold 0.5 and 0.8, so that people are warned before a clock acts."
    for name, longest in _NEWS.items():
        for variant in ("", *policy.clocks[name].variants):
            if _longest_gap(policy.plan(name, variant)) > longest:
                yield f"The clock {name} leaves the reporter without news for more than {_words(longest)}."


def _longest_gap(plan: ClockPlan) -> timedelta:
    news = [timedelta(0), *(step.after for step in plan.steps if step.deed == "answer"), plan.length]
    return max(later - sooner for sooner, later in pairwise(news))


def _signers(policy: Policy) -> Iterator[str]:
    for desk, humans in _HUMANS.items():
        rule = policy.sign[desk]
        if rule.people < 2:
            yield f"The key sign.{desk}.people lets one person clear a child-safety case where several are there."
        if rule.people > humans:
            yield f"The key sign.{desk}.people asks for more people than such a desk has, a dead end."
    if policy.sign["pair"].tie_breaker == "third":
        yield "The key sign.pair.tie_breaker asks for a third person, whom a desk of two does not have."
    solo = policy.sign["solo"]
    if solo.people != 1 or solo.tie_breaker == "third":
        yield "The section sign.solo asks for people whom a desk of one does not have."
    if solo.rounds < 2 or solo.apart < 12 * HOUR or solo.apart_person < max(solo.apart, 72 * HOUR):
        yield "The section sign.solo must ask for two rounds, 12 h apart, 72 h where the person depicted or a guardian claims."
    if not solo.trusted_outside:
        yield "The key sign.solo.trusted_outside lets one person alone clear what a confirmed bank or a trusted source raised."
    if solo.watch < 14 * DAY:
        yield "The key sign.solo.watch must put what one person restored on watch for 14 d."
    if policy.uk_request_people < 2:
        yield "The key sign.adult.uk_request_people lets one person refuse a formal UK request (OSA s.10(3B))."


def _triggers(policy: Policy) -> Iterator[str]:
    child, adult, other = (policy.triggers[regime] for regime in DECIDING)
    for name in sorted(_CHILD_TRIGGERS - child):
        yield f"The key triggers.child.{name} must be now: a child is not kept waiting there."
    for regime, names in (("intimate", adult), ("other", other)):
        if "second_reporter" in names:
            yield f"The key triggers.{regime}.second_reporter hides by count; a crowd alone never hides adult content."
    for name in sorted((adult - child - {"person_and_fingerprint", "person_and_fast_spread"}) | (other - adult)):
        yield f"The trigger {name} must not hide at once in a milder regime while it does not in a graver one."
    if policy.hides_after_clearance > 1:
        yield "The key thresholds.hides_after_clearance lets bare claims hide cleared bytes more than once more."
    if policy.few_viewers < 20:
        yield "The key thresholds.few_viewers must be 20 or more, or a statement may tell who reported."


def _breaker(policy: Policy) -> Iterator[str]:
    rule = policy.breaker
    if rule.wait > 4 * HOUR:
        yield "The key breaker.wait keeps an unreviewed item up for more than 4 h."
    if not 1 <= rule.floor <= 1000 or rule.times_peak > 100:
        yield "The section breaker trips always or never; floor must be 1 to 1000 and times_peak at most 100."
    if rule.low_views_per_hour > policy.fast_views_per_hour or rule.low_views > 10_000:
        yield "The section breaker would make items wait that spread fast; low spread must be low."


def _matching(policy: Policy) -> Iterator[str]:
    rule = policy.match
    if rule.pdq_equal > 10 or rule.quality < 80 or rule.quality > 100:
        yield "The section match counts as equal what is only near; pdq_equal is at most 10, quality 80 to 100."
    if not rule.pdq_equal <= rule.pdq_near <= 31:
        yield "The key match.pdq_near must be between pdq_equal and 31."
    if rule.wide_hits > 5 or rule.wide_age > 365 * DAY:
        yield "The section match lets a reporter's hash hide more than 5 items, or items more than a year older, without a person."


def _place(policy: Policy) -> Iterator[str]:
    rule = policy.severity
    if not timedelta(0) < rule.bound <= 7 * DAY:
        yield "The key severity.bound_hours must be 1 to 168, or a case could wait for ever behind others."
    if not 1 <= rule.minor_unknown_factor <= rule.minor_factor or rule.minor_unknown > rule.minor:
        yield "The section severity gives a child a lower place than a person of unknown age, or that one lower than an adult."


def _gone(policy: Policy) -> Iterator[str]:
    probes = policy.probes
    if not probes or probes[0] or any(later <= sooner for sooner, later in pairwise(probes)) or probes[-1] < 7 * DAY:
        yield "The key verify_gone.probes must look at once, then ever later, up to 7 d or more."
    if not timedelta(0) < policy.probe_every <= 31 * DAY:
        yield "The key verify_gone.then_every must be 31 d or less."


def _names(policy: Policy) -> Iterator[str]:
    for ground in _GROUNDS:
        if ground not in policy.grounds:
            yield f"The ground {ground} is missing; a decision could not name its rule."


def _cases(policy: Policy) -> Iterator[str]:
    """Judge one notice of every kind, age, claimant and desk, and see that each is decided, protected and signed for."""
    desks: tuple[Desk, ...] = DESKS
    for kind, minor, claimant, desk in product(sorted(KINDS), (True, None, False), sorted(CLAIMANTS), desks):
        judged = assess(facts=_one_notice(kind=kind, minor=minor, claimant=claimant, desk=desk), policy=policy)
        case = f"A notice of {kind}, minor {minor}, by {claimant}, on a {desk} desk"
        deciding = [plan for plan in judged.clocks if plan.name in DECIDING.values() and plan.steps[-1].deed in _SPEAKS]
        if not deciding:
            yield f"{case} has no clock that ends in an answer, an escalation or a hide."
        if judged.regime != "other" and _hidden_after(judged) > (4 * HOUR if judged.regime == "child" else DAY):
            yield f"{case} may stay up unreviewed for too long."
        if judged.regime == "child" and judged.sign.people * judged.sign.rounds < 2:
            yield f"{case} could be cleared by one look."


def _hidden_after(judged: Assessment) -> timedelta:
    if judged.hide_now:
        return timedelta(0)
    return min((step.after for plan in judged.clocks for step in plan.steps if step.deed in HIDING_DEEDS), default=timedelta.max)


def _one_notice(*, kind: str, minor: bool | None, claimant: str, desk: Desk) -> Facts:
    day = datetime(2026, 1, 1, tzinfo=UTC)
    return Facts(
        now=day,
        opened_at=day,
        trigger=Trigger(what="notice", kind=kind, minor=minor, claimant=claimant),
        desk=desk,
        jurisdiction="",
        kinds=frozenset({kind}),
        minor=minor,
        flags=frozenset(),
        claimants=frozenset({claimant}),
        sources=frozenset({"user"}),
        claimed_by_person=claimant != "other",
    )


def _words(length: timedelta) -> str:
    hours = int(length / HOUR)
    return f"{hours} h" if hours <= 72 else f"{hours // 24} d"
