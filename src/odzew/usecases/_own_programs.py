"""Shared: the desk's own ways in are programs, without a key; nobody can send in their name."""

from __future__ import annotations

import uuid
from datetime import datetime

from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller, add_own_program, own_program


def own_caller(*, program: uuid.UUID, now: datetime) -> Caller:
    """Return the desk's own form or mailbox as a caller; at its first use it becomes a program, and the record says so."""
    known = own_program(program=program)
    if known is not None:
        return known

    def work() -> None:
        if add_own_program(program=program, now=now):
            writes = Writes()
            facts = {"program": str(program), "scopes": [], "sources": ["user"]}
            record(writes, kind="program.enrolled", actor="desk", now=now, facts=facts)
            writes.send()

    atomically(work)
    known = own_program(program=program)
    if known is None:
        raise AssertionError("unreachable")
    return known
