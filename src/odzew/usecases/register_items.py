"""A platform tells us what it hosts: thousands of items in one call."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from odzew.alarms.api import ring
from odzew.cases.clocks import armed
from odzew.cases.data import HIDDEN_FOR_GOOD
from odzew.cases.items import bring_other_files, copysets_of, item
from odzew.cases.register import ItemIn, Registered, register
from odzew.cases.rows import CaseRow, lock_cases, save_case
from odzew.decisions.api import lapse
from odzew.foundation.errors import Forbidden, Invalid
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller
from odzew.policy.data import Trigger
from odzew.usecases._hiding import follow_decision, hide_more, renew_orders
from odzew.usecases._judging import rejudge
from odzew.usecases._merging import merge_cases
from odzew.usecases.desk import Desk

MOST: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How many items were stored, and how many of them are new."""

    stored: int
    new: int


def register_items(*, items: Sequence[ItemIn], caller: Caller, desk: Desk, now: datetime) -> Result:
    """Store items of the caller's platform, and do what follows for the cases they stand under, in one transaction.

    A copy or repost of what was removed is removed, of what is hidden is hidden; changed files under the same id are new facts; new
    counts may raise a case. Raises `Forbidden` (the key is no platform's) and `Invalid` (too many at once).
    """
    if caller.platform is None:
        raise Forbidden("Only a platform's key registers items.")
    if len(items) > MOST:
        raise Invalid(f"One call registers at most {MOST} items; send the others in another call.")

    platform = caller.platform

    def work() -> Registered:
        # 1. The items themselves.
        done = register(platform=platform, items=items, now=now)
        # 2. Cases that turned out to be one.
        became: dict[uuid.UUID, uuid.UUID] = {}
        for pair in dict.fromkeys(done.merges):
            one, other = (_end(case, became) for case in pair)
            if one != other:
                stays = merge_cases(keep=one, give=other, desk=desk, now=now)
                became[other if stays == one else one] = stays
        # 3. Every case concerned.
        if done.touched:
            _follow_up(done, became, caller, desk, now)
        return done

    done = atomically(work)
    return Result(stored=len(done.items), new=len(done.new))


def _follow_up(done: Registered, became: dict[uuid.UUID, uuid.UUID], caller: Caller, desk: Desk, now: datetime) -> None:
    where = {case: _end(case, became) for case in done.touched}
    rows = {row.id: row for row in lock_cases(ids=sorted(set(where.values())))}
    running = armed(cases=list(rows))
    writes = Writes()
    for case, row in rows.items():
        joined = [i for i, c in done.joined if where.get(c, c) == case]
        changed = [i for i, c in done.changed_media if where.get(c, c) == case]
        after = _joined(writes, row, joined, desk, now)
        after, what = _changed(writes, after, changed, now)
        writes.send()  # the judgement sees what is ordered already
        if after.undecided:
            trigger = Trigger(what=what or ("registered" if joined else "spread"))
            judged = rejudge(
                writes,
                case=after,
                copysets=copysets_of(case=case),
                trigger=trigger,
                running=running[case],
                desk=desk,
                now=now,
                actor=caller.actor,
            )
            after = judged.case
        if after != row:
            save_case(writes, before=row, after=after)
    writes.send()


def _end(case: uuid.UUID, merged: dict[uuid.UUID, uuid.UUID]) -> uuid.UUID:
    while case in merged:
        case = merged[case]
    return case


def _joined(writes: Writes, row: CaseRow, joined: list[uuid.UUID], desk: Desk, now: datetime) -> CaseRow:
    """Items that have come under the case follow what holds for it: one decision covers every copy."""
    if not joined:
        return row
    record(writes, kind="case.items_joined", actor="desk", now=now, case=row.id, facts={"items": [str(i) for i in joined]})
    if bring_other_files(case=row.id, items=joined):
        row = _lapsed(writes, row, "items_joined", now)
    views = [v for v in (item(item=i) for i in joined) if v is not None]
    if row.state in HIDDEN_FOR_GOOD:
        follow_decision(writes, case=row, items=views, desk=desk, now=now)
    elif row.withheld:
        hide_more(writes, case=row, items=views, scope="media", actor="desk", why="copy", desk=desk, now=now)
    public = any(v.media and not v.private for v in views)
    return replace(row, published=row.published or public)


def _lapsed(writes: Writes, row: CaseRow, why: str, now: datetime) -> CaseRow:
    """Who has voted did not see the files that have come: the votes count no more (practice 3)."""
    if not row.undecided or not (voted := lapse(case=row.id)):
        return row
    record(writes, kind="case.votes_lapsed", actor="desk", now=now, case=row.id, facts={"why": why, "votes": voted})
    return replace(row, state="open" if row.state == "awaiting_second" else row.state)


def _changed(writes: Writes, row: CaseRow, changed: list[uuid.UUID], now: datetime) -> tuple[CaseRow, str]:
    """Other files under the same id: no earlier clearance holds for them (practice 3)."""
    if not changed:
        return row, ""
    record(writes, kind="case.media_changed", actor="desk", now=now, case=row.id, facts={"items": [str(i) for i in changed]})
    renew_orders(writes, case=row, items=[v for v in (item(item=i) for i in changed) if v is not None], now=now)
    row = _lapsed(writes, row, "changed_media", now)
    if row.state not in ("cleared", "not_found"):
        return replace(row, new_facts=row.new_facts | {"changed_media"}) if row.clearances else row, "changed_media"
    ring(writes, code="changed_after_clearance", now=now, case=row.id)
    after = replace(
        row,
        state="open",
        round=row.round + 1,
        reopened_at=now,
        queue_at=now,
        decided_at=None,
        new_facts=row.new_facts | {"changed_media"},
    )
    return after, "changed_media"
