"""Which clocks run on a case, and the plans of the clocks that other acts arm."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from odzew.policy.data import ClockPlan, Desk, Facts, Regime
from odzew.policy.rules import DECIDING, HIDING_DEEDS, Policy
from odzew.policy.view import PERSON, View

_SOLO: Final = frozenset({"child_decide", "ncii_decide"})
# The clock of each formal request.
FORMAL: Final = {"tida": "ncii_tida", "uk": "ncii_uk", "au": "au_complaint"}


def case_clocks(view: View, *, hidden: bool, waits: bool) -> tuple[ClockPlan, ...]:
    """Give every clock that must run: what hides if nobody looks, what decides, what the law adds.

    `hidden`: it is or will at once be hidden; `waits`: the breaker holds the hide back. What a notice started (a new look, a trusted
    source's four hours, danger) runs on by itself: new counts alone never start it again.
    """
    plan, facts, regime = view.policy.plan, view.facts, view.regime
    may_hide = regime != "other" and not view.threat
    plans: list[ClockPlan] = []
    counts_only = facts.trigger.what == "spread"
    if facts.clearances and not counts_only:
        used_up = view.cleared and hides_used_up(view)
        plans.append(plan("repeat", hides=may_hide and not used_up and not view.wide_only))
    if may_hide and not hidden and not view.cleared:
        plans.append(_withhold(view, waits=waits))
    if view.wide and not hidden:
        plans.append(plan("hash_look"))
    if view.threat:
        plans.append(plan("threat_decide"))
    plans.append(_decide(view))
    if view.trusted and not view.cleared and not counts_only:
        plans.append(plan("tf_priority", hides=may_hide))
    plans += [plan(name, hides=not view.threat) for request, name in FORMAL.items() if request in facts.regimes]
    if danger_said(facts):
        plans.append(plan("danger"))
    return tuple(plans)


def danger_said(facts: Facts) -> bool:
    """Does this very notice say that somebody is in danger now? Each such notice rings; what becomes known besides does not."""
    return facts.trigger.what == "notice" and "imminent" in facts.trigger.flags


def hides_used_up(view: View) -> bool:
    """Tell whether a bare claim has hidden the cleared bytes as often as it may."""
    facts = view.facts
    return facts.hides_since_clearance >= view.policy.hides_after_clearance or facts.watch_hide_used


def may_wait(view: View) -> bool:
    """Tell whether a bare claim would hide by its clock sooner than the breaker lets it."""
    return not view.cleared and _withhold(view, waits=False).length < view.policy.breaker.wait


def _withhold(view: View, *, waits: bool) -> ClockPlan:
    name, variant = "ncii_policy", "person" if view.person else ""
    if view.regime == "child":
        name, variant = "child_withhold", ""
        if view.age_unknown:
            variant = "person_age_unknown" if view.person else "age_unknown"
    chosen = view.policy.plan(name, variant, hides=not view.wide_only)
    if waits:
        waiting = view.policy.plan(name, "breaker", hides=not view.wide_only)
        return waiting if waiting.length > chosen.length else chosen
    return chosen


def _decide(view: View) -> ClockPlan:
    facts = view.facts
    same = facts.trigger.heard_before or (facts.notices > 1 and facts.independent == 1)
    halve = view.regime == "child" and facts.trigger.what == "notice" and same
    name = DECIDING[view.regime]
    return view.policy.plan(name, "solo" if facts.desk == "solo" and name in _SOLO else "", halve=halve)


def clock(
    policy: Policy,
    name: str,
    *,
    regime: Regime,
    desk: Desk,
    claimant: str = "other",
    by: Literal["reporter", "uploader"] = "reporter",
) -> ClockPlan:
    """Give the plan of a clock that an act arms: `ack`, `decision_notice`, `appeal_window`, `sor_user`, `watch`, ...

    `claimant` lengthens the appeal window of the person depicted and of a guardian (DSA art. 20(1)); `by` tells whose appeal it is:
    an uploader's against a hide goes first. A name that is no clock raises `KeyError`: names come from code, not from people.
    """
    variant = ""
    if name in {"appeal_window", "ncii_policy"} and claimant in PERSON:
        variant = "person"
    elif name in _SOLO and desk == "solo":
        variant = "solo"
    elif name == "appeal_decide" and by == "uploader":
        variant = "uploader_solo" if desk == "solo" else "uploader"
    elif name == "appeal_decide" and regime == "other":
        variant = "other"
    return policy.plan(name, variant, hides=regime != "other")


def formal_clock(policy: Policy, law: str, *, published: bool) -> ClockPlan:
    """Give the plan of a formal request's clock; while nothing is public it warns where it would hide."""
    return policy.plan(FORMAL[law], hides=published)


def probe_schedule(policy: Policy) -> tuple[timedelta, ...]:
    """Give when the address of a measure is looked at, counted from the order; afterwards every `policy.probe_every`."""
    return policy.probes


def protects(plan: ClockPlan) -> bool:
    """Tell whether a clock hides the item by itself at some step."""
    return any(step.deed in HIDING_DEEDS for step in plan.steps)
