"""Shared: a hosted file that equals what a reporter's own device made a fingerprint of; in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from odzew.cases.items import copysets_of, items_in
from odzew.cases.likeness import hold
from odzew.cases.matches import Near
from odzew.cases.register import Registered
from odzew.cases.rows import CaseRow, cover, lock_cases, now_named
from odzew.foundation.writes import Writes
from odzew.usecases._joining import follow_joined
from odzew.usecases.desk import Desk


def come_under_claims(*, number: int, equal: Sequence[Near], desk: Desk, now: datetime, actor: str) -> None:
    """Let a file that no case covers come under the open case of whoever sent its fingerprint: it is what they reported.

    `number` is the file's, `equal` what it equals in the banks. A fingerprint that hits too much takes nothing in (practice 8), and
    neither does a case of the policy's `wide_hits` items, nor one on which something is hidden for another reason than the claim of the
    person. What is not taken in gets a case of its own.
    """
    claims = {n.from_case for n in equal if n.from_case and n.opinion == "seed" and not n.wide}
    mine = next((s for s in hold(numbers=[number]) if s.number == number), None) if claims else None
    if mine is None or mine.case is not None:
        return
    rows = lock_cases(ids=sorted({now_named(case=claim) for claim in claims}))
    row = next((r for r in sorted(rows, key=lambda r: (r.opened_at, r.id)) if _takes(r, desk)), None)
    if row is None:
        return
    writes = Writes()
    cover(writes, case=row.id, copysets=[mine.copyset], fresh=frozenset())
    writes.send()
    joined = [(view.id, row.id) for view in items_in(copysets=[mine.copyset])]
    follow_joined(done=Registered(joined=joined, touched={row.id}), actor=actor, desk=desk, now=now)


def _takes(row: CaseRow, desk: Desk) -> bool:
    if not row.undecided or row.merged_into is not None or (row.withheld and not row.claimed_by_person):
        return False
    return len(items_in(copysets=copysets_of(case=row.id))) < desk.policy.match.wide_hits
