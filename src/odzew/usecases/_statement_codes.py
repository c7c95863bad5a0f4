"""Shared: the code by which somebody whose post was limited comes back to the desk, without an account here."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from django.db import transaction

from odzew.decisions.statements import StatementView, keep_key, statement_by_key
from odzew.notices.receipt import clean, code_of
from odzew.usecases.desk import Desk

PAGE: Final = "/limited"


def way_to_page(*, statement: uuid.UUID, desk: Desk, now: datetime) -> dict[str, str]:
    """Return the page and the code that a statement is sent with, and keep what the code is found by before it leaves.

    A statement that is sent again has the same code. The code itself is kept nowhere: it is made of the master key and the statement.
    """
    code = code_of(secret=desk.keys.statement_secret(of=statement.bytes))
    with transaction.atomic():
        keep_key(statement=statement, lookup=desk.keys.statement_lookup(code=code), now=now)
    return {"page": f"{desk.public_url}{PAGE}", "code": code}


def statement_of(*, code: str, desk: Desk) -> StatementView | None:
    """Return the statement that a typed code belongs to, or None; the same for what is no code."""
    digits = clean(typed=code)
    return statement_by_key(lookup=desk.keys.statement_lookup(code=digits)) if digits else None
