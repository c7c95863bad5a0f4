"""A person says that they saw something that they did not mean to see."""

from __future__ import annotations

from datetime import datetime

from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller


def seen_by_accident(*, caller: Caller, now: datetime) -> None:
    """Put it on the record that it happened and when: no question is asked, no blame follows, nothing else changes."""

    def work() -> None:
        writes = Writes()
        record(writes, kind="media.seen_by_accident", actor=caller.actor, now=now)
        writes.send()

    atomically(work)
