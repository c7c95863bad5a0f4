"""A person who is signed in gives a second factor anew, before an act that asks for it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.factors import Tried
from odzew.ledger.passkeys import Answer, answered
from odzew.ledger.visits import VisitView, freshen
from odzew.usecases._proving import refusal, tried
from odzew.usecases.desk import Desk


def step_up(*, visit: VisitView, proof: str | Answer, desk: Desk, now: datetime) -> None:
    """Note that this visit has a fresh second factor, for five minutes: a code, or the answer of a passkey of the same person.

    Raises `Unauthorised`, and `TooMany` after wrong codes.
    """
    with transaction.atomic():
        writes = Writes()
        # 1. A code is used up by being right, an answer by being given; a wrong code is counted.
        what = _tried(writes, visit, proof, desk, now)
        # 2. The visit is fresh, on the record.
        good = what.good and freshen(visit=visit.id, now=now)
        if good:
            facts = {"visit": str(visit.id), "how": what.outcome}
            record(writes, kind="visit.stepped_up", actor=visit.person.pseudonym, now=now, facts=facts)
        writes.send()
    # 3. What was counted stays, so it is refused only now.
    if not good:
        raise refusal(what=what)


def _tried(writes: Writes, visit: VisitView, proof: str | Answer, desk: Desk, now: datetime) -> Tried:
    if isinstance(proof, str):
        return tried(writes, who=visit.person, code=proof, desk=desk, now=now)
    who = answered(answer=proof, keys=desk.keys, now=now)
    return Tried(outcome="passkey" if who is not None and who.id == visit.person.id else "wrong")
