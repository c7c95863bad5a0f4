"""A person is handed the next case."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from odzew.cases.clocks import clock_near
from odzew.cases.queue import QUIET
from odzew.cases.rows import CaseRow, lock_cases
from odzew.decisions.data import DoubleView, LeaseView
from odzew.decisions.doubles import drawn_for
from odzew.decisions.leases import Seeker, give, in_line, lease_of
from odzew.exposures.api import looker
from odzew.foundation.errors import Forbidden
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller
from odzew.usecases._deciding import Deciding, Signature
from odzew.usecases._may_decide import SPECIALISTS, deciding_now, only_deciders
from odzew.usecases.desk import Desk

# How long a case is in somebody's hands; they may renew it (`usecases/renew_lease`).
LASTS: Final = timedelta(minutes=15)
# How long a case is not handed again to whoever gave it back. Nobody is asked why.
SKIPS: Final = timedelta(hours=4)
# A clock of a case that nobody decided is near when it ends within this time: then nothing that was drawn goes ahead.
_NEAR: Final = timedelta(hours=2)
_PAGE: Final = 20


def take_next(*, caller: Caller, desk: Desk, now: datetime) -> LeaseView | None:
    """Hand this person the first case of the queue that they may decide and nobody else has in hand; None if there is none now.

    Whoever has a case in hand is given the same again. Raises `Forbidden` for a role that does not decide, and for somebody whose
    enrolment has not taken force. The order is the policy's (docs/decisions/0002); the second, blind look is handed out like the first.
    So is a final decision that was drawn for one (docs/decisions/0037): behind all that was there before it.
    """
    only_deciders(caller=caller)

    def work(wait: bool) -> LeaseView | None:
        return lease_of(person=caller.id, now=now) or _search(caller, desk, now, wait)

    # 1. Past whatever another transaction holds at this moment. 2. Only where nothing else is left, wait for those. 3. What was drawn.
    return atomically(lambda: work(False)) or atomically(lambda: work(True)) or atomically(lambda: _drawn(caller, desk, now))


def _search(caller: Caller, desk: Desk, now: datetime, wait: bool) -> LeaseView | None:
    seeker, after = _seeker(caller, desk, now), None
    if not wait and (drawn := _drawn_before(seeker, now)):
        return _hand_drawn(drawn, seeker, caller, now)
    while found := in_line(seeker=seeker, after=after, limit=_PAGE, now=now):
        for after in found:
            row = _hold(after[1], seeker, now, wait)
            if row is None or not _theirs(row, caller, desk, now):
                continue
            # Their other window may have got one at this very moment: then that is what they have.
            return _hand_over(row, caller, now) or lease_of(person=caller.id, now=now)
    return None


def _seeker(caller: Caller, desk: Desk, now: datetime) -> Seeker:
    present = deciding_now(caller=caller, now=now)
    return Seeker(
        person=caller.id,
        present=[p.id for p in present],
        specialists=[p.id for p in present if p.role in SPECIALISTS],
        special=caller.role in SPECIALISTS,
        apart=desk.policy.sign["solo"].apart if desk.size(now=now) == "solo" else None,
        skips=SKIPS,
        not_today=tuple(sorted(looker(person=caller.id, now=now).not_today)),
    )


def _drawn_before(seeker: Seeker, now: datetime) -> list[DoubleView]:
    """What was drawn has its place by when it was drawn, ahead of no case that was there before; and of none while a clock is near."""
    drawn = drawn_for(seeker=seeker, now=now, limit=_PAGE)
    if not drawn or clock_near(until=now + _NEAR, quiet=QUIET):
        return []
    first = in_line(seeker=seeker, after=None, limit=1, now=now)
    return [d for d in drawn if first and d.at < first[0][0]]


def _drawn(caller: Caller, desk: Desk, now: datetime) -> LeaseView | None:
    """Nothing else is in line for them: a decision that was drawn."""
    seeker = _seeker(caller, desk, now)
    return _hand_drawn(drawn_for(seeker=seeker, now=now, limit=_PAGE), seeker, caller, now)


def _hand_drawn(drawn: list[DoubleView], seeker: Seeker, caller: Caller, now: datetime) -> LeaseView | None:
    for double in drawn:
        rows = lock_cases(ids=[double.case], skip_locked=True)
        if rows and drawn_for(seeker=seeker, now=now, limit=1, only=double.case):
            return _hand_over(rows[0], caller, now, double.id) or lease_of(person=caller.id, now=now)
    return None


def _hold(case: uuid.UUID, seeker: Seeker, now: datetime, wait: bool) -> CaseRow | None:
    """The case, held, if it is still one for them; without `wait` None as well while somebody else holds it."""
    rows = lock_cases(ids=[case], skip_locked=not wait)
    if not rows or not in_line(seeker=seeker, after=None, limit=1, now=now, only=case):
        return None
    return rows[0]


def _theirs(row: CaseRow, caller: Caller, desk: Desk, now: datetime) -> bool:
    """May they decide it, whatever they come to think?"""
    clears = Signature(caller=caller, outcome="no_violation", ground="", reason="")
    try:
        Deciding(row=row, signature=clears, desk=desk, now=now).check()
    except Forbidden:
        return False
    return True


def _hand_over(row: CaseRow, caller: Caller, now: datetime, double: uuid.UUID | None = None) -> LeaseView | None:
    lease = give(case=row.id, round=row.round, person=caller.id, until=now + LASTS, now=now, double=double)
    if lease is not None:
        writes = Writes()
        facts = {"lease": str(lease.id), "round": row.round, "until": lease.until}
        record(writes, kind="lease.taken", actor=caller.actor, now=now, case=row.id, facts=facts)
        writes.send()
    return lease
