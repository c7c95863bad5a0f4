"""The judgement: facts of a case in, what must happen and every reason out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from odzew.policy.clearing import signatures
from odzew.policy.clocks import case_clocks, danger_said, hides_used_up, may_wait
from odzew.policy.data import Assessment, Facts, Reason
from odzew.policy.priority import head_start, severity
from odzew.policy.rules import Policy
from odzew.policy.triggers import Fired, fired_triggers
from odzew.policy.view import View, look

_EXTORTION: Final = frozenset({"sextortion_child", "sextortion_adult"})
_EXTORTION_FLAGS: Final = frozenset({"threat_to_publish", "money_demanded"})
_RISKY_STATEMENT: Final = frozenset({"grooming", "sextortion_child", "sextortion_adult", "child_abuse_disclosure"})
_OWN_FLAGS: Final = frozenset({"self_produced", "peer"})


def assess(*, facts: Facts, policy: Policy) -> Assessment:
    """Judge a case as it is known now, this trigger included.

    Total and pure: the same facts under the same policy always give the same judgement, and no valid facts raise. For open cases
    only: on a closed one a new notice re-opens it, and nothing else does. `hide_now` says that it must be hidden, also when it
    already is; no judgement ever un-hides. Source of the rules: house practice 1-5, 8 and 10, and the law named at each clock.
    """
    view = look(facts=facts, policy=policy)
    fired = fired_triggers(view)
    interim = _interim(view, fired)
    points = severity(view)
    protected, held = _protected(view), _held(view)
    return Assessment(
        child_safety=view.child_safety,
        regime=view.regime,
        severity=points,
        head_start=head_start(view, points),
        hide_now=interim.hide,
        scope=interim.scope,
        unverified=interim.unverified,
        clocks=case_clocks(view, hidden=interim.hide or facts.withheld, waits=interim.waits),
        sign=signatures(view),
        alarms=("danger",) * danger_said(facts) + ("breaker",) * interim.alarm,
        advice=advice_to(kinds=facts.kinds, flags=facts.flags),
        protect_uploader=bool(protected),
        full_statement_held=bool(held),
        guard_uploads="threat_to_publish" in facts.flags or view.threat,
        reasons=(
            *view.because,
            *(trigger.reason for trigger in fired),
            *interim.reasons,
            *_held_back(view),
            *_raises(view),
            *protected,
            *held,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Interim:
    hide: bool
    scope: Literal["media", "item"] = "media"
    unverified: bool = False
    waits: bool = False
    alarm: bool = False
    reasons: tuple[Reason, ...] = ()


def _interim(view: View, fired: tuple[Fired, ...]) -> _Interim:
    """Tell whether to hide at once, how much, and whether the breaker makes an unverified claim wait.

    The breaker also holds back the shorter clocks of bare claims, or a claim by the person would wait longer than a bystander's.
    """
    hiding = [trigger for trigger in fired if trigger.hides]
    if view.threat or (view.regime == "other" and not hiding):
        return _Interim(False)
    if any(trigger.rule.verified for trigger in hiding):
        whole = any(trigger.rule.scope == "item" for trigger in hiding)
        return _Interim(True, "item" if whole else "media")
    nothing = () if fired or view.cleared else (Reason(code="any_claim"),)
    crowded = view.crowded and not view.facts.withheld
    if crowded and view.low_spread and (hiding or may_wait(view)):
        hours = view.policy.breaker.wait.total_seconds() / 3600
        reasons = (*nothing, Reason(code="breaker_waits", facts={"hours": hours}))
        return _Interim(False, waits=True, alarm=True, reasons=reasons)
    return _Interim(bool(hiding), unverified=bool(hiding), alarm=crowded and bool(hiding), reasons=nothing)


def _held_back(view: View) -> tuple[Reason, ...]:
    """Say what keeps a claim from hiding as it otherwise would."""
    facts, reasons = view.facts, []
    if view.threat:
        reasons.append(Reason(code="nothing_public_yet"))
    if view.cleared:
        reasons.append(Reason(code="cleared_before", facts={"times": facts.clearances}))
        if hides_used_up(view):
            reasons.append(Reason(code="hide_used_up"))
    if view.instant_lost:
        reasons.append(Reason(code="instant_lost"))
    if view.disputed:
        reasons.append(Reason(code="disputed_match", facts={"bank": view.disputed[0].bank}))
    if view.wide:
        reasons.append(Reason(code="wide_hash"))
    return tuple(reasons)


def _raises(view: View) -> tuple[Reason, ...]:
    """Say what raises the place without hiding by itself."""
    facts, reasons = view.facts, []
    if facts.withheld:
        reasons.append(Reason(code="already_withheld"))
    if facts.same_reporter > 1:
        reasons.append(Reason(code="same_reporter_again", facts={"notices": facts.same_reporter}))
    if facts.views or facts.reposts:
        spread: dict[str, str | int | float | bool | None] = {"views": facts.views, "reposts": facts.reposts}
        reasons.append(Reason(code="spread", facts={**spread, "views_per_hour": facts.views_per_hour}))
    if "imminent" in facts.flags:
        reasons.append(Reason(code="imminent_danger"))
    return tuple(reasons)


def _protected(view: View) -> tuple[Reason, ...]:
    """Say why the uploader may be the person depicted or a minor: then no mark, strike, suspension or accusing statement."""
    facts = view.facts
    signs = sorted(facts.flags & _OWN_FLAGS)
    signs += ["account_minor"] * facts.account_minor + ["own_report"] * facts.reporter_is_uploader
    return tuple(Reason(code="uploader_may_be_child", facts={"sign": sign}) for sign in signs)


def _held(view: View) -> tuple[Reason, ...]:
    """Say why the full statement could tell the uploader who reported; the neutral one is not held."""
    facts = view.facts
    signs = sorted(facts.kinds & _RISKY_STATEMENT)
    if view.regime != "other":
        seen_by = facts.views if facts.seen_by is None else facts.seen_by
        signs += ["private"] * facts.private + ["few_viewers"] * (seen_by <= view.policy.few_viewers)
    return tuple(Reason(code="statement_held", facts={"sign": sign}) for sign in signs)


def advice_to(*, kinds: frozenset[str], flags: frozenset[str]) -> tuple[str, ...]:
    """Say what whoever reports this must be told at once; for one reader, from that reader's own words alone (practice 5)."""
    extorted = not _EXTORTION.isdisjoint(kinds) or not _EXTORTION_FLAGS.isdisjoint(flags)
    return ("emergency",) * ("imminent" in flags) + ("do_not_pay",) * extorted
