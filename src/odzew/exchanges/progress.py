"""How far lists are read: who works on which, what is being read, what could not be, and when each entry was last spoken of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from odzew.exchanges.data import ExchangeView, Name, Record, Stretch
from odzew.exchanges.forms.table import LISTS
from odzew.exchanges.models import Stretch as StretchRow
from odzew.exchanges.register import COLUMNS, view
from odzew.foundation.errors import Conflict
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none

LEASE: Final = timedelta(minutes=5)
MOST_GAPS: Final = 100
_KINDS: Final = 50
_BAD_IDS: Final = 20
_STRETCH: Final = "id, since, until, token, token_at, pages, mark, tries, gap, why, resume, opened_at"
# The whole list is being read anew, and this entry was not named yet.
_ANEW: Final = "(excluded.reading IS NOT NULL AND t.reading IS DISTINCT FROM excluded.reading)"
_CLAIM: Final = f"""
UPDATE exchanges_exchange e SET turn = e.turn + 1, lease_until = %s WHERE e.id = (
  SELECT c.id FROM exchanges_exchange c WHERE c.state = 'running' AND c.form = ANY(%s) AND (c.lease_until IS NULL OR c.lease_until <= %s)
  AND (c.id = %s OR (%s AND c.next_at <= %s)) ORDER BY c.next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING {COLUMNS}
"""


def claim(*, now: datetime, exchange: uuid.UUID | None = None, forms: Iterable[str] = tuple(LISTS)) -> ExchangeView | None:
    """Take a running exchange for 5 minutes: the named one, or the one that has been due longest; None if there is none to take.

    Whoever held it before can write no more: every write of a fetch names its `turn`.
    """
    rows = fetch_all(_CLAIM, [now + LEASE, list(forms), now, exchange, exchange is None, now])
    return view(row=rows[0]) if rows else None


def hold(*, exchange: ExchangeView, now: datetime) -> ExchangeView:
    """Return an exchange as it stands, held until the transaction ends, with the lease begun anew. Raises `Conflict` if it was taken."""
    sql = f"UPDATE exchanges_exchange e SET lease_until = %s WHERE e.id = %s AND e.turn = %s RETURNING {COLUMNS}"
    rows = fetch_all(sql, [now + LEASE, exchange.id, exchange.turn])
    if not rows:
        raise Conflict(f"The exchange {exchange.name} was paused, removed, or taken up by another process; this one stops.")
    return view(row=rows[0])


def stretches(*, exchange: ExchangeView) -> list[Stretch]:
    """Return what is being read, then the gaps, the oldest first."""
    sql = f"SELECT {_STRETCH} FROM exchanges_stretch WHERE exchange_id = %s ORDER BY gap, since, id"
    names = _STRETCH.split(", ")
    return [Stretch(**dict(zip(names, row, strict=True))) for row in fetch_all(sql, [exchange.id])]


def open_stretch(
    writes: Writes,
    *,
    exchange: ExchangeView,
    since: datetime,
    until: datetime | None,
    now: datetime,
    gap: bool = False,
    why: str = "",
) -> Stretch:
    """Add a part of the list to read to `writes`."""
    new = Stretch(id=new_id(now=now), since=since, until=until, gap=gap, why=why, opened_at=now)
    writes.insert(StretchRow, {**asdict(new), "exchange_id": exchange.id})
    return new


def put_stretch(*, stretch: Stretch) -> None:
    """Write where a stretch stands."""
    sql = (
        "UPDATE exchanges_stretch SET since = %s, until = %s, token = %s, token_at = %s, pages = %s, mark = %s, tries = %s, gap = %s, "
        "why = %s, resume = %s WHERE id = %s"
    )
    s = stretch
    fetch_none(sql, [s.since, s.until, s.token, s.token_at, s.pages, s.mark, s.tries, s.gap, s.why, s.resume, s.id])


def afresh(*, stretch: Stretch) -> Stretch:
    """Return a stretch as it was before its first page."""
    return replace(stretch, token="", token_at=None, pages=0, mark="", resume=None)


def close_stretch(*, stretch: Stretch) -> None:
    """A stretch is read to its end."""
    fetch_none("DELETE FROM exchanges_stretch WHERE id = %s", [stretch.id])


def put_progress(*, exchange: ExchangeView, **changes: Any) -> ExchangeView:
    """Write changed fields of an exchange, whose names are this module's and the use cases' own, never data."""
    sets = ", ".join(f"{name} = %s" for name in changes)
    values = [orjson.dumps(v).decode() if isinstance(v, dict) else list(v) if isinstance(v, tuple) else v for v in changes.values()]
    fetch_none(f"UPDATE exchanges_exchange SET {sets} WHERE id = %s", [*values, exchange.id])
    return replace(exchange, **changes)


def newest(*, exchange: ExchangeView, records: Sequence[Record]) -> list[Record]:
    """Note when each entry was spoken of, and return the records that say something not older than what was said before.

    A list comes from several machines of its service: a page may be older than the page before it. Of two records of one entry the
    later counts, of two of the same moment the last; one without a time always counts.
    """
    last: dict[Name, Record] = {}
    for r in records:
        before = last.get(r.name)
        if before is None or before.at is None or r.at is None or r.at >= before.at:
            last[r.name] = r
    if not last:
        return []
    rows = [{"member": r.member, "entry_id": r.entry_id, "at": r.at} for _, r in sorted(last.items())]
    sql = (
        "INSERT INTO exchanges_heard AS t (exchange_id, member, entry_id, at, reading) "
        "SELECT %s, g.member, g.entry_id, coalesce(g.at, '-infinity'), %s "
        "FROM jsonb_to_recordset(%s::jsonb) AS g(member text, entry_id text, at timestamptz) "
        f"ON CONFLICT (exchange_id, member, entry_id) DO UPDATE SET at = CASE WHEN {_ANEW} THEN excluded.at "
        "ELSE greatest(t.at, excluded.at) END, reading = coalesce(excluded.reading, t.reading) "
        f"WHERE t.at <= excluded.at OR excluded.at = '-infinity' OR {_ANEW} RETURNING member, entry_id"
    )
    told = fetch_all(sql, [exchange.id, exchange.reading, orjson.dumps(rows).decode()])
    return [last[member, entry] for member, entry in told]


def not_named(*, exchange: ExchangeView, limit: int) -> list[Name]:
    """Return entries that the whole reading which is under way has not named, at most `limit`."""
    sql = (
        "SELECT member, entry_id FROM exchanges_heard WHERE exchange_id = %s AND reading IS DISTINCT FROM %s ORDER BY 1, 2 LIMIT %s"
    )
    return [(m, e) for m, e in fetch_all(sql, [exchange.id, exchange.reading, limit])]


def count_named(*, exchange: ExchangeView) -> tuple[int, int]:
    """Return how many entries the whole reading has not named, and how many there are."""
    sql = "SELECT count(*) FILTER (WHERE reading IS DISTINCT FROM %s), count(*) FROM exchanges_heard WHERE exchange_id = %s"
    ((unnamed, every),) = fetch_all(sql, [exchange.reading, exchange.id])
    return int(unnamed), int(every)


def heard_names(*, exchange: ExchangeView, limit: int) -> list[Name]:
    """Return entries that this exchange spoke of, at most `limit`."""
    sql = "SELECT member, entry_id FROM exchanges_heard WHERE exchange_id = %s ORDER BY 1, 2 LIMIT %s"
    return [(m, e) for m, e in fetch_all(sql, [exchange.id, limit])]


def forget_heard(*, exchange: ExchangeView, names: Sequence[Name]) -> None:
    """Forget entries that are gone for good."""
    fetch_none(
        "DELETE FROM exchanges_heard t USING unnest(%s::text[], %s::text[]) AS n(member, entry_id) "
        "WHERE t.exchange_id = %s AND t.member = n.member AND t.entry_id = n.entry_id",
        [[n[0] for n in names], [n[1] for n in names], exchange.id],
    )


def more_unusable(*, before: dict[str, int], new: dict[str, int]) -> dict[str, int]:
    """Return sums by type; a service that makes up types without end fills no table."""
    out = dict(before)
    for kind, number in new.items():
        name = kind if kind in out or len(out) < _KINDS else "other"
        out[name] = out.get(name, 0) + number
    return out


def more_bad(*, before: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """Return the last few ids of records that could not be used."""
    return tuple(dict.fromkeys([*before, *new]))[-_BAD_IDS:]
