"""The only way in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from odzew.decisions.data import AppealView, AskView, DecisionView
from odzew.decisions.models import Appeal, Ask, Decision, Statement
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none
from odzew.ledger.events import erase_texts
from odzew.notices.erasure import HELD


def _author(d: Decision) -> uuid.UUID:
    found = d.person_id or d.program_id
    if found is None:
        raise ValueError("a decision without its author")
    return found


def _decision(d: Decision) -> DecisionView:
    return DecisionView(
        id=d.id,
        case=d.case_id,
        round=d.round,
        person=_author(d),
        outcome=d.outcome,
        ground=d.ground,
        reason=d.reason_id,
        referral=d.referral,
        at=d.at,
        policy_digest=d.policy_digest,
        state=d.state,
        final_at=d.final_at,
        appeal=d.decides_appeal,
        outside=d.outside,
        program=d.program_id is not None,
    )


def decisions_of(*, case: uuid.UUID, round: int | None = None) -> list[DecisionView]:  # noqa: A002 - the field's word
    """Return the decisions on a case, oldest first; of one round if given."""
    found = Decision.objects.filter(case_id=case).order_by("at", "id")
    return [_decision(d) for d in (found if round is None else found.filter(round=round))]


def waits_after(*, person: uuid.UUID, cases: list[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the cases that this person has cleared in the round they are in, and that wait for another."""
    sql = (
        "SELECT d.case_id FROM decisions_decision d JOIN cases_case c ON c.id = d.case_id AND c.round = d.round "
        "WHERE d.case_id = ANY(%s) AND d.person_id = %s AND d.state = 'awaiting_second'"
    )
    return {case for (case,) in fetch_all(sql, [cases, person])}


def add_decision(writes: Writes, *, decision: DecisionView) -> None:
    """Add a decision."""
    writes.insert(
        Decision,
        {
            "id": decision.id,
            "case_id": decision.case,
            "round": decision.round,
            "person_id": None if decision.program else decision.person,
            "program_id": decision.person if decision.program else None,
            "outside": decision.outside,
            "outcome": decision.outcome,
            "ground": decision.ground,
            "reason_id": decision.reason,
            "referral": decision.referral,
            "at": decision.at,
            "policy_digest": decision.policy_digest,
            "state": decision.state,
            "final_at": decision.final_at,
            "decides_appeal": decision.appeal,
        },
    )


def settle(writes: Writes, *, decisions: list[DecisionView], state: str, now: datetime) -> None:
    """Note how earlier decisions of a round ended."""
    final = now if state == "final" else None
    writes.update(Decision, *({"id": d.id, "state": state, "final_at": final} for d in decisions))


def lapse(*, case: uuid.UUID) -> int:
    """Let the waiting votes on a case count no more, since it covers more than their authors saw; return how many they were."""
    sql = (
        "UPDATE decisions_decision SET state = 'lapsed' WHERE case_id = %s AND state IN ('awaiting_second', 'disputed', 'passed_on') "
        "AND round = (SELECT round FROM cases_case WHERE id = %s) RETURNING 1"
    )
    return len(fetch_all(sql, [case, case]))


def add_ask(writes: Writes, *, case: uuid.UUID, round: int, due: datetime, now: datetime) -> uuid.UUID:  # noqa: A002 - the field's word
    """Note that somebody outside is asked about a case in this round, and return the id; once a round."""
    ask = new_id(now=now)
    writes.insert(Ask, {"id": ask, "case_id": case, "round": round, "at": now, "due_at": due})
    return ask


_ASKS: Final = "SELECT a.id, a.case_id, a.round, a.at, a.due_at FROM decisions_ask a JOIN cases_case c ON c.id = a.case_id AND c.round = a.round"


def _asks(where: str, values: list[Any]) -> list[AskView]:
    found = fetch_all(f"{_ASKS} WHERE {where} ORDER BY a.id", values)
    return [AskView(id=r[0], case=r[1], round=r[2], at=r[3], due=r[4]) for r in found]


def ask_of(*, case: uuid.UUID) -> AskView | None:
    """Return whether somebody outside is asked about the case in the round that it is in."""
    found = _asks("a.case_id = %s", [case])
    return found[0] if found else None


def open_asks() -> list[AskView]:
    """Return what somebody outside is asked about and nobody has decided yet, the oldest first."""
    return _asks("c.state IN ('open', 'awaiting_second', 'disputed', 'specialist')", [])


def _appeal(a: Appeal) -> AppealView:
    return AppealView(
        id=a.id,
        case=a.case_id,
        by=a.by,
        notice=a.notice_id,
        account=a.account_id,
        texts=(a.text_id, *a.added),
        at=a.at,
        against_round=a.against_round,
        state=a.state,
    )


def add_appeal(
    writes: Writes,
    *,
    case: uuid.UUID,
    by: str,
    notice: uuid.UUID | None,
    account: uuid.UUID | None,
    text: uuid.UUID,
    against_round: int,
    now: datetime,
) -> uuid.UUID:
    """Add an appeal and return its id."""
    appeal = new_id(now=now)
    writes.insert(
        Appeal,
        {
            "id": appeal,
            "case_id": case,
            "by": by,
            "notice_id": notice,
            "account_id": account,
            "text_id": text,
            "at": now,
            "against_round": against_round,
        },
    )
    return appeal


