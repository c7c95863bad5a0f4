"""Shared by the use cases that learn something about a case: judge it and do what follows, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from odzew.alarms.api import ring
from odzew.cases.clocks import Name, arm, stop
from odzew.cases.data import ClockView, ItemView, Surroundings
from odzew.cases.items import items_of, surroundings
from odzew.cases.rows import CaseRow
from odzew.enforcement.api import HIDING, in_force_on, order, unverified_hides
from odzew.enforcement.data import MeasureView, Order
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.policy.assess import assess
from odzew.policy.data import Assessment, ClockPlan, Facts, Match, Trigger
from odzew.policy.rules import DECIDING
from odzew.usecases._statements import state_reasons
from odzew.usecases.desk import Desk

# The clocks whose end brings the reporter news or a decision; the earliest of them is the promised time.
PROMISING: Final = frozenset({*DECIDING.values(), "threat_decide", "repeat", "appeal_decide"})
# Clocks that run on when a case is decided: they guard what people are told, not what is decided.
AFTER_A_DECISION: Final = frozenset({"appeal_window", "sor_user", "statement_review", "watch", "decision_notice", "ack"})
# How long a platform keeps a sealed copy of what was removed: one year and 30 days (18 USC 2258A(h), counted long).
KEEP_FOR: Final = timedelta(days=396)
_UNTIL_HIDDEN: Final = frozenset({"child_withhold", "ncii_policy"})
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


def judge(*, facts: Facts, desk: Desk) -> Assessment:
    """Ask the policy; an unverified hide is asked again with the count of this hour's, for the breaker."""
    first = assess(facts=facts, policy=desk.policy)
    if first.unverified and first.hide_now and not facts.withheld:
        count = unverified_hides(since=facts.now - timedelta(hours=1))
        return assess(facts=replace(facts, unverified_hides_last_hour=count), policy=desk.policy)
    return first


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
        case,
        child_safety=case.child_safety or assessment.child_safety,
        regime=max(case.regime, assessment.regime, key=lambda r: _REGIME_RANK[r]),
        severity=max(case.severity, assessment.severity),
        queue_at=min(case.queue_at, case.reopened_at - assessment.head_start),
        reasons=[{"code": r.code, "facts": r.facts} for r in assessment.reasons],
        policy_digest=desk.policy.digest,
        protect_uploader=case.protect_uploader or assessment.protect_uploader,
        statement_held=case.statement_held or assessment.full_statement_held,
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
        ring(writes, code=code, now=now, case=case.id)
    return Judged(case=after, promise=promise, assessment=assessment, hidden=hide)


def rests_on_claims(*, case: CaseRow) -> bool:
    """Does nothing but claims that nobody verified speak against it? The breaker counts such hides, and cleared bytes bear one."""
    return not case.new_facts and (case.clearances > 0 or not case.raised_by_trusted)


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
        if hidden and plan.name in _UNTIL_HIDDEN:
            continue
        at = arm(writes, plan=plan, case=case.id, running=running, now=now)
        if plan.name in PROMISING:
            due.append(at)
    due += [c.due for (name, _), c in running.items() if name in PROMISING and name not in {p.name for p in plans}]
    return min(due) if due else now + timedelta(hours=1)


def hide_case(
    writes: Writes,
    *,
    case: CaseRow,
    scope: str,
    unverified: bool,
    actor: str,
    why: str,
    running: Mapping[Name, ClockView],
    desk: Desk,
    now: datetime,
    items: list[ItemView] | None = None,
    decide_by: datetime | None = None,
    standing: Mapping[uuid.UUID, MeasureView] | None = None,
) -> CaseRow:
    """Order everything the case covers to be withheld; an item nobody registered is withheld as soon as it is known.

    `items` and the measures `standing` on them are read here unless the caller, who holds the case, has read them.
    """
    covered = items if items is not None else items_of(case=case.id)
    _hide_items(
        writes,
        case=case,
        items=covered,
        scope=scope,
        unverified=unverified,
        actor=actor,
        why=why,
        desk=desk,
        now=now,
        decide_by=decide_by or next_promise(running=running, now=now),
        standing=standing,
    )
    stop(writes, clocks=[c for (name, _), c in running.items() if name in _UNTIL_HIDDEN], now=now)
    record(
        writes,
        kind="case.withheld",
        actor=actor,
        now=now,
        case=case.id,
        facts={"why": why, "scope": scope, "unverified": unverified},
    )
    again = int(case.clearances > 0 and unverified)
    on_watch = bool(case.on_watch_until and case.on_watch_until > now and unverified)
    return replace(
        case,
        withheld=True,
        withheld_at=now,
        hides_since_clearance=case.hides_since_clearance + again,
        watch_hide_used=case.watch_hide_used or on_watch,
    )


