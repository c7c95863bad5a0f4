"""Shared: what the uploader is told when a measure is imposed, in the same transaction (DSA art. 17; practice 5)."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from odzew.answers.data import StatementFacts
from odzew.answers.statements import compose_statement
from odzew.cases.clocks import arm
from odzew.cases.data import ItemView
from odzew.cases.rows import CaseRow
from odzew.decisions.api import add_statement
from odzew.foundation.writes import Writes
from odzew.ledger.outbox import leave
from odzew.policy.clocks import clock
from odzew.usecases.desk import Desk

_MEASURES: Final[dict[str, Literal["withhold", "remove"]]] = {"withhold": "withhold", "remove": "remove"}


def state_reasons(
    writes: Writes,
    *,
    case: CaseRow,
    items: list[ItemView],
    measure: str,
    desk: Desk,
    now: datetime,
    ground: str = "",
    reason: str = "",
    appeal_until: datetime | None = None,
    final: bool = False,
) -> None:
    """Leave one statement for each account whose items were restricted; nothing for accounts the platform did not name.

    While a case is not decided the statement is the neutral first one; it never says what was reported, by whom, or what matched.
    """
    seen = set()
    for item in items:
        if item.account is None or item.platform_id is None or item.account in seen:
            continue
        seen.add(item.account)
        form, kind = _form(case=case, measure=measure, final=final)
        text = compose_statement(
            facts=StatementFacts(
                kind=kind,
                language=desk.language,
                now=now,
                zone=desk.zone,
                measure=_MEASURES.get(measure),
                scope="item" if measure == "remove" else "media",
                imposed_at=now if measure != "restore" else None,
                rule=ground if form == "full" else "",
                reason=reason if form == "full" else "",
                decided_by="person" if final else "program",
                territory="everywhere",
                no_end=final and measure == "remove",
                appeal_until=appeal_until,
                appeal_decider="new_person" if desk.size(now=now) != "solo" else "same_later",
                restored_at=now if measure == "restore" else None,
            )
        )
        held = form == "full" and case.statement_held
        statement = add_statement(
            writes,
            case=case.id,
            account=item.account,
            item=item.id,
            form=form,
            text=text.text,
            language=text.language,
            state="held" if held else "sent",
            now=now,
        )
        if held:
            plan = clock(desk.policy, "statement_review", regime="child", desk=desk.size(now=now))
            arm(writes, plan=plan, case=case.id, running={}, now=now, subject=statement)
            continue
        payload = {
            "account": item.account_external,
            "item": item.external_id if form != "neutral" or not case.child_safety else None,
            "text": text.text,
            "appeal_until": appeal_until.isoformat() if appeal_until else None,
        }
        leave(writes, kind="statement", subject=statement, case=case.id, platform=item.platform_id, payload=payload, now=now)
        plan = clock(desk.policy, "sor_user", regime="child", desk=desk.size(now=now))
        arm(writes, plan=plan, case=case.id, running={}, now=now, subject=statement)


def _form(*, case: CaseRow, measure: str, final: bool) -> tuple[str, Literal["first", "full", "restored", "protected"]]:
    if measure == "restore":
        return "restored", "restored"
    if case.protect_uploader:
        return "neutral", "protected"
    return ("full", "full") if final else ("neutral", "first")
