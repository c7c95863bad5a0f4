"""What works once: a challenge or a round with the provider that was used is refused a second time."""

from __future__ import annotations

import hashlib
from datetime import datetime

from odzew.foundation.writes import fetch_all, fetch_none


def spend(*, what: str, until: datetime, now: datetime) -> bool:
    """Use something up; False if it was used before. From `until` on it is too old to be used at all, and forgotten."""
    fetch_none("DELETE FROM ledger_spent WHERE until < %s", [now])
    sql = "INSERT INTO ledger_spent (hash, until) VALUES (%s, %s) ON CONFLICT (hash) DO NOTHING RETURNING 1"
    return bool(fetch_all(sql, [hashlib.sha256(what.encode()).digest(), until]))
