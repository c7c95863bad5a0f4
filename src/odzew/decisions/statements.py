"""Statements as the person they were written for comes back to them, by a code."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from odzew.decisions.models import Statement
from odzew.foundation.writes import fetch_all, fetch_none


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementView:
    """A statement that has left the desk; `form` is neutral, full or restored."""

    id: uuid.UUID
    case: uuid.UUID
    account: uuid.UUID
    item: uuid.UUID | None
    form: str
    text: str
    language: str
    at: datetime


def keep_key(*, statement: uuid.UUID, lookup: bytes, now: datetime) -> None:
    """Keep what the code of a statement is found by; the second time nothing happens."""
    sql = (
        "INSERT INTO decisions_statement_key (statement_id, lookup, at) SELECT id, %s, %s FROM decisions_statement WHERE id = %s "
        "ON CONFLICT DO NOTHING"
    )
    fetch_none(sql, [lookup, now, statement])


def statement_by_key(*, lookup: bytes) -> StatementView | None:
    """Return the statement whose code has this lookup, or None."""
    rows = fetch_all("SELECT statement_id FROM decisions_statement_key WHERE lookup = %s", [lookup])
    row = Statement.objects.filter(id=rows[0][0]).first() if rows else None
    return _view(row) if row else None


def told_to(*, case: uuid.UUID, account: uuid.UUID) -> list[StatementView]:
    """Return what the holder of an account was told on a case, oldest first; nothing that is held back."""
    found = Statement.objects.filter(case_id=case, account_id=account).exclude(state="held")
    return [_view(s) for s in found.order_by("at", "id")]


def _view(s: Statement) -> StatementView:
    return StatementView(
        id=s.id, case=s.case_id, account=s.account_id, item=s.item_id, form=s.form, text=s.text, language=s.language, at=s.at
    )
