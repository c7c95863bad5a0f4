"""Shared: matches are counted, and a hash that suddenly matches everything is stopped, on the record and loudly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from odzew.alarms.api import ring
from odzew.banks.quarantine import Flood, Sighted, watch
from odzew.foundation.writes import Writes
from odzew.ledger.events import record


def watch_flood(writes: Writes, *, sighted: Sequence[Sighted], now: datetime) -> list[Flood]:
    """Count matches of entries, in the transaction that is open; quarantine an entry that floods, with an event and an alarm.

    Call it wherever something matched: an upload, hosted media, a notice's hashes. It never raises what it counts.
    """
    floods = watch(sighted=sighted, now=now)
    for f in floods:
        facts = {"bank": str(f.entry.bank.id), "entry": f.entry.id, "seen": f.seen, "limit": f.limit}
        record(writes, kind="bank.quarantined", actor="desk", now=now, case=f.entry.from_case, facts=facts)
        ring(writes, code="bank_flood", now=now, case=f.entry.from_case, facts={"entry": f.entry.id, "seen": f.seen})
    return floods
