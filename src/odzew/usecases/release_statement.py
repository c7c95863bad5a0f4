"""The safety officer lets a full statement go to the uploader."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from odzew.cases.clocks import arm, armed, stop
from odzew.cases.items import items_of
from odzew.cases.rows import lock_case
from odzew.decisions.api import held_statement, statement_sent
from odzew.foundation.errors import Conflict, Forbidden
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.outbox import leave
from odzew.ledger.people import Caller
from odzew.policy.clocks import clock
from odzew.usecases._answering import regime_of
from odzew.usecases.desk import Desk

OFFICER: Final = "safety_officer"


def release_statement(*, case: uuid.UUID, statement: uuid.UUID, caller: Caller, desk: Desk, now: datetime) -> None:
    """Leave a held full statement for its platform, and end the clock that reminded of it.

    The words are those that were held; the right to appeal ends when they say. Raises `Forbidden` (anybody but the safety officer)
    and `Conflict` (released before, no such statement, or its account is not known any more). Source: practice 5.
    """
    if caller.what != "person" or caller.role != OFFICER:
        raise Forbidden("Only the safety officer releases a statement.", why="statement_officer")

    def work() -> None:
        row = lock_case(case=case)
        held = held_statement(statement=statement, case=row.id)
        if held is None:
            raise Conflict("There is no such statement, or it was released before.", why="statement_gone")
        item = next((i for i in items_of(case=row.id) if i.id == held.item), None)
        if item is None or item.account != held.account:
            raise Conflict("The account that posted it is not known any more, so nobody can be told.", why="statement_no_account")
        size, regime, writes = desk.size(now=now), regime_of(case=row), Writes()
        appeal_until = held.at + clock(desk.policy, "appeal_window", regime=regime, desk=size).length
        statement_sent(writes, statement=held.id)
        payload = {
            "account": item.account_external,
            "item": item.external_id,
            "text": held.text,
            "appeal_until": appeal_until.isoformat(),
        }
        leave(writes, kind="statement", subject=held.id, case=row.id, platform=item.platform_id, payload=payload, now=now)
        running = armed(cases=[row.id])[row.id]
        stop(writes, clocks=[c for name, c in running.items() if name == ("statement_review", held.id)], now=now)
        plan = clock(desk.policy, "sor_user", regime=regime, desk=size)
        arm(writes, plan=plan, case=row.id, running={}, now=now, subject=held.id)
        record(writes, kind="statement.released", actor=caller.actor, now=now, case=row.id, facts={"statement": str(held.id)})
        writes.send()

    atomically(work)