def next_promise(*, running: Mapping[Name, ClockView], now: datetime) -> datetime:
    """Return when the earliest clock that brings news or a decision is due; a day from now while its successor is being armed."""
    due = [c.due for (name, _), c in running.items() if name in PROMISING and c.due > now]
    return min(due) if due else now + timedelta(hours=24)


def hide_more(
    writes: Writes,
    *,
    case: CaseRow,
    items: list[ItemView],
    scope: str,
    actor: str,
    why: str,
    desk: Desk,
    now: datetime,
    decide_by: datetime | None = None,
) -> None:
    """Order items that have come under a hidden case to be withheld too."""
    _hide_items(
        writes,
        case=case,
        items=items,
        scope=scope,
        unverified=False,
        actor=actor,
        why=why,
        desk=desk,
        now=now,
        decide_by=decide_by if case.undecided else None,
    )


def follow_decision(writes: Writes, *, case: CaseRow, items: list[ItemView], desk: Desk, now: datetime) -> None:
    """Let the decision against what a case covers hold for items that have come under it: copies go as the first one went."""
    if case.state != "removed":
        hide_more(writes, case=case, items=items, scope="item", actor="desk", why="copy", desk=desk, now=now)
        return
    reachable = [i for i in items if i.registered and i.platform_id]
    standing = in_force_on(items=[i.id for i in reachable])
    wanted = [i for i in reachable if i.id not in standing or standing[i.id].measure != "remove"]
    ground = ground_of(case=case)
    orders = [order_on(item=i, measure="remove", scope="item", ground=ground, keep_until=now + KEEP_FOR) for i in wanted]
    if orders:
        order(writes, case=case.id, orders=orders, actor="desk", now=now, why="copy")
        state_reasons(writes, case=case, items=wanted, measure="remove", scope="item", ground=ground, desk=desk, now=now)


def _hide_items(
    writes: Writes,
    *,
    case: CaseRow,
    items: list[ItemView],
    scope: str,
    unverified: bool,
    actor: str,
    why: str,
    desk: Desk,
    now: datetime,
    decide_by: datetime | None,
    standing: Mapping[uuid.UUID, MeasureView] | None = None,
) -> None:
    reachable = [i for i in items if i.registered and i.platform_id]
    if standing is None:
        standing = in_force_on(items=[i.id for i in reachable])
    orders = [
        order_on(item=i, measure="withhold", scope=scope, ground=ground_of(case=case), unverified=unverified)
        for i in reachable
        if not _covers(standing.get(i.id), scope)
    ]
    if orders:
        free = not any(i.id in standing for i in reachable)
        order(writes, case=case.id, orders=orders, actor=actor, now=now, why=why, nothing_stands=free)
        told = {o.item: o for o in orders if o.item}
        state_reasons(
            writes,
            case=case,
            items=[i for i in reachable if i.id in told and i.id not in standing],
            measure="withhold",
            scope=scope,
            ground=ground_of(case=case),
            desk=desk,
            now=now,
            decide_by=decide_by,
        )


def _covers(standing: MeasureView | None, scope: str) -> bool:
    if standing is None or standing.measure not in HIDING or standing.state == "failed":
        return False
    return standing.measure == "remove" or standing.scope == "item" or scope == "media"


def ground_of(*, case: CaseRow) -> str:
    """Return the ground of an interim measure: what is claimed, not what was found."""
    return "child_safety" if case.child_safety else "intimate_images" if case.regime == "intimate" else "other_terms"


def order_on(
    *,
    item: ItemView,
    measure: str,
    scope: str,
    ground: str,
    unverified: bool = False,
    keep_until: datetime | None = None,
) -> Order:
    """Return the order of a measure on one registered item."""
    if item.platform_id is None or item.external_id is None:
        raise ValueError("only a registered item can be ordered")
    return Order(
        measure=measure,
        scope=scope,
        ground=ground,
        platform=item.platform_id,
        item=item.id,
        item_external=item.external_id,
        url=item.url,
        media=item.media,
        unverified=unverified,
        keep_until=keep_until,
    )


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
    return carry_out(writes, case=case, assessment=judge(facts=facts, desk=desk), running=running, desk=desk, now=now, actor=actor)
