"""The alarm that the record was damaged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from odzew.alarms.api import ring_once
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.usecases.desk import Desk

CODE: Final = "record_damaged"
_QUIET: Final = timedelta(hours=1)


def ring_damaged(*, desk: Desk, now: datetime) -> None:
    """Alarm people that the record contradicts itself; not again within an hour."""
    with transaction.atomic():
        writes = Writes()
        alarm = ring_once(writes, code=CODE, every=_QUIET, now=now)
        if alarm is None:
            return
        record(writes, kind="record.damaged", actor="desk", now=now, facts={"alarm": str(alarm), "record": desk.origin})
        writes.send()
