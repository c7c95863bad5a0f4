"""Shared by the use cases that learn something about a case: judge it and do what follows, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from odzew.alarms.api import ring, ring_once
from odzew.cases.clocks import Name, arm
from odzew.cases.data import ClockView, ItemView, Surroundings
from odzew.cases.items import items_of, surroundings
from odzew.cases.rows import CaseRow
from odzew.enforcement.api import unverified_hides
from odzew.foundation.writes import Writes
from odzew.policy.assess import assess
from odzew.policy.data import Assessment, ClockPlan, Facts, Match, Trigger
from odzew.usecases._hiding import PROMISING, UNTIL_HIDDEN, hide_case, hide_more
from odzew.usecases.desk import Desk

_REGIME_RANK: Final = {"other": 0, "intimate": 1, "child": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a judgement led to: the case as it now is, the promised time, and the judgement itself."""

    case: CaseRow
    promise: datetime
    assessment: Assessment
    hidden: bool


def facts_of(
    *,
    case: CaseRow,
    around: Surroundings,
    trigger: Trigger,
    desk: Desk,
    now: datetime,
    matches: tuple[Match, ...] = (),
    reporter_is_uploader: bool = False,
) -> Facts:
    """Return the facts of a case for the policy; the breaker's count is left at 0 and filled in only where it matters."""
    return Facts(
        now=now,
        opened_at=case.opened_at,
        trigger=trigger,
        desk=desk.size(now=now),
        jurisdiction=case.jurisdiction,
        kinds=case.kinds,
        minor=case.minor,
        flags=case.flags,
        claimants=case.claimants,
        sources=case.sources,
        regimes=case.regimes,
        notices=case.notices,
        independent=case.independent,
        same_reporter=case.same_reporter,
        claimed_by_person=case.claimed_by_person,
        views=around.views,
        reposts=around.reposts,
        views_per_hour=around.views_per_hour,
        published=case.published,
        private=around.private,
        account_marked=around.account_marked,
        account_minor=around.account_minor,
        matches=matches,
        clearances=case.clearances,
        hides_since_clearance=case.hides_since_clearance,
        new_facts=case.new_facts,
        on_watch_until=case.on_watch_until,
        watch_hide_used=case.watch_hide_used,
        withheld=case.withheld,
        raised_by_trusted=case.raised_by_trusted,
        hourly_peak_30_days=desk.peak(now=now),
        reporter_is_uploader=reporter_is_uploader,
    )


def judge(*, facts: Facts, desk: Desk, wave_at: datetime | None = None) -> Assessment:
    """Ask the policy; what a bare claim would hide is asked again with the count of this hour's such hides, for the breaker.

    A case that the breaker slowed (`wave_at`) stays slowed for the breaker's wait, though the hour's count falls meanwhile.
    """
    first = assess(facts=facts, policy=desk.policy)
    rule = desk.policy.breaker
    waits = any(p.name in UNTIL_HIDDEN and p.length < rule.wait for p in first.clocks)
    if facts.withheld or not (waits or (first.unverified and first.hide_now)):
        return first
    count = unverified_hides(since=facts.now - timedelta(hours=1))
    if wave_at is not None and facts.now < wave_at + rule.wait:
        count = max(count, int(max(rule.floor, rule.times_peak * facts.hourly_peak_30_days)) + 1)
    return assess(facts=replace(facts, unverified_hides_last_hour=count), policy=desk.policy)


def carry_out(
    writes: Writes,
    *,
    case: CaseRow,
    assessment: Assessment,
    running: Mapping[Name, ClockView],
    desk: Desk,
    now: datetime,
    actor: str,
    fresh_items: list[ItemView] | None = None,
) -> Judged:
    """Do what a judgement asks for: arm or bring forward clocks, hide, ring alarms, raise the case's place.

    A judgement only raises: severity and place never fall, a clock never moves back, nothing is un-hidden.
    `fresh_items` are the items of a case that is not written yet.
    """
    hide = assessment.hide_now and not case.withheld
    promise = _arm_all(writes, case=case, plans=assessment.clocks, running=running, hidden=case.withheld or hide, now=now)
    after = replace(
        summed_up(case=case, assessment=assessment),
        queue_at=min(case.queue_at, case.reopened_at - assessment.head_start),
        reasons=[{"code": r.code, "facts": r.facts} for r in assessment.reasons],
        policy_digest=desk.policy.digest,
        wave_at=case.wave_at or (now if "breaker" in assessment.alarms else None),
    )
    if hide:
        after = hide_case(
            writes,
            case=after,
            scope=assessment.scope,
            unverified=assessment.unverified,
            actor=actor,
            why=_first_hiding(assessment),
            running=running,
            desk=desk,
            now=now,
            items=fresh_items,
            decide_by=promise,
        )
    elif assessment.hide_now and assessment.scope == "item":
        # What is verified reaches further than the claim that hid the media first.
        hide_more(
            writes,
            case=after,
            items=items_of(case=case.id),
            scope="item",
            actor=actor,
            why=_first_hiding(assessment),
            desk=desk,
            now=now,
            decide_by=promise,
        )
    for code in assessment.alarms:
        if code == "breaker":  # one wave, one alarm
            ring_once(writes, code=code, every=desk.policy.breaker.wait, now=now)
        else:
            ring(writes, code=code, now=now, case=case.id)
    return Judged(case=after, promise=promise, assessment=assessment, hidden=hide)


def summed_up(*, case: CaseRow, assessment: Assessment) -> CaseRow:
    """Return the case with what a judgement says of it, decided or not; nothing of it ever falls."""
    return replace(
        case,
        child_safety=case.child_safety or assessment.child_safety,
        regime=max(case.regime, assessment.regime, key=lambda r: _REGIME_RANK[r]),
        severity=max(case.severity, assessment.severity),
        protect_uploader=case.protect_uploader or assessment.protect_uploader,
        statement_held=case.statement_held or assessment.full_statement_held,
    )


def _first_hiding(assessment: Assessment) -> str:
    return assessment.reasons[0].code if assessment.reasons else "policy"


def _arm_all(
    writes: Writes,
    *,
    case: CaseRow,
    plans: tuple[ClockPlan, ...],
    running: Mapping[Name, ClockView],
    hidden: bool,
    now: datetime,
) -> datetime:
    due: list[datetime] = []
    for plan in plans:
        if hidden and plan.name in UNTIL_HIDDEN:
            continue
        at = arm(writes, plan=plan, case=case.id, running=running, now=now)
        if plan.name in PROMISING:
            due.append(at)
    due += [c.due for (name, _), c in running.items() if name in PROMISING and name not in {p.name for p in plans}]
    return min(due) if due else now + timedelta(hours=1)


def rejudge(
    writes: Writes,
    *,
    case: CaseRow,
    copysets: list[uuid.UUID],
    trigger: Trigger,
    running: Mapping[Name, ClockView],
    desk: Desk,
    now: datetime,
    actor: str,
) -> Judged:
    """Judge a case again because something other than a notice became known."""
    around = surroundings(copysets=copysets, now=now)
    facts = facts_of(case=case, around=around, trigger=trigger, desk=desk, now=now)
    return carry_out(
        writes,
        case=case,
        assessment=judge(facts=facts, desk=desk, wave_at=case.wave_at),
        running=running,
        desk=desk,
        now=now,
        actor=actor,
    )
