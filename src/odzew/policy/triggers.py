"""What may hide an item at once: one small question each, asked in order, all answers kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from odzew.policy.data import Reason
from odzew.policy.view import View

Said = dict[str, str | int | float | bool | None] | None
"""The plain facts of a trigger that is there, or None."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`verified`: it does not rest on a claim nobody verified. `scope`: how much may be hidden. `after_clearance`: it counts even
    when these bytes were found to be no violation before."""

    name: str
    asks: Callable[[View], Said]
    verified: bool
    scope: Literal["media", "item"]
    after_clearance: bool = False


@dataclass(frozen=True, slots=True)
class Fired:
    """A trigger that is there; `hides` when the policy lets it hide at once in this regime, otherwise it only raises."""

    rule: Rule
    reason: Reason
    hides: bool


def fired_triggers(view: View) -> tuple[Fired, ...]:
    """Ask every trigger, in the order of the table of the policy."""
    hiding = hiding_triggers(view)
    fired = []
    for rule in RULES:
        if view.cleared and not rule.after_clearance:
            continue
        said = rule.asks(view)
        if said is not None:
            hides = rule.name in hiding
            fired.append(Fired(rule, Reason(code=rule.name, facts={**said, "hides": hides}), hides))
    return tuple(fired)


def hiding_triggers(view: View) -> frozenset[str]:
    """Give the triggers that hide at once here.

    While the age is unknown the claimant's own instant trigger is replaced by what an adult claimant would have.
    """
    table = view.policy.triggers
    if view.age_unknown:
        return (table["child"] - {"person"}) | table["intimate"]
    return table[view.regime]


def _confirmed_match(view: View) -> Said:
    return {"bank": view.equal[0].bank, "distance": view.equal[0].distance} if view.equal else None


def _near_match(view: View) -> Said:
    return {"bank": view.near[0].bank, "distance": view.near[0].distance} if view.near else None


def _new_facts(view: View) -> Said:
    facts = view.facts
    return {"what": ", ".join(sorted(facts.new_facts))} if facts.clearances and facts.new_facts else None


def _trusted_source(view: View) -> Said:
    return {"source": ", ".join(sorted(view.facts.sources - {"user", "automatic"}))} if view.trusted else None


def _marked_account(view: View) -> Said:
    return {} if view.facts.account_marked else None


def _seed_match(view: View) -> Said:
    return {"bank": view.seeds[0].bank, "distance": view.seeds[0].distance} if view.seeds else None


def _person(view: View) -> Said:
    claims = view.facts.claimed_by_person and not view.instant_lost
    return {"claimant": "depicted" if "depicted" in view.facts.claimants else "guardian"} if claims else None


def _person_and_fingerprint(view: View) -> Said:
    return {} if (view.equal or view.near or view.seeds) and _person(view) is not None else None


def _person_and_fast_spread(view: View) -> Said:
    speed = view.facts.views_per_hour
    fast = speed > view.policy.fast_views_per_hour and _person(view) is not None
    return {"views_per_hour": speed} if fast else None


def _second_reporter(view: View) -> Said:
    return {"independent": view.facts.independent} if view.facts.independent >= 2 else None


def _watch(view: View) -> Said:
    facts = view.facts
    watched = facts.on_watch_until is not None and facts.now < facts.on_watch_until and not facts.watch_hide_used
    new_voice = facts.trigger.what == "notice" and not facts.trigger.heard_before
    return {} if watched and new_voice else None


RULES: Final = (
    Rule("confirmed_match", _confirmed_match, True, "item"),
    Rule("new_facts", _new_facts, True, "item", True),
    Rule("trusted_source", _trusted_source, True, "item"),
    Rule("marked_account", _marked_account, True, "media"),
    Rule("near_match", _near_match, True, "media"),
    Rule("seed_match", _seed_match, False, "media"),
    Rule("person", _person, False, "media"),
    Rule("person_and_fingerprint", _person_and_fingerprint, False, "media"),
    Rule("person_and_fast_spread", _person_and_fast_spread, False, "media"),
    Rule("second_reporter", _second_reporter, False, "media"),
    Rule("watch", _watch, False, "media", True),
)
