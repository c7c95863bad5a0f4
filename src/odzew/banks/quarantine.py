"""The flood guard: a hash that suddenly matches very many different things is probably of something harmless that is everywhere.

What counts is different *files* in an hour: a thousand uploads of the same bytes are one, so that the spread of one known picture does
not stop its hash. What a quarantine takes away is one step only (see `verdict.judge`): else whoever makes fifty versions of a known
picture could switch its hash off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from odzew.banks.api import entries_by_id
from odzew.banks.data import BankView, EntryView
from odzew.foundation.writes import fetch_all, fetch_none

HOUR: Final = timedelta(hours=1)
USUAL_OVER: Final = timedelta(days=30)
# A sighting is written again only when it is older than this: the same bytes a hundred times a second cost one row a minute.
_AGAIN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """Something matched an entry. `subject` is the same for the same file: its SHA-256 where that is known, else the hash asked
    about."""

    entry: EntryView
    subject: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """An entry that matched `seen` different things within an hour, where its bank lets it match `limit`."""

    entry: EntryView
    seen: int
    limit: int


def flood_limit(*, usual: float, floor: int, times: float) -> int:
    """Return how many different things an entry may match in an hour: `times` what is usual for its whole bank, at least `floor`."""
    return max(floor, math.ceil(times * usual))


def watch(*, sighted: Sequence[Sighted], now: datetime) -> list[Flood]:
    """Count matches, in the transaction that is open, and return the entries that are a flood now and have just been quarantined.

    An entry that is in quarantine, or that a person let out of it, is not counted. The caller puts the quarantine on the record and
    rings the alarm. Entries are taken in the order of their numbers.
    """
    counted = {(s.entry.id, s.subject): s.entry for s in sighted if s.entry.quarantined_at is None and s.entry.released_at is None}
    if not counted:
        return []
    keys = sorted(counted)
    fetch_none("DELETE FROM banks_sighting WHERE entry_id = ANY(%s) AND at <= %s", [sorted({k[0] for k in keys}), now - HOUR])
    fresh = fetch_all(
        "INSERT INTO banks_sighting AS t (entry_id, subject, at) SELECT g.entry_id, g.subject, %s "
        "FROM unnest(%s::bigint[], %s::bytea[]) AS g(entry_id, subject) "
        "ON CONFLICT (entry_id, subject) DO UPDATE SET at = excluded.at WHERE t.at < %s RETURNING entry_id, xmax = 0",
        [now, [k[0] for k in keys], [k[1] for k in keys], now - _AGAIN],
    )
    entries = {e.id: e for e in counted.values()}
    new = [entries[r[0]] for r in fresh if r[1]]
    if not new:
        return []
    _count_hour(new, now)
    sql = "SELECT entry_id, count(*) FROM banks_sighting WHERE entry_id = ANY(%s) AND at > %s GROUP BY entry_id ORDER BY entry_id"
    floods = []
    for number, seen in fetch_all(sql, [sorted({e.id for e in new}), now - HOUR]):
        bank = entries[number].bank
        if seen <= bank.flood_floor:
            continue
        limit = flood_limit(usual=usual(bank=bank, now=now), floor=bank.flood_floor, times=bank.flood_times)
        if seen > limit and _quarantine(number, now):
            floods.append(Flood(entry=entries_by_id(ids=[number])[number], seen=seen, limit=limit))
    return floods


def _count_hour(new: Sequence[EntryView], now: datetime) -> None:
    banks = sorted(e.bank.id for e in new)
    fetch_none(
        "INSERT INTO banks_match_hour AS t (bank_id, hour, subjects) SELECT g.bank, %s, count(*) FROM unnest(%s::uuid[]) AS g(bank) "
        "GROUP BY g.bank ORDER BY g.bank ON CONFLICT (bank_id, hour) DO UPDATE SET subjects = t.subjects + excluded.subjects",
        [now.replace(minute=0, second=0, microsecond=0), banks],
    )


def usual(*, bank: BankView, now: datetime) -> float:
    """Return how many different things a bank matched in an hour, on the average of the hours with any in the last 30 days, this and
    the last hour left out."""
    sql = "SELECT coalesce(avg(subjects), 0) FROM banks_match_hour WHERE bank_id = %s AND hour > %s AND hour < %s"
    before = now.replace(minute=0, second=0, microsecond=0) - HOUR
    return float(fetch_all(sql, [bank.id, now - USUAL_OVER, before])[0][0])


def _quarantine(number: int, now: datetime) -> bool:
    sql = (
        "UPDATE banks_entry SET quarantined_at = %s WHERE id = %s AND quarantined_at IS NULL AND released_at IS NULL "
        "AND withdrawn_at IS NULL RETURNING id"
    )
    return bool(fetch_all(sql, [now, number]))


def release(*, bank: BankView, ids: Sequence[int], now: datetime) -> tuple[int, ...]:
    """Let entries out of quarantine, in the transaction that is open: a person says that they are right. Returns those that were in.

    They match in full again, and the guard stops them no more.
    """
    sql = (
        "UPDATE banks_entry SET quarantined_at = NULL, released_at = %s WHERE bank_id = %s AND id = ANY(%s) "
        "AND quarantined_at IS NOT NULL AND withdrawn_at IS NULL RETURNING id"
    )
    gone = tuple(sorted(r[0] for r in fetch_all(sql, [now, bank.id, sorted(ids)])))
    fetch_none("DELETE FROM banks_sighting WHERE entry_id = ANY(%s)", [list(gone)])
    return gone


def forget(*, now: datetime) -> int:
    """Drop sightings that are older than an hour and counts of hours that are no longer looked at; returns how many sightings."""
    gone = fetch_all("DELETE FROM banks_sighting WHERE at <= %s RETURNING 1", [now - HOUR])
    fetch_none("DELETE FROM banks_match_hour WHERE hour <= %s", [now - 2 * USUAL_OVER])
    return len(gone)
