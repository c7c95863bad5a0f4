"""Which platforms let the desk hash their files, and whose turn it is: the pace holds over all workers together."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from odzew.foundation.errors import NotFound
from odzew.foundation.writes import fetch_all, fetch_none


def whose_turn(*, now: datetime) -> list[uuid.UUID]:
    """Return the platforms whose files are hashed by the desk and whose pause is over, the longest waiting first."""
    sql = (
        "SELECT id FROM ledger_platform WHERE hash_hosted AND (hash_turn_at IS NULL OR hash_turn_at <= %s) "
        "ORDER BY hash_turn_at NULLS FIRST, id"
    )
    return [platform for (platform,) in fetch_all(sql, [now])]


def take_turn(*, platform: uuid.UUID, pause: timedelta, now: datetime) -> bool:
    """Take a platform's turn, so that the next comes after `pause`; False if another took it, or it was switched off."""
    sql = (
        "UPDATE ledger_platform SET hash_turn_at = %s WHERE id = %s AND hash_hosted "
        "AND (hash_turn_at IS NULL OR hash_turn_at <= %s) RETURNING 1"
    )
    return bool(fetch_all(sql, [now + pause, platform, now]))


def let_rest(*, platform: uuid.UUID, until: datetime) -> None:
    """Let nobody fetch from a platform for a while: it is away or has too much to do."""
    sql = "UPDATE ledger_platform SET hash_turn_at = greatest(hash_turn_at, %s) WHERE id = %s"
    fetch_none(sql, [until, platform])


def may_ring(*, platform: uuid.UUID, every: timedelta, now: datetime) -> bool:
    """Say whether an alarm about a platform's files is due, and write down that it rings now."""
    sql = (
        "UPDATE ledger_platform SET hash_alarm_at = %s WHERE id = %s AND (hash_alarm_at IS NULL OR hash_alarm_at <= %s) RETURNING 1"
    )
    return bool(fetch_all(sql, [now, platform, now - every]))


def set_hash_hosted(*, name: str, on: bool) -> uuid.UUID:
    """Switch the hashing of a platform's files on or off, and return the platform. Raises `NotFound`."""
    rows = fetch_all(
        "UPDATE ledger_platform SET hash_hosted = %s, hash_alarm_at = NULL WHERE name = %s RETURNING id",
        [on, " ".join(name.split())],
    )
    if not rows:
        raise NotFound(f"There is no platform called {name}; `odzew platform list` shows those there are.")
    platform: uuid.UUID = rows[0][0]
    return platform
