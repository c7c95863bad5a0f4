"""Shared: what the uploader is told when a measure is imposed, in the same transaction (DSA art. 17; practice 5)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from odzew.answers.data import StatementFacts, Text
from odzew.answers.helplines import helplines
from odzew.answers.statements import compose_statement
from odzew.answers.wordbook import named
from odzew.cases.clocks import arm
from odzew.cases.data import ItemView
from odzew.cases.rows import CaseRow
from odzew.decisions.api import add_statement
from odzew.foundation.writes import Writes
from odzew.ledger.outbox import leave
from odzew.policy.clocks import clock
from odzew.usecases._answering import regime_of
from odzew.usecases.desk import Desk

Kind = Literal["first", "full", "restored", "protected"]
_MEASURES: Final[dict[str, Literal["withhold", "remove"]]] = {"withhold": "withhold", "remove": "remove"}


def state_reasons(
    writes: Writes,
    *,
    case: CaseRow,
    items: list[ItemView],
    measure: str,
    desk: Desk,
    now: datetime,
    scope: str,
    ground: str,
    reason: str = "",
    final: bool = False,
    decide_by: datetime | None = None,
) -> None:
    """Leave one statement for each account whose items were restricted; nothing for accounts the platform did not name.

    While a case is not decided the statement is the neutral first one: the restriction, the rule, the right to appeal. It never says
    what was reported, by whom, or what matched. Where the full one waits for the safety officer, a neutral one goes out meanwhile.
    """
    window = clock(desk.policy, "appeal_window", regime=regime_of(case=case), desk=desk.size(now=now))
    appeal_until = None if measure == "restore" else now + window.length
    told = _Told(case, measure, scope, ground, reason, final, decide_by, appeal_until, desk, now)
    for item in {i.account: i for i in reversed(items) if i.account is not None and i.platform_id is not None}.values():
        form, kind = _form(case=case, measure=measure, final=final)
        if form == "full" and case.statement_held:
            _hold(writes, told, item)
            form, kind = "neutral", "first"
        _send(writes, told, item, form, kind)


@dataclass(frozen=True, slots=True)
class _Told:
    """All that the statements of one act rest on."""

    case: CaseRow
    measure: str
    scope: str
    ground: str
    reason: str
    final: bool
    decide_by: datetime | None
    appeal_until: datetime | None
    desk: Desk
    now: datetime


def _compose(told: _Told, form: str, kind: Kind) -> Text:
    desk, now, restored = told.desk, told.now, told.measure == "restore"
    near = helplines(country=desk.country, today=now.date())
    return compose_statement(
        facts=StatementFacts(
            kind=kind,
            language=desk.language,
            now=now,
            zone=desk.zone,
            measure=_MEASURES.get(told.measure),
            scope="item" if told.scope == "item" else "media",
            imposed_at=None if restored else now,
            decide_by=told.decide_by,
            rule="" if restored else named(ground=told.ground, labels=desk.policy.grounds, language=desk.language),
            reason=told.reason if form == "full" else "",
            decided_by="person" if told.final else "program",
            territory="everywhere",
            no_end=told.final and told.measure == "remove",
            appeal_until=told.appeal_until,
            appeal_decider="new_person" if desk.size(now=now) != "solo" else "same_later",
            restored_at=now if restored else None,
            no_mark=kind == "protected",
            emergency=desk.emergency,
            helplines=near.numbers if kind == "protected" else (),
        )
    )


def _add(writes: Writes, told: _Told, item: ItemView, form: str, text: Text, state: str) -> uuid.UUID:
    if item.account is None:
        raise ValueError("only a known account is told")
    return add_statement(
        writes,
        case=told.case.id,
        account=item.account,
        item=item.id,
        form=form,
        text=text.text,
        language=text.language,
        state=state,
        now=told.now,
    )


def _hold(writes: Writes, told: _Told, item: ItemView) -> None:
    """The full statement waits for the safety officer, who is reminded (practice 5)."""
    held = _add(writes, told, item, "full", _compose(told, "full", "full"), "held")
    plan = clock(told.desk.policy, "statement_review", regime=regime_of(case=told.case), desk=told.desk.size(now=told.now))
    arm(writes, plan=plan, case=told.case.id, running={}, now=told.now, subject=held)


def _send(writes: Writes, told: _Told, item: ItemView, form: str, kind: Kind) -> None:
    text = _compose(told, form, kind)
    statement = _add(writes, told, item, form, text, "sent")
    payload = {
        "account": item.account_external,
        "item": item.external_id if form != "neutral" or not told.case.child_safety else None,
        "text": text.text,
        "appeal_until": told.appeal_until.isoformat() if told.appeal_until else None,
    }
    leave(writes, kind="statement", subject=statement, case=told.case.id, platform=item.platform_id, payload=payload, now=told.now)
    plan = clock(told.desk.policy, "sor_user", regime=regime_of(case=told.case), desk=told.desk.size(now=told.now))
    arm(writes, plan=plan, case=told.case.id, running={}, now=told.now, subject=statement)


def _form(*, case: CaseRow, measure: str, final: bool) -> tuple[str, Kind]:
    if measure == "restore":
        return "restored", "restored"
    if case.protect_uploader:
        return "neutral", "protected"
    return ("full", "full") if final else ("neutral", "first")
