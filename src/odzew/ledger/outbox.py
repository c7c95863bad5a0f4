"""The outbox: what must leave the house is a row, written with the act; a worker tries it until it is delivered or refused."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.foundation.ids import first_id, new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none
from odzew.ledger.models import Delivery

# Longer than anything outside takes to answer (foundation/outgoing.py); who asks more than once holds it anew before each.
LEASE: Final = timedelta(seconds=45)
# After each failed try, in seconds: quick at first, then for five days.
_RETRIES: Final = (1, 2, 4, 8, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, *([14400] * 29))
_TRIED_FOR: Final = timedelta(days=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A delivery that this caller may try now; `attempts` earlier tries."""

    id: uuid.UUID
    kind: str
    subject: uuid.UUID
    case: uuid.UUID | None
    platform: uuid.UUID | None
    payload: dict[str, Any]
    attempts: int
    created_at: datetime


def leave(
    writes: Writes,
    *,
    kind: str,
    subject: uuid.UUID,
    case: uuid.UUID | None,
    platform: uuid.UUID | None,
    payload: dict[str, Any],
    now: datetime,
    order_key: str = "",
) -> None:
    """Leave something to be delivered. Deliveries of one `order_key` go out in the order they were left."""
    writes.insert(
        Delivery,
        {
            "id": new_id(now=now),
            "kind": kind,
            "subject_id": subject,
            "case_id": case,
            "platform_id": platform,
            "order_key": order_key,
            "payload": payload,
            "created_at": now,
            "next_at": now,
        },
    )


_CLAIM: Final = """
WITH busy AS MATERIALIZED (SELECT b.platform_id FROM ledger_delivery b WHERE b.state = 'waiting' AND b.lease_until > %s
  AND b.platform_id IS NOT NULL GROUP BY b.platform_id HAVING count(*) >= %s)
UPDATE ledger_delivery d SET lease_until = %s, attempts = d.attempts + 1
WHERE d.id IN (
  SELECT c.id FROM ledger_delivery c WHERE c.state = 'waiting' AND c.next_at <= %s AND (c.lease_until IS NULL OR c.lease_until <= %s)
  AND NOT EXISTS (SELECT 1 FROM ledger_delivery e WHERE c.order_key <> '' AND e.order_key <> '' AND e.order_key = c.order_key
    AND (e.state = 'waiting' OR (e.state = 'superseded' AND e.lease_until > %s)) AND e.id < c.id)
  AND (c.platform_id IS NULL OR c.platform_id NOT IN (SELECT platform_id FROM busy))
  ORDER BY c.next_at LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING d.id, d.kind, d.subject_id, d.case_id, d.platform_id, d.payload, d.attempts - 1, d.created_at
"""


def claim_due(*, now: datetime, limit: int, at_once: int = 1_000_000) -> list[Due]:
    """Take deliveries that are due, for `LEASE`, writing down each try before it is made.

    None is taken for a platform to which `at_once` are on their way already, so that one that is slow does not hold up the others.
    """
    rows = fetch_all(_CLAIM, [now, at_once, now + LEASE, now, now, now, limit])
    due = [
        Due(
            id=r[0],
            kind=r[1],
            subject=r[2],
            case=r[3],
            platform=r[4],
            payload=json.loads(r[5]) if isinstance(r[5], str) else r[5],
            attempts=r[6],
            created_at=r[7],
        )
        for r in rows
    ]
    if due:
        values = json.dumps(
            [{"id": str(new_id(now=now)), "delivery_id": str(d.id), "at": now.isoformat(), "error": ""} for d in due]
        )
        fetch_none(
            "INSERT INTO ledger_attempt (id, delivery_id, at, error) SELECT id, delivery_id, at, error "
            "FROM jsonb_populate_recordset(NULL::ledger_attempt, %s::jsonb)",
            [values],
        )
    return due


def hold(*, delivery: uuid.UUID, attempts: int, now: datetime) -> bool:
    """Keep a delivery for another `LEASE`, before anything outside is asked; False if it was lost to another worker."""
    sql = "UPDATE ledger_delivery SET lease_until = %s WHERE id = %s AND attempts = %s AND lease_until IS NOT NULL RETURNING 1"
    return bool(fetch_all(sql, [now + LEASE, delivery, attempts + 1]))


def finish(*, delivery: uuid.UUID, state: str, status: int | None, error: str, now: datetime, attempts: int) -> None:
    """Write how a try ended: `delivered`, `refused` (kept, never tried again) or `waiting` (tried again later)."""
    fetch_none(
        "UPDATE ledger_attempt SET ended_at = %s, status = %s, error = %s "
        "WHERE id = (SELECT id FROM ledger_attempt WHERE delivery_id = %s AND ended_at IS NULL ORDER BY at DESC LIMIT 1)",
        [now, status, error[:200], delivery],
    )
    if state == "waiting":
        pause = timedelta(seconds=_RETRIES[min(attempts, len(_RETRIES) - 1)])
        fetch_none(
            "UPDATE ledger_delivery SET lease_until = NULL, next_at = %s WHERE id = %s AND state = 'waiting' AND attempts = %s",
            [now + pause, delivery, attempts + 1],
        )
    else:
        fetch_none(
            "UPDATE ledger_delivery SET lease_until = NULL, state = %s, ended_at = %s WHERE id = %s AND state = 'waiting'",
            [state, now, delivery],
        )
    # A try that was given up on its way has come back: what takes its place may go now.
    fetch_none("UPDATE ledger_delivery SET lease_until = NULL WHERE id = %s AND state = 'superseded'", [delivery])


