"""The facts of a case looked at once: its regime, the strength of its matches, and the rules that hold back a hide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from odzew.policy.data import Facts, Match, Reason, Regime
from odzew.policy.rules import MatchRule, Policy
from odzew.policy.vocabulary import CHILD_KINDS, INTIMATE_KINDS, TRUSTED_SOURCES

PERSON: Final = frozenset({"depicted", "guardian"})
INTIMATE_REQUESTS: Final = frozenset({"tida", "uk"})
_UNCLAIMED: Final = frozenset({"automatic"})


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What every part of the judgement asks of the facts.

    `cleared`: these bytes were found to be no violation and nothing new is known. `threat`: nothing is public yet. `wide_only`:
    all that speaks against the item is a reporter's hash that hits too much. `crowded`: more unverified hides in the last hour than
    the breaker allows; `low_spread`: few have seen the item, so that it may wait then.
    """

    facts: Facts
    policy: Policy
    regime: Regime
    child_safety: bool
    age_unknown: bool
    because: tuple[Reason, ...]
    equal: tuple[Match, ...]
    near: tuple[Match, ...]
    seeds: tuple[Match, ...]
    disputed: tuple[Match, ...]
    wide: bool
    trusted: bool
    person: bool
    instant_lost: bool
    cleared: bool
    threat: bool
    wide_only: bool
    crowded: bool
    low_spread: bool


def look(*, facts: Facts, policy: Policy) -> View:
    """Look at the facts once."""
    equal, near, seeds, disputed, wide = _sort_matches(facts.matches, policy.match) if facts.matches else ((), (), (), (), False)
    child_safety, regime, because = _regime(facts, equal, (*near, *seeds))
    trigger, breaker = facts.trigger, policy.breaker
    return View(
        facts=facts,
        policy=policy,
        regime=regime,
        child_safety=child_safety,
        age_unknown=regime == "child" and facts.minor is None,
        because=because,
        equal=equal,
        near=near,
        seeds=seeds,
        disputed=disputed,
        wide=wide,
        trusted=not TRUSTED_SOURCES.isdisjoint(facts.sources),
        person=not PERSON.isdisjoint(facts.claimants),
        instant_lost=trigger.what == "notice" and trigger.instant_lost and trigger.claimant in PERSON,
        cleared=facts.clearances > 0 and not facts.new_facts,
        threat=not facts.published,
        wide_only=wide and facts.sources <= _UNCLAIMED,
        crowded=facts.unverified_hides_last_hour >= max(breaker.floor, breaker.times_peak * facts.hourly_peak_30_days),
        low_spread=facts.views <= breaker.low_views and facts.views_per_hour <= breaker.low_views_per_hour,
    )


def _sort_matches(
    matches: tuple[Match, ...], rule: MatchRule
) -> tuple[tuple[Match, ...], tuple[Match, ...], tuple[Match, ...], tuple[Match, ...], bool]:
    """Sort matches into equal, near, seed and disputed; "near is not equal", and a negative entry alone says nothing."""
    equal: list[Match] = []
    near: list[Match] = []
    seeds: list[Match] = []
    disputed: list[Match] = []
    wide = False
    for match in matches:
        is_equal = match.distance <= (rule.pdq_equal if match.type == "pdq" else 0) and match.quality >= rule.quality
        if not is_equal and (match.type != "pdq" or match.distance > rule.pdq_near):
            continue
        if match.opinion == "confirmed":
            (equal if is_equal else near).append(match)
        elif match.opinion == "seed" and match.wide:
            wide = True
        elif match.opinion == "seed":
            seeds.append(match)
        elif match.opinion == "disputed":
            disputed.append(match)
    return tuple(equal), tuple(near), tuple(seeds), tuple(disputed), wide


def _regime(facts: Facts, equal: tuple[Match, ...], near: tuple[Match, ...]) -> tuple[bool, Regime, tuple[Reason, ...]]:
    """Tell whether this is a child-safety case, which regime it runs under, and why.

    A case is child-safety by its kind, by a claimed minor or by an equal entry of a bank of child abuse material. Unknown age with
    a sexual kind runs the child clocks without being called child-safety; so does an entry of a bank that does not say what it
    holds, unless everyone says adult. `near`: what is only near, or equal to an entry that nobody confirmed.
    """
    because: list[Reason] = []
    if child_kinds := facts.kinds & CHILD_KINDS:
        because.append(Reason(code="child_kind", facts={"kind": min(child_kinds)}))
    if facts.minor is True:
        because.append(Reason(code="minor_claimed"))
    because += [Reason(code="child_bank", facts={"bank": match.bank}) for match in equal if match.child]
    child_safety = bool(because)
    because += [Reason(code="child_bank", facts={"bank": match.bank}) for match in near if match.child]
    intimate = facts.kinds & INTIMATE_KINDS
    sexual = intimate or facts.regimes & INTIMATE_REQUESTS
    if facts.minor is None and (sexual or because):
        because.append(Reason(code="age_unknown"))
    regime: Regime = "child" if because else "other"
    if intimate:
        because.append(Reason(code="intimate_kind", facts={"kind": min(intimate)}))
    because += [Reason(code="formal_request", facts={"regime": name}) for name in sorted(facts.regimes)]
    because += [Reason(code="intimate_bank", facts={"bank": match.bank}) for match in (*equal, *near) if match.child is False]
    unknown = [match.bank for match in (*equal, *near) if match.child is None]
    if regime == "other" and unknown:
        because.append(Reason(code="bank_of_unknown_kind", facts={"bank": unknown[0]}))
        regime = "intimate" if facts.minor is False else "child"
    elif regime == "other" and (sexual or any(match.child is False for match in (*equal, *near))):
        regime = "intimate"
    if regime == "other" and not because:
        because.append(Reason(code="other_kind", facts={"kind": min(facts.kinds, default="other")}))
    return child_safety, regime, tuple(because)
