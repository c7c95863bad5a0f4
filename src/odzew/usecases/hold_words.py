"""Somebody says that the words of a case must be kept longer: an order, a request of the police, a dispute."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from odzew.cases.rows import lock_case
from odzew.foundation.errors import Conflict, Forbidden, Invalid
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import keep_text, record
from odzew.ledger.people import SIGNERS, Caller
from odzew.notices.erasure import add_hold, holds_on

LONGEST: Final = 2_000
LONGEST_DAYS: Final = 366
MOST: Final = 20


def only_holders(*, caller: Caller) -> None:
    """Let nobody pass who may not say how long words are kept. Raises `Forbidden`."""
    if caller.what != "person" or caller.role not in SIGNERS:
        raise Forbidden("Only a lead or a safety officer says how long words are kept.", why="hold_not_yours")


def hold_words(*, case: uuid.UUID, days: int, reason: str, caller: Caller, now: datetime) -> uuid.UUID:
    """Keep the words of everybody who wrote on a case for this many days from now, and return the id of the hold. Nothing else changes.

    A hold is renewed by another one. It ends by itself; it is never without an end. Raises `Forbidden`, `NotFound`, `Invalid` (the days,
    no reason) and `Conflict` (too many holds). Source: practice 14; law that orders it beats a request to erase (GDPR art. 17(3)).
    """
    only_holders(caller=caller)
    said = reason.replace("\x00", "").strip()
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid(f"A hold lasts 1 to {LONGEST_DAYS} days; it can be renewed.", why="hold_days", most=LONGEST_DAYS)
    if not 0 < len(said) <= LONGEST:
        raise Invalid(f"Say why in at most {LONGEST} characters.", why="hold_reason", most=LONGEST)

    def work() -> uuid.UUID:
        # 1. The case is held; what was erased before cannot be kept any more.
        row = lock_case(case=case)
        if sum(1 for h in holds_on(case=row.id) if h.ended is None and h.until > now) >= MOST:
            raise Conflict(f"There are {MOST} holds on this case. End one first.", why="hold_many", most=MOST)
        # 2. The hold and the event, together. Why is kept apart: it may name somebody.
        writes = Writes()
        until = now + timedelta(days=days)
        text, salted = keep_text(writes, text=said, now=now)
        hold = add_hold(writes, case=row.id, person=caller.id, reason=text, until=until, now=now)
        facts = {"hold": str(hold), "until": until, "reason": salted}
        record(writes, kind="words.held", actor=caller.actor, now=now, case=row.id, facts=facts)
        writes.send()
        return hold

    return atomically(work)
