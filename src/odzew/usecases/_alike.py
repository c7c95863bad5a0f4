"""Shared: hosted files that look the same as a reported one come under its case, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from odzew.alarms.api import ring
from odzew.cases.data import HIDDEN_FOR_GOOD
from odzew.cases.items import copysets_of
from odzew.cases.likeness import COPY, Standing, hold, reach_no_further, take_in
from odzew.cases.register import Registered
from odzew.cases.rows import CaseRow, lock_cases, read_cases
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.policy.rules import MatchRule
from odzew.usecases._hiding import rests_on_claims
from odzew.usecases._joining import follow_joined
from odzew.usecases._merging import merge_cases
from odzew.usecases.desk import Desk

# Which case takes a new copy in, where several would: the gravest decision first.
_RANK: Final = {"removed": 0, "kept_withheld": 1}


def join_alike(*, number: int, copies: Sequence[int], desk: Desk, now: datetime, actor: str) -> None:
    """Let one file and those that look the same share a case, where one of them was reported.

    Reached is only what looks like the reported file itself, never a copy of a copy. What was found to be no violation takes nothing
    in: a clearance holds for the same bytes only (practice 3). A claim that nobody verified takes in no more than the policy's
    `[match]` lets a reporter's fingerprint hide; the rest follows when a person has decided (practice 8).
    """
    found = {s.number: s for s in hold(numbers=sorted({number, *copies}))}
    mine = found.pop(number, None)
    if mine is None:
        return
    others = [s for s in found.values() if s.copyset != mine.copyset]
    if mine.case is None:
        _come_in(mine, others, desk, now, actor)
    elif mine.via != COPY:
        _take_in(mine.case, others, desk, now, actor)


def _takes(row: CaseRow) -> bool:
    return row.undecided or row.state in HIDDEN_FOR_GOOD


def _come_in(mine: Standing, others: list[Standing], desk: Desk, now: datetime, actor: str) -> None:
    """A new file: the gravest case of a reported file that it looks like takes it in."""
    cases = sorted({s.case for s in others if s.case and s.via != COPY})
    rows = [row for row in lock_cases(ids=cases) if _takes(row)]
    for row in sorted(rows, key=lambda r: (_RANK.get(r.state, 2), not r.withheld, r.opened_at, r.id)):
        alike = [mine, *(s for s in others if s.case != row.id or s.via == COPY)]
        if not _too_wide(row, alike, desk.policy.match):
            joined = [(item, row.id) for item in take_in(case=row.id, copysets=[mine.copyset])]
            follow_joined(done=Registered(joined=joined, touched={row.id}), actor=actor, desk=desk, now=now, alike=True)
            return


def _take_in(case: uuid.UUID, others: list[Standing], desk: Desk, now: datetime, actor: str) -> None:
    """A reported file: everything that looks like it comes under its case, and cases about files that look like it become one."""
    (row,) = lock_cases(ids=[case])
    if not _takes(row):
        return
    loose = [s for s in others if s.case is None]
    if loose and _too_wide(row, loose, desk.policy.match):
        writes = Writes()
        record(writes, kind="copies.too_many", actor=actor, now=now, case=case, facts={"copies": len({s.item for s in loose})})
        ring(writes, code="copies_too_many", now=now, case=case)
        writes.send()
    elif loose:
        items = take_in(case=case, copysets=sorted({s.copyset for s in loose}))
        done = Registered(joined=[(i, case) for i in items], touched={case})
        follow_joined(done=done, actor=actor, desk=desk, now=now, alike=True)
    stays = case
    for other in sorted({s.case for s in others if s.case and s.case != case and s.via != COPY}):
        if all(_takes(r) for r in read_cases(ids=[other])):
            moved = {c: copysets_of(case=c) for c in (stays, other)}
            stays = merge_cases(keep=stays, give=other, desk=desk, now=now)
            reach_no_further(copysets=[s for c, sets in moved.items() if c != stays for s in sets])


def _too_wide(row: CaseRow, copies: list[Standing], rule: MatchRule) -> bool:
    """Would a claim that nobody verified hide more, or older things, than it may without a person?"""
    if not row.undecided or not rests_on_claims(case=row):
        return False
    old = any(s.posted_at is not None and row.opened_at - s.posted_at > rule.wide_age for s in copies)
    return old or len({s.item for s in copies}) > rule.wide_hits
