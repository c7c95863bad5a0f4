"""Shared: two cases turn out to be one harm."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from odzew.cases.clocks import Name, armed, stop
from odzew.cases.data import HIDDEN_FOR_GOOD, ClockView, ItemView
from odzew.cases.items import copysets_of, items_of, move_copysets
from odzew.cases.rows import CaseRow, lock_cases, save_case
from odzew.decisions.api import move as move_complaints
from odzew.enforcement.api import order
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.notices.api import move as move_notices
from odzew.notices.api import open_handlings
from odzew.policy.data import Trigger
from odzew.usecases._answering import arm_notices_of_decision
from odzew.usecases._judging import ground_of, hide_case, order_on, rejudge
from odzew.usecases.decide import KEEP_FOR
from odzew.usecases.desk import Desk


def merge_cases(*, keep: uuid.UUID, give: uuid.UUID, desk: Desk, now: datetime) -> None:
    """Let one case take over another: its items, notices, reporters, and the higher of both in everything.

    Invisible to reporters. An undecided case never disappears in a decided one: then the decided is opened again, and what is hidden
    stays hidden. Clocks of the case given up stop; those of the other run from the earlier start.
    """
    rows = {row.id: row for row in lock_cases(ids=sorted((keep, give)))}
    one, other = rows.get(keep), rows.get(give)
    if one is None or other is None or "merged" in (one.state, other.state):
        return
    if other.state in HIDDEN_FOR_GOOD and one.state not in HIDDEN_FOR_GOOD:
        one, other = other, one
    running = armed(cases=[one.id, other.id])
    newcomers = items_of(case=other.id)
    writes = Writes()
    move_copysets(source=other.id, target=one.id)
    move_notices(source=other.id, target=one.id)
    move_complaints(source=other.id, target=one.id)
    stop(writes, clocks=[c for c in running[other.id].values() if c.name != "appeal_window"], now=now)
    save_case(writes, before=other, after=replace(other, state="merged", merged_into=one.id))
    record(writes, kind="case.merged", actor="desk", now=now, case=one.id, facts={"from": str(other.id)})
    after = _both(one, other)
    if one.state in HIDDEN_FOR_GOOD:
        _follow(writes, row=after, items=newcomers, running=running[one.id], desk=desk, now=now)
    elif other.undecided or one.undecided:
        after = _judge_again(writes, one, other, after, running[one.id], desk, now)
    save_case(writes, before=one, after=after)
    writes.send()


def _follow(
    writes: Writes, *, row: CaseRow, items: list[ItemView], running: Mapping[Name, ClockView], desk: Desk, now: datetime
) -> None:
    """The one case was decided against the item: its decision covers what comes under it, and those who wait are told in time."""
    measure = "remove" if row.state == "removed" else "withhold"
    reachable = [i for i in items if i.registered and i.platform_id]
    orders = [
        order_on(item=i, measure=measure, scope="item", ground=ground_of(case=row), keep_until=now + KEEP_FOR) for i in reachable
    ]
    if orders:
        order(writes, case=row.id, orders=orders, actor="desk", now=now, why="copy")
    waiting = open_handlings(cases=[row.id])[row.id]
    arm_notices_of_decision(writes, case=row, handlings=waiting, running=running, desk=desk, now=now)


def _judge_again(
    writes: Writes, one: CaseRow, other: CaseRow, after: CaseRow, running: Mapping[Name, ClockView], desk: Desk, now: datetime
) -> CaseRow:
    if not one.undecided:
        after = replace(after, state="open", round=one.round + 1, reopened_at=now, decided_at=None)
    if other.withheld and not one.withheld:
        after = hide_case(
            writes,
            case=after,
            scope="media",
            unverified=False,
            actor="desk",
            why="copy",
            running=running,
            desk=desk,
            now=now,
        )
    judged = rejudge(
        writes,
        case=after,
        copysets=copysets_of(case=one.id),
        trigger=Trigger(what="registered"),
        running=running,
        desk=desk,
        now=now,
        actor="desk",
    )
    return judged.case


def _both(one: CaseRow, other: CaseRow) -> CaseRow:
    minor = True if one.minor or other.minor else None if one.minor is None or other.minor is None else False
    return replace(
        one,
        kinds=one.kinds | other.kinds,
        flags=one.flags | other.flags,
        claimants=one.claimants | other.claimants,
        sources=one.sources | other.sources,
        regimes=one.regimes | other.regimes,
        minor=minor,
        child_safety=one.child_safety or other.child_safety,
        claimed_by_person=one.claimed_by_person or other.claimed_by_person,
        raised_by_trusted=one.raised_by_trusted or other.raised_by_trusted,
        published=one.published or other.published,
        notices=one.notices + other.notices,
        independent=one.independent + other.independent,
        same_reporter=max(one.same_reporter, other.same_reporter),
        severity=max(one.severity, other.severity),
        queue_at=min(one.queue_at, other.queue_at),
        opened_at=min(one.opened_at, other.opened_at),
        protect_uploader=one.protect_uploader or other.protect_uploader,
        statement_held=one.statement_held or other.statement_held,
    )