def exhausted(*, attempts: int) -> bool:
    """Has a delivery been tried for days without success?"""
    return attempts >= len(_RETRIES)


def again(*, subject: uuid.UUID, now: datetime) -> None:
    """Try the waiting deliveries of a subject at once; one that was delivered or refused is left anew."""
    fetch_none(
        "UPDATE ledger_delivery SET next_at = %s WHERE subject_id = %s AND state = 'waiting' AND next_at > %s", [now, subject, now]
    )
    fetch_none(
        "INSERT INTO ledger_delivery (id, kind, subject_id, case_id, platform_id, order_key, payload, state, created_at, next_at, attempts) "
        "SELECT %s, kind, subject_id, case_id, platform_id, order_key, payload, 'waiting', %s, %s, 0 FROM ledger_delivery d "
        "WHERE subject_id = %s AND NOT EXISTS (SELECT 1 FROM ledger_delivery w WHERE w.subject_id = d.subject_id AND w.state = 'waiting') "
        "ORDER BY created_at DESC LIMIT 1",
        [new_id(now=now), now, now, subject],
    )


def supersede(*, subjects: list[uuid.UUID], now: datetime) -> None:
    """Give up deliveries that a newer one has made pointless."""
    fetch_none(
        "UPDATE ledger_delivery SET state = 'superseded', ended_at = %s WHERE subject_id = ANY(%s) AND state = 'waiting'",
        [now, subjects],
    )


def erase_payloads(*, subjects: list[uuid.UUID], now: datetime) -> None:
    """Erase the words of what was sent for these subjects; what still waits to be sent never will be."""
    if subjects:
        supersede(subjects=subjects, now=now)
        fetch_none("UPDATE ledger_delivery SET payload = payload - 'text' WHERE subject_id = ANY(%s)", [subjects])


def attempts_of(*, subjects: list[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """Return every try for each subject, oldest first: `{at, ended_at, status, error, state}`."""
    rows = (
        []
        if not subjects
        else fetch_all(
            "SELECT d.subject_id, a.at, a.ended_at, a.status, a.error, d.state FROM ledger_attempt a "
            "JOIN ledger_delivery d ON d.id = a.delivery_id WHERE d.subject_id = ANY(%s) ORDER BY a.at, a.id",
            [subjects],
        )
    )
    out: dict[uuid.UUID, list[dict[str, Any]]] = {s: [] for s in subjects}
    for subject, at, ended, status, error, state in rows:
        out[subject].append({"at": at, "ended_at": ended, "status": status, "error": error, "state": state})
    return out


def next_due() -> datetime | None:
    """Return when the next waiting delivery wants to be tried."""
    sql = "SELECT min(greatest(next_at, coalesce(lease_until, next_at))) FROM ledger_delivery WHERE state = 'waiting'"
    at: datetime | None = fetch_all(sql, [])[0][0]
    return at


def overdue(*, now: datetime, by: timedelta) -> int:
    """Return how many deliveries should have been tried longer than `by` ago and were not."""
    sql = "SELECT count(*) FROM ledger_delivery WHERE state = 'waiting' AND next_at < %s AND (lease_until IS NULL OR lease_until < %s)"
    return int(fetch_all(sql, [now - by, now])[0][0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What of one kind waits in the outbox: how much, since when the oldest, how much of it has failed, and when it is tried next.

    `refused`: how much was given up for good in the last week.
    """

    kind: str
    waiting: int
    oldest: datetime | None
    failing: int
    next_at: datetime | None
    refused: int


def standing(*, now: datetime) -> list[Waiting]:
    """Return what waits in the outbox and what was refused in the last week, by kind; payloads are not read."""
    sql = (
        "SELECT kind, count(*) FILTER (WHERE state = 'waiting'), min(created_at) FILTER (WHERE state = 'waiting'), "
        "count(*) FILTER (WHERE state = 'waiting' AND attempts > 1), min(next_at) FILTER (WHERE state = 'waiting'), "
        "count(*) FILTER (WHERE state = 'refused') FROM ledger_delivery "
        "WHERE state = 'waiting' OR (state = 'refused' AND id >= %s AND ended_at > %s) GROUP BY kind ORDER BY kind"
    )
    week = now - timedelta(days=7)
    names = ("kind", "waiting", "oldest", "failing", "next_at", "refused")
    return [Waiting(**dict(zip(names, row, strict=True))) for row in fetch_all(sql, [first_id(at=week - _TRIED_FOR), week])]
