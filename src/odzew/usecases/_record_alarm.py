"""The alarm that the record was damaged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from odzew.alarms.api import recent, ring
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.usecases.desk import Desk

CODE: Final = "record_damaged"
_QUIET: Final = timedelta(hours=1)


def ring_damaged(*, desk: Desk, now: datetime) -> None:
    """Alarm people that the record contradicts itself; not again within an hour."""
    if any(alarm.code == CODE and now - alarm.at < _QUIET for alarm in recent()):
        return
    with transaction.atomic():
        writes = Writes()
        alarm = ring(writes, code=CODE, now=now)
        record(writes, kind="record.damaged", actor="desk", now=now, facts={"alarm": str(alarm), "record": desk.origin})
        writes.send()