def add_to_appeal(*, appeal: uuid.UUID, text: uuid.UUID) -> None:
    """Add what its author wrote later to an appeal; the caller holds the case."""
    fetch_none("UPDATE decisions_appeal SET added = added || %s WHERE id = %s", [text, appeal])


def appeals_over(*, before: datetime, now: datetime, most: int) -> list[AppealView]:
    """Return appeals whose words are due to be erased, at most `most`: decided before a moment, as their case is, and nothing holds it."""
    sql = (
        "SELECT a.id FROM decisions_appeal a JOIN cases_case c ON c.id = a.case_id WHERE a.erased_at IS NULL AND a.state <> 'open' "
        f"AND a.decided_at <= %s AND c.decided_at <= %s AND NOT EXISTS ({HELD}) ORDER BY a.id LIMIT %s"
    )
    due = [r[0] for r in fetch_all(sql, [before, before, now, most])]
    return [_appeal(a) for a in Appeal.objects.filter(id__in=due).order_by("id")]


def erase_appeal(*, appeal: AppealView, now: datetime) -> int:
    """Erase the words of an appeal and return how many texts there were; the caller holds the case."""
    fetch_none("UPDATE decisions_appeal SET erased_at = %s WHERE id = %s", [now, appeal.id])
    return erase_texts(ids=list(appeal.texts))


def open_appeals(*, case: uuid.UUID) -> list[AppealView]:
    """Return the appeals on a case that nobody has decided."""
    return [_appeal(a) for a in Appeal.objects.filter(case_id=case, state="open").order_by("at", "id")]


def appeals_of(*, case: uuid.UUID) -> list[AppealView]:
    """Return all appeals on a case, oldest first."""
    return [_appeal(a) for a in Appeal.objects.filter(case_id=case).order_by("at", "id")]


def settle_appeals(writes: Writes, *, appeals: list[AppealView], state: str, now: datetime) -> None:
    """Note that appeals were upheld or rejected."""
    writes.update(Appeal, *({"id": a.id, "state": state, "decided_at": now} for a in appeals))


def add_statement(
    writes: Writes,
    *,
    case: uuid.UUID,
    account: uuid.UUID,
    item: uuid.UUID | None,
    form: str,
    text: str,
    language: str,
    state: str,
    now: datetime,
) -> uuid.UUID:
    """Add a statement of reasons and return its id; `form` is neutral, full or restored, `state` sent or held."""
    statement = new_id(now=now)
    writes.insert(
        Statement,
        {
            "id": statement,
            "case_id": case,
            "account_id": account,
            "item_id": item,
            "form": form,
            "text": text,
            "language": language,
            "at": now,
            "state": state,
        },
    )
    return statement


def statement_delivered(writes: Writes, *, statement: uuid.UUID, now: datetime) -> None:
    """Note that the platform took a statement for its user."""
    writes.update(Statement, {"id": statement, "state": "delivered", "delivered_at": now})


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A full statement that waits for the safety officer: whom it is for and when it was written."""

    id: uuid.UUID
    account: uuid.UUID
    item: uuid.UUID | None
    text: str
    at: datetime


def held_statement(*, statement: uuid.UUID, case: uuid.UUID) -> Held | None:
    """Return a held statement of a case, or None if there is none or it was released before. The caller holds the case."""
    row = Statement.objects.filter(id=statement, case_id=case, state="held").first()
    return Held(id=row.id, account=row.account_id, item=row.item_id, text=row.text, at=row.at) if row else None


def statement_sent(writes: Writes, *, statement: uuid.UUID) -> None:
    """Note that a held statement was released and left for its platform."""
    writes.update(Statement, {"id": statement, "state": "sent"})


def statements_of(*, case: uuid.UUID) -> list[dict[str, Any]]:
    """Return the statements of a case, oldest first."""
    fields = ("id", "form", "state", "at", "delivered_at", "item_id", "account_id", "text")
    return [dict(row) for row in Statement.objects.filter(case_id=case).order_by("at", "id").values(*fields)]


def move(*, source: uuid.UUID, target: uuid.UUID) -> None:
    """Let decisions, appeals and statements of one case belong to another that it became part of; its waiting votes lapse.

    So do its drawn decisions, with what came of them; those that nobody has looked at end with it.
    """
    fetch_none(
        "UPDATE decisions_decision d SET case_id = c.id, round = CASE WHEN d.state IN ('awaiting_second', 'disputed', 'passed_on') "
        "THEN c.round ELSE 0 END, state = CASE WHEN d.state IN ('awaiting_second', 'disputed', 'passed_on') THEN 'lapsed' ELSE d.state END "
        "FROM cases_case c WHERE c.id = %s AND d.case_id = %s",
        [target, source],
    )
    fetch_none("UPDATE decisions_ask SET case_id = %s, round = 0 WHERE case_id = %s", [target, source])
    fetch_none("UPDATE decisions_appeal SET case_id = %s WHERE case_id = %s", [target, source])
    fetch_none("UPDATE decisions_statement SET case_id = %s WHERE case_id = %s", [target, source])
    fetch_none("UPDATE decisions_double SET case_id = %s, round = 0 WHERE case_id = %s", [target, source])


def leave_out_statements(*, case: uuid.UUID, since: datetime) -> None:
    """Let the statements on a case from then on not have been written; only in a transaction that is undone, for a preview."""
    fetch_none("DELETE FROM decisions_statement WHERE case_id = %s AND at >= %s", [case, since])
