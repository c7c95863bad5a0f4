"""A person gives back the case that they have in hand."""

from __future__ import annotations

import uuid
from datetime import datetime

from odzew.decisions.leases import hand_back
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller
from odzew.usecases._in_hand import in_hand


def give_back(*, case: uuid.UUID, caller: Caller, now: datetime) -> None:
    """End this person's lease without a decision and without a reason; the case keeps its place and its clocks.

    It is not handed to them again for a while; to others it is, at once. Raises `Conflict` when it is not in their hands; `NotFound`.
    """

    def work() -> None:
        lease, writes = in_hand(case=case, caller=caller, now=now), Writes()
        hand_back(writes, lease=lease, now=now)
        facts = {"lease": str(lease.id), "round": lease.round}
        record(writes, kind="lease.given_back", actor=caller.actor, now=now, case=lease.case, facts=facts)
        writes.send()

    atomically(work)
