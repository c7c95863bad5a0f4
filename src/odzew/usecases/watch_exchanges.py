"""A list that nobody could fetch for too long rings: what its source has withdrawn may still match here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from odzew.alarms.api import ring
from odzew.exchanges.data import ExchangeView
from odzew.exchanges.forms.table import LISTS
from odzew.exchanges.register import exchanges, mark_stale
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record

_AGAIN: Final = timedelta(hours=24)


def watch_exchanges(*, now: datetime) -> int:
    """Ring for every running list whose last fetch without a gap began longer ago than it may be; return how many rang.

    Each rings once a day for as long as it lasts. A paused one does not ring: somebody paused it, and `odzew check` names it.
    """
    late = [e for e in exchanges() if e.state == "running" and e.form in LISTS and e.stale(now=now)]
    return sum(atomically(lambda e=e: _ring(e, now)) for e in late)  # type: ignore[misc]


def _ring(exchange: ExchangeView, now: datetime) -> bool:
    # 1. Of several workers one rings.
    if not mark_stale(exchange=exchange, now=now, every=_AGAIN):
        return False
    # 2. The alarm and the event, together.
    writes = Writes()
    since = exchange.complete_at or exchange.created_at
    facts: dict[str, int | str] = {"exchange": str(exchange.id), "hours": int((now - since).total_seconds() // 3600)}
    ring(writes, code="exchange_stale", now=now, facts=facts)
    record(writes, kind="exchange.stale", actor="desk", now=now, facts=facts)
    writes.send()
    return True
