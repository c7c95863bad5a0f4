"""Shared: until when somebody may complain about a decision (DSA art. 20(1)); it is never shorter than what they were told."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from odzew.answers.api import answers_to
from odzew.cases.clocks import clocks_of
from odzew.cases.rows import CaseRow
from odzew.decisions.api import statements_of
from odzew.notices.api import NoticeView
from odzew.policy.clocks import clock
from odzew.usecases._answering import CLOSING, regime_of
from odzew.usecases.desk import Desk

_WINDOW: Final = "appeal_window"


def window_of_reporter(*, case: CaseRow, notice: NoticeView, desk: Desk, now: datetime) -> datetime | None:
    """Return when the right of a reporter to complain ends, or None while they were told nothing to complain about.

    It counts from the last answer that closed their notice, and never ends before a clock that was armed for it.
    """
    told = [a.at for a in answers_to(notice=notice.id) if a.case == case.id and a.kind in CLOSING]
    if not told:
        return None
    lengths = [_length(case, desk, now, claimant) for claimant in (notice.claimant, "other")]
    armed = [c.due for c in clocks_of(case=case.id) if c.name == _WINDOW and c.subject == notice.id]
    return max([max(told) + max(lengths), *armed])


def window_of_uploader(*, case: CaseRow, account: uuid.UUID, desk: Desk, now: datetime) -> datetime | None:
    """Return when the right of an uploader to complain ends, or None while no statement told them of it."""
    told = [s["at"] for s in statements_of(case=case.id) if s["account_id"] == account and s["form"] != "restored"]
    return max(told) + _length(case, desk, now, "other") if told else None


def _length(case: CaseRow, desk: Desk, now: datetime, claimant: str) -> timedelta:
    return clock(desk.policy, _WINDOW, regime=regime_of(case=case), desk=desk.size(now=now), claimant=claimant).length
