"""Shared: what follows for cases when items come under them, look otherwise, or turn out to be copies, in the caller's transaction."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from odzew.alarms.api import ring
from odzew.cases.clocks import armed
from odzew.cases.data import HIDDEN_FOR_GOOD
from odzew.cases.items import bring_other_files, copysets_of, item
from odzew.cases.register import Registered
from odzew.cases.rows import CaseRow, lock_cases, save_case
from odzew.decisions.api import lapse
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.policy.data import Trigger
from odzew.usecases._hiding import follow_decision, hide_more, renew_orders
from odzew.usecases._judging import rejudge
from odzew.usecases._merging import merge_cases
from odzew.usecases.desk import Desk


def follow_joined(*, done: Registered, actor: str, desk: Desk, now: datetime, alike: bool = False) -> dict[uuid.UUID, uuid.UUID]:
    """Merge the cases that turned out to be one and judge every case concerned again; return which case became which.

    Copies follow what holds for the case: one decision covers them, and what is hidden hides them too. `alike`: what comes in looks the
    same as what is there, so that votes on the case hold for it.
    """
    became: dict[uuid.UUID, uuid.UUID] = {}
    for pair in dict.fromkeys(done.merges):
        one, other = (_end(case, became) for case in pair)
        if one != other:
            stays = merge_cases(keep=one, give=other, desk=desk, now=now)
            became[other if stays == one else one] = stays
    if done.touched:
        _follow_up(done, became, actor, desk, now, alike)
    return became


def _follow_up(done: Registered, became: dict[uuid.UUID, uuid.UUID], actor: str, desk: Desk, now: datetime, alike: bool) -> None:
    where = {case: _end(case, became) for case in done.touched}
    rows = {row.id: row for row in lock_cases(ids=sorted(set(where.values())))}
    running = armed(cases=list(rows))
    writes = Writes()
    for case, row in rows.items():
        joined = [i for i, c in done.joined if where.get(c, c) == case]
        changed = [i for i, c in done.changed_media if where.get(c, c) == case]
        after = _joined(writes, row, joined, desk, now, alike)
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
                actor=actor,
            )
            after = judged.case
        if after != row:
            save_case(writes, before=row, after=after)
    writes.send()


def _end(case: uuid.UUID, merged: dict[uuid.UUID, uuid.UUID]) -> uuid.UUID:
    while case in merged:
        case = merged[case]
    return case


def _joined(writes: Writes, row: CaseRow, joined: list[uuid.UUID], desk: Desk, now: datetime, alike: bool) -> CaseRow:
    """Items that have come under the case follow what holds for it: one decision covers every copy."""
    if not joined:
        return row
    record(writes, kind="case.items_joined", actor="desk", now=now, case=row.id, facts={"items": [str(i) for i in joined]})
    if not alike and bring_other_files(case=row.id, items=joined):
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
