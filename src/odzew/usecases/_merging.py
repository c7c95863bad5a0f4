"""Shared: two cases turn out to be one harm."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from odzew.answers.api import move as move_answers
from odzew.cases.clocks import Name, armed, stop, take_over
from odzew.cases.data import HIDDEN_FOR_GOOD, ClockView, ItemView
from odzew.cases.items import copysets_of, hold_copysets, items_of, move_copysets
from odzew.cases.matches import move_matches, strongest
from odzew.cases.rows import CaseRow, lock_cases, save_case
from odzew.decisions.api import lapse, open_appeals
from odzew.decisions.api import move as move_complaints
from odzew.enforcement.api import move as move_measures
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.notices.api import all_handlings, open_handlings
from odzew.notices.api import move as move_notices
from odzew.policy.data import Trigger
from odzew.usecases._answering import arm_notices_of_decision
from odzew.usecases._hiding import AFTER_A_DECISION, follow_decision, hide_case
from odzew.usecases._judging import rejudge
from odzew.usecases.desk import Desk

# What stays when two become one: the graver decision.
_RANK: Final = {"kept_withheld": 1, "removed": 2}


def merge_cases(*, keep: uuid.UUID, give: uuid.UUID, desk: Desk, now: datetime) -> uuid.UUID:
    """Let one case take over another: its items, notices, reporters, clocks, and the higher of both in everything; return which stays.

    Invisible to reporters. An undecided case never disappears in a decided one: then the decided is opened again, and what is hidden
    stays hidden. Of two clocks with one name the earlier runs on. Waiting votes lapse: their authors did not see what comes in.
    """
    hold_copysets(cases=[keep, give])
    rows = {row.id: row for row in lock_cases(ids=sorted((keep, give)))}
    one, other = rows.get(keep), rows.get(give)
    if one is None or other is None or "merged" in (one.state, other.state):
        return keep if one is not None and one.state != "merged" else give
    if _RANK.get(other.state, 0) > _RANK.get(one.state, 0):
        one, other = other, one
    newcomers = items_of(case=other.id)
    writes = Writes()
    move_answers(source=other.id, target=one.id, notices=[h.notice for h in all_handlings(case=other.id)])
    move_copysets(source=other.id, target=one.id)
    move_notices(source=other.id, target=one.id)
    move_measures(source=other.id, target=one.id)
    take_over(source=other.id, target=one.id, now=now)
    voted = lapse(case=one.id)
    move_complaints(source=other.id, target=one.id)
    move_matches(source=other.id, target=one.id)
    save_case(writes, before=other, after=replace(other, state="merged", merged_into=one.id))
    record(writes, kind="case.merged", actor="desk", now=now, case=one.id, facts={"from": str(other.id), "votes_lapsed": voted})
    after = _both(one, other, alike=not newcomers)
    running = armed(cases=[one.id])[one.id]
    if one.state in HIDDEN_FOR_GOOD and not open_appeals(case=one.id):
        after = _follow(writes, row=after, items=newcomers, running=running, desk=desk, now=now)
    elif other.undecided or one.undecided:
        after = _judge_again(writes, one, other, after, running, desk, now)
    # Above both: whoever read either before and decides now is told that it has changed.
    save_case(writes, before=replace(one, version=max(one.version, other.version)), after=after)
    writes.send()
    return one.id


def _follow(
    writes: Writes, *, row: CaseRow, items: list[ItemView], running: Mapping[Name, ClockView], desk: Desk, now: datetime
) -> CaseRow:
    """The one case was decided against the item: its decision covers what comes under it, and those who wait are told in time."""
    follow_decision(writes, case=row, items=items, desk=desk, now=now)
    stop(writes, clocks=[c for (n, _), c in running.items() if n not in AFTER_A_DECISION], now=now)
    waiting = open_handlings(cases=[row.id])[row.id]
    arm_notices_of_decision(writes, case=row, handlings=waiting, running=running, desk=desk, now=now)
    return row


def _judge_again(
    writes: Writes, one: CaseRow, other: CaseRow, after: CaseRow, running: Mapping[Name, ClockView], desk: Desk, now: datetime
) -> CaseRow:
    state = one.state if one.state in ("disputed", "specialist") else "open"
    if not one.undecided:
        after = replace(after, round=one.round + 1, reopened_at=now, decided_at=None)
    after = replace(after, state=state)
    if one.withheld or other.withheld:
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
        # Who was told so on either case is not told again.
        hidden_at = [r.withheld_at for r in (one, other) if r.withheld and r.withheld_at]
        after = replace(after, withheld_at=min([now, *hidden_at]))
        writes.send()
        running = armed(cases=[one.id])[one.id]
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


def _both(one: CaseRow, other: CaseRow, *, alike: bool) -> CaseRow:
    """The higher of both. A clearance of one holds for both only if they are the same bytes (practice 3)."""
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
        clearances=one.clearances if alike else min(one.clearances, other.clearances),
        hides_since_clearance=max(one.hides_since_clearance, other.hides_since_clearance),
        new_facts=one.new_facts | other.new_facts,
        wave_at=one.wave_at if other.wave_at else None,
        matches=strongest(rows=[*one.matches, *other.matches]),
    )
