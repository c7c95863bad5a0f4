"""Shared: what is hidden, how far, and what follows a decision that is made already, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from odzew.cases.clocks import Name, stop
from odzew.cases.data import ClockView, ItemView
from odzew.cases.items import items_of
from odzew.cases.rows import CaseRow
from odzew.enforcement.api import HIDING, in_force_on, order
from odzew.enforcement.data import MeasureView, Order
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.policy.rules import DECIDING
from odzew.usecases._statements import state_reasons
from odzew.usecases._verdicts import verdict_of
from odzew.usecases.desk import Desk

# The clocks whose end brings the reporter news or a decision; the earliest of them is the promised time.
PROMISING: Final = frozenset({*DECIDING.values(), "threat_decide", "repeat", "appeal_decide"})
# Clocks that run on when a case is decided: they guard what people are told, not what is decided.
AFTER_A_DECISION: Final = frozenset({"appeal_window", "sor_user", "statement_review", "watch", "decision_notice", "ack"})
# How long a platform keeps a sealed copy of what was removed: one year and 30 days (18 USC 2258A(h), counted long).
KEEP_FOR: Final = timedelta(days=396)
UNTIL_HIDDEN: Final = frozenset({"child_withhold", "ncii_policy"})


def next_promise(*, running: Mapping[Name, ClockView], now: datetime) -> datetime:
    """Return when the earliest clock that brings news or a decision is due; a day from now while its successor is being armed."""
    due = [c.due for (name, _), c in running.items() if name in PROMISING and c.due > now]
    return min(due) if due else now + timedelta(hours=24)


def rests_on_claims(*, case: CaseRow) -> bool:
    """Does nothing but claims that nobody verified speak against it? The breaker counts such hides, and cleared bytes bear one."""
    return not case.new_facts and (case.clearances > 0 or not case.raised_by_trusted)


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
    stop(writes, clocks=[c for (name, _), c in running.items() if name in UNTIL_HIDDEN], now=now)
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
        withheld_at=case.withheld_at if case.withheld else now,
        hides_since_clearance=case.hides_since_clearance + again,
        watch_hide_used=case.watch_hide_used or on_watch,
    )


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
    ground: str = "",
) -> None:
    """Order items that have come under a hidden case to be withheld too; `ground` is that of a decision, if there is one."""
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
        ground=ground,
    )


def follow_decision(writes: Writes, *, case: CaseRow, items: list[ItemView], desk: Desk, now: datetime) -> None:
    """Let the decision against what a case covers hold for items that have come under it: copies go as the first one went.

    Their uploaders are told the rule that people decided on, not what was once claimed.
    """
    verdict = verdict_of(case=case)
    ground = verdict.ground if verdict else ground_of(case=case)
    if case.state != "removed":
        hide_more(writes, case=case, items=items, scope="item", actor="desk", why="copy", desk=desk, now=now, ground=ground)
        return
    reachable = [i for i in items if i.registered and i.platform_id]
    standing = in_force_on(items=[i.id for i in reachable])
    wanted = [i for i in reachable if i.id not in standing or standing[i.id].measure != "remove"]
    orders = [order_on(item=i, measure="remove", scope="item", ground=ground, keep_until=now + KEEP_FOR) for i in wanted]
    if orders:
        order(writes, case=case.id, orders=orders, actor="desk", now=now, why="copy")
        state_reasons(writes, case=case, items=wanted, measure="remove", scope="item", ground=ground, desk=desk, now=now)


def renew_orders(writes: Writes, *, case: CaseRow, items: list[ItemView], now: datetime) -> None:
    """Order again what hides these items, since they show other files now: an order names the files that it is about."""
    standing = in_force_on(items=[i.id for i in items if i.registered and i.platform_id])
    orders = [order_again(item=i, standing=standing[i.id], now=now) for i in items if _hides(standing.get(i.id))]
    if orders:
        order(writes, case=case.id, orders=orders, actor="desk", now=now, why="changed_media")


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
    ground: str = "",
) -> None:
    reachable = [i for i in items if i.registered and i.platform_id]
    ground = ground or ground_of(case=case)
    if standing is None:
        standing = in_force_on(items=[i.id for i in reachable])
    orders = [
        order_on(
            item=i,
            measure="withhold",
            scope=scope,
            ground=ground,
            unverified=unverified,
            wave=case.wave_at is not None,
        )
        for i in reachable
        if not covers(standing.get(i.id), scope)
    ]
    if orders:
        free = not any(i.id in standing for i in reachable)
        order(writes, case=case.id, orders=orders, actor=actor, now=now, why=why, nothing_stands=free)
        told = {o.item: o for o in orders if o.item}
        state_reasons(
            writes,
            case=case,
            items=[i for i in reachable if i.id in told and not _hides(standing.get(i.id))],
            measure="withhold",
            scope=scope,
            ground=ground,
            desk=desk,
            now=now,
            decide_by=decide_by,
        )


def _hides(standing: MeasureView | None) -> bool:
    """Was the uploader told of this limit before? A limit that ended is a new one when it comes again (DSA art. 17)."""
    return standing is not None and standing.measure in HIDING


def covers(standing: MeasureView | None, scope: str) -> bool:
    """Does the measure in force on an item hide it that far? One that its platform refused hides nothing."""
    if standing is None or not _hides(standing) or standing.state == "failed":
        return False
    return standing.measure == "remove" or standing.scope == "item" or scope == "media"


def ground_of(*, case: CaseRow) -> str:
    """Return the ground of an interim measure: what is claimed, not what was found."""
    return "child_safety" if case.child_safety else "intimate_images" if case.regime == "intimate" else "other_terms"


def order_again(*, item: ItemView, standing: MeasureView, now: datetime) -> Order:
    """Return the order of a measure that stands once more, on the item as it is now: an order names the files it is about."""
    keep = now + KEEP_FOR if standing.measure == "remove" else None
    return order_on(item=item, measure=standing.measure, scope=standing.scope, ground=standing.ground, keep_until=keep)


def order_on(
    *,
    item: ItemView,
    measure: str,
    scope: str,
    ground: str,
    unverified: bool = False,
    wave: bool = False,
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
        wave=wave,
        keep_until=keep_until,
    )
