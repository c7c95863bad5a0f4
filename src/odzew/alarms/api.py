"""The only way in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from odzew.alarms.models import Alarm
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes
from odzew.ledger.outbox import leave


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView:
    """An alarm as the desk's people see it."""

    id: uuid.UUID
    at: datetime
    code: str
    case: uuid.UUID | None
    facts: dict[str, Any]
    confirmed_at: datetime | None


def ring(
    writes: Writes,
    *,
    code: str,
    now: datetime,
    case: uuid.UUID | None = None,
    facts: dict[str, int | str] | None = None,
    left: bool = True,
) -> uuid.UUID:
    """Add an alarm and leave it for every channel; `facts` hold numbers and words of the vocabulary only.

    With `left=False` nothing is left for the worker: the caller rings the channels itself and sees which of them take it.
    """
    alarm = new_id(now=now)
    writes.insert(Alarm, {"id": alarm, "at": now, "code": code, "case_id": case, "facts": facts or {}, "confirmed_at": None})
    if left:
        payload = {"code": code, "case": str(case or ""), "alarm": str(alarm)}
        leave(writes, kind="alarm", subject=alarm, case=case, platform=None, payload=payload, now=now)
    return alarm


def ring_once(
    writes: Writes,
    *,
    code: str,
    every: timedelta,
    now: datetime,
    case: uuid.UUID | None = None,
    facts: dict[str, int | str] | None = None,
) -> uuid.UUID | None:
    """Ring unless this code has rung within `every`, for this case if one is given; return the alarm or None.

    Of a thousand copies each would ring for itself, and nobody would hear the next case.
    """
    if Alarm.objects.filter(code=code, at__gt=now - every, at__lte=now, **({"case_id": case} if case else {})).exists():
        return None
    return ring(writes, code=code, now=now, case=case, facts=facts)


def recent(*, limit: int = 100) -> list[AlarmView]:
    """Return the newest alarms."""
    return [
        AlarmView(id=a.id, at=a.at, code=a.code, case=a.case_id, facts=a.facts, confirmed_at=a.confirmed_at)
        for a in Alarm.objects.order_by("-at", "-id")[:limit]
    ]


def confirm(*, alarm: uuid.UUID, now: datetime) -> bool:
    """Note that a person saw an alarm; False if there is none or it was seen before."""
    return Alarm.objects.filter(id=alarm, confirmed_at=None).update(confirmed_at=now) == 1


def last_confirmed_test() -> datetime | None:
    """Return when a person last confirmed a test alarm."""
    test = Alarm.objects.filter(code="test", confirmed_at__isnull=False).order_by("-confirmed_at").first()
    return test.confirmed_at if test else None
