"""Shared: a case before anything was said about it."""

from __future__ import annotations

from datetime import datetime

from odzew.cases.rows import CaseRow
from odzew.foundation.ids import new_id
from odzew.usecases.desk import Desk


def new_case(*, desk: Desk, now: datetime, published: bool = True) -> CaseRow:
    """Return a case that nobody wrote yet: no notice, no severity, nothing hidden."""
    return CaseRow(
        id=new_id(now=now),
        state="open",
        round=1,
        opened_at=now,
        reopened_at=now,
        queue_at=now,
        jurisdiction=desk.jurisdiction,
        kinds=frozenset(),
        flags=frozenset(),
        claimants=frozenset(),
        sources=frozenset(),
        regimes=frozenset(),
        minor=False,
        child_safety=False,
        regime="other",
        claimed_by_person=False,
        raised_by_trusted=False,
        published=published,
        notices=0,
        independent=0,
        same_reporter=0,
        severity=0,
        reasons=[],
        policy_digest=desk.policy.digest,
        withheld=False,
        withheld_at=None,
        clearances=0,
        hides_since_clearance=0,
        new_facts=frozenset(),
        on_watch_until=None,
        watch_hide_used=False,
        wave_at=None,
        protect_uploader=False,
        statement_held=False,
        merged_into=None,
        decided_at=None,
        version=1,
    )


def widest(*minors: bool | None) -> bool | None:
    """Is a minor in it? True if anyone says so, else None if anyone does not know, else False."""
    return True if True in minors else None if None in minors else False
