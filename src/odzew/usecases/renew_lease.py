"""A person keeps the case that they have in hand for longer."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from odzew.decisions.data import LeaseView
from odzew.decisions.leases import extend
from odzew.foundation.errors import Conflict
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller
from odzew.usecases._in_hand import in_hand
from odzew.usecases.take_next import LASTS

# However often it is renewed: then it stands in line for others again, so that a window left open keeps no case from them.
LONGEST: Final = timedelta(hours=2)


def renew_lease(*, case: uuid.UUID, caller: Caller, now: datetime) -> LeaseView:
    """Let this person's lease last as long from now as a new one, and at most two hours in all; return it.

    Raises `Conflict` when the case is not in their hands any more, or has been for the longest time; `NotFound`.
    """

    def work() -> LeaseView:
        lease = in_hand(case=case, caller=caller, now=now)
        if lease.until >= lease.at + LONGEST:
            raise Conflict(
                "You have had this case for two hours; it ends when it says. You can still decide it.", why="lease_longest"
            )
        until, writes = max(min(now + LASTS, lease.at + LONGEST), lease.until), Writes()
        extend(writes, lease=lease, until=until)
        facts = {"lease": str(lease.id), "round": lease.round, "until": until}
        record(writes, kind="lease.renewed", actor=caller.actor, now=now, case=lease.case, facts=facts)
        writes.send()
        return replace(lease, until=until)

    return atomically(work)
