"""A test alarm rings, and a person says that it arrived."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from odzew.alarms.api import confirm, ring
from odzew.foundation.errors import NotFound
from odzew.foundation.writes import Writes
from odzew.ledger.events import record


def sound_test(*, now: datetime) -> uuid.UUID:
    """Note a test alarm and return its number; the caller rings the channels, so that a person sees at once which of them work."""
    with transaction.atomic():
        writes = Writes()
        alarm = ring(writes, code="test", now=now, left=False)
        record(writes, kind="alarm.tested", actor="operator", now=now, facts={"alarm": str(alarm)})
        writes.send()
    return alarm


def confirm_alarm(*, alarm: uuid.UUID, actor: str, now: datetime) -> None:
    """Note that a person saw an alarm. Raises `NotFound` if there is none or it was confirmed before."""
    with transaction.atomic():
        if not confirm(alarm=alarm, now=now):
            raise NotFound("There is no such alarm, or it was confirmed before.")
        writes = Writes()
        record(writes, kind="alarm.confirmed", actor=actor, now=now, facts={"alarm": str(alarm)})
        writes.send()
