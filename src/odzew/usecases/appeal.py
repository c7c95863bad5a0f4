"""A reporter or an uploader complains about a decision (DSA art. 20)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from odzew.cases.clocks import arm, armed
from odzew.cases.items import items_of
from odzew.cases.rows import CaseRow, lock_case, save_case
from odzew.decisions.api import add_appeal, add_to_appeal, open_appeals
from odzew.decisions.data import AppealView
from odzew.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import keep_text, record
from odzew.ledger.people import Caller
from odzew.notices.api import by_receipt, reopen, thread
from odzew.notices.receipt import clean, without_codes
from odzew.policy.clocks import clock
from odzew.usecases._answering import regime_of
from odzew.usecases._appeal_windows import window_of_reporter, window_of_uploader
from odzew.usecases._statement_codes import statement_of
from odzew.usecases.desk import Desk

LONGEST: Final = 10_000


class TooLate(Conflict):
    """The time in which one may complain is over (DSA art. 20(1)); a new notice is always possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appealed:
    """An appeal and when it is answered at the latest."""

    appeal: uuid.UUID
    answer_due: datetime


def appeal(
    *,
    case: uuid.UUID,
    by: Literal["reporter", "uploader"],
    text: str,
    desk: Desk,
    now: datetime,
    caller: Caller | None = None,
    receipt_code: str = "",
    account_id: str = "",
    statement_code: str = "",
) -> Appealed:
    """Record a complaint, open the case for somebody new, and arm the clock of its answer; what is hidden stays hidden.

    A reporter is known by the receipt code, an uploader by their platform's key and account, or by the code of their statement. An
    appeal that is open already is returned again, with what is added kept. Raises `NotFound`, `Forbidden`, `Invalid`, and `Conflict`
    when there is nothing yet to appeal against, or the time for it is over: then a new notice is still possible, and the sentence
    says so.
    """
    if not text.strip():
        raise Invalid("Tell us what we missed; a few words are enough.")
    if len(text) > LONGEST:
        raise Invalid(f"An appeal has at most {LONGEST} characters.")

    def work() -> Appealed:
        notice = _notice(receipt_code, desk) if by == "reporter" else None
        row = lock_case(case=case)
        account = None
        if by == "reporter":
            known = next((one for one in thread(notice=notice) if row.id in one.cases), None) if notice else None
            if known is None:
                raise NotFound("There is no such case for this code.")
            notice = known.id
            # Whoever was answered may complain, whatever else has opened the case since: that is not theirs to learn (practice 5).
            if row.undecided and known.state != "answered" and not open_appeals(case=row.id):
                raise Conflict("There is no decision yet; you will have an answer, and then you can ask us to look again.")
            end = window_of_reporter(case=row, notice=known, desk=desk, now=now)
        else:
            account = _by_statement(row, statement_code, desk) if statement_code else _account(row, caller, account_id)
            if not row.withheld:
                raise Conflict("Nothing of this account is hidden in this case.")
            end = window_of_uploader(case=row, account=account, desk=desk, now=now)
        if end is not None and now > end and not _open(row, by, notice, account):
            again = "report it again" if by == "reporter" else "write to us in a new report"
            raise TooLate(f"The time to ask us to look again ended on {end:%Y-%m-%d}; you can still {again} at any time.")
        return _appeal(row, by, notice, account, without_codes(text=text.strip()), caller, desk, now)

    return atomically(work)


def _open(row: CaseRow, by: str, notice: uuid.UUID | None, account: uuid.UUID | None) -> AppealView | None:
    return next((a for a in open_appeals(case=row.id) if (a.by, a.notice, a.account) == (by, notice, account)), None)


def _notice(code: str, desk: Desk) -> uuid.UUID | None:
    digits = clean(typed=code)
    return by_receipt(lookup=desk.keys.receipt_lookup(code=digits)) if digits else None


def _account(row: CaseRow, caller: Caller | None, account_id: str) -> uuid.UUID:
    if caller is None or caller.what != "program" or caller.platform is None:
        raise Forbidden("An uploader appeals through their platform's key.")
    for item in items_of(case=row.id):
        if item.platform_id == caller.platform and item.account_external == account_id and item.account:
            return item.account
    raise NotFound("There is no such case for this account.")


def _by_statement(row: CaseRow, code: str, desk: Desk) -> uuid.UUID:
    told = statement_of(code=code, desk=desk)
    if told is None or told.case != row.id:
        raise NotFound("There is no such case for this code.")
    return told.account


def _appeal(
    row: CaseRow,
    by: Literal["reporter", "uploader"],
    notice: uuid.UUID | None,
    account: uuid.UUID | None,
    text: str,
    caller: Caller | None,
    desk: Desk,
    now: datetime,
) -> Appealed:
    writes = Writes()
    running = armed(cases=[row.id])[row.id]
    known = _open(row, by, notice, account)
    text_id, salted = keep_text(writes, text=text, now=now)
    facts = {"by": by, "text": salted}
    actor = caller.actor if caller else by
    if known is not None and ("appeal_decide", known.id) in running:
        add_to_appeal(appeal=known.id, text=text_id)
        record(writes, kind="appeal.added", actor=actor, now=now, case=row.id, facts={**facts, "appeal": str(known.id)})
        writes.send()
        return Appealed(appeal=known.id, answer_due=running["appeal_decide", known.id].due)
    appeal_id = add_appeal(
        writes, case=row.id, by=by, notice=notice, account=account, text=text_id, against_round=row.round, now=now
    )
    plan = clock(desk.policy, "appeal_decide", regime=regime_of(case=row), desk=desk.size(now=now), by=by)
    due = arm(writes, plan=plan, case=row.id, running=running, now=now, subject=appeal_id)
    record(writes, kind="appeal.lodged", actor=actor, now=now, case=row.id, facts={**facts, "appeal": str(appeal_id)})
    # Ahead of new cases that few have seen, behind those that spread: half the longest head start.
    place = min(row.queue_at, now - desk.policy.severity.bound / 2)
    after = replace(row, queue_at=place)
    if not row.undecided:
        after = replace(after, state="open", round=row.round + 1, reopened_at=now, decided_at=None)
    save_case(writes, before=row, after=after)
    writes.send()
    if notice is not None:
        reopen(case=row.id, notices=[notice])
    return Appealed(appeal=appeal_id, answer_due=due)
