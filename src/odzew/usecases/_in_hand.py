"""Shared: the case that somebody has in hand, held."""

from __future__ import annotations

import uuid
from datetime import datetime

from odzew.cases.rows import lock_case
from odzew.decisions.data import LeaseView
from odzew.decisions.leases import lease_of
from odzew.foundation.errors import Conflict
from odzew.ledger.people import Caller


def in_hand(*, case: uuid.UUID, caller: Caller, now: datetime) -> LeaseView:
    """Return this person's living lease on the case, which is held until the transaction ends. Raises `NotFound`, `Conflict`."""
    row = lock_case(case=case)
    lease = lease_of(person=caller.id, now=now)
    if lease is None or lease.case != row.id:
        raise Conflict("This case is not in your hands any more. You can still decide it, or take the next.", why="lease_over")
    return lease
