"""The way in: banks, and what was found of them. Entries are written by `entries.py`, the desk's own banks by `own.py`."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, cast

from odzew.banks.data import MOST_DISTANCE, OPINIONS, SIZES, BankOpinion, BankView, EntryView
from odzew.banks.models import Bank
from odzew.foundation.errors import Conflict, Invalid, NotFound
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none

_NAME: Final = re.compile(r"\w[\w .:-]{0,63}")
_BANK: Final = (
    "b.id, b.name, b.source, b.opinion, b.distance, b.enabled_share, b.hash_types, b.jurisdictions, b.child, b.private_too, b.own, "
    "b.flood_floor, b.flood_times, b.created_at"
)
_ENTRY: Final = (
    "e.id, e.bank_id, e.source_member, e.entry_id, e.hash_type, e.value, e.category, e.opinion, e.child, e.quality, e.mode, e.turned, "
    "e.first_seen, e.updated, e.quarantined_at, e.released_at, e.from_case, e.disabled_until"
)
_WIDE: Final = _ENTRY.count(",") + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BankRules:
    """What an operator may choose of a bank; the meaning of each is at `BankView`."""

    opinion: BankOpinion = "confirmed"
    distance: int = MOST_DISTANCE
    source: str = ""
    enabled_share: float = 1.0
    hash_types: frozenset[str] = frozenset(SIZES)
    jurisdictions: frozenset[str] = frozenset()
    child: bool | None = None
    private_too: bool = True
    flood_floor: int = 50
    flood_times: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A bank and how many of its hashes match now, are in quarantine (those match too, but cause less), and were withdrawn."""

    bank: BankView
    live: int
    quarantined: int
    withdrawn: int


def create_bank(writes: Writes, *, name: str, rules: BankRules, now: datetime, own: bool = False) -> BankView:
    """Add a bank to `writes`. Raises `Invalid` for a name or rule that cannot be, `Conflict` if there is one of this name."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            "A bank's name begins with a letter or digit and has at most 64 letters, digits, blanks or . : _ -.", name=name
        )
    check_rules(rules=rules)
    if find_bank(name=name) is not None:
        raise Conflict(f"There is a bank named {name} already.")
    view = BankView(id=new_id(now=now), name=name, own=own, created_at=now, **asdict(rules))
    writes.insert(Bank, asdict(view))
    return view


def check_rules(*, rules: BankRules) -> None:
    """Raise `Invalid` with a sentence that names the first rule that cannot be."""
    if rules.opinion not in OPINIONS:
        raise Invalid(f"A bank's opinion is one of {', '.join(OPINIONS)}, not {rules.opinion!r}.")
    if not 0 <= rules.distance <= MOST_DISTANCE:
        raise Invalid(f"A bank's distance is a whole number of bits from 0 to {MOST_DISTANCE}.")
    if not 0 <= rules.enabled_share <= 1:
        raise Invalid("A bank's enabled share is a number from 0 to 1.")
    if not rules.hash_types or not rules.hash_types <= set(SIZES):
        raise Invalid(f"A bank's hash types are some of {', '.join(SIZES)}.")
    if rules.flood_floor < 1 or not rules.flood_times >= 1:
        raise Invalid("A bank's flood limits are at least 1.")


def set_rules(writes: Writes, *, bank: BankView, rules: BankRules) -> BankView:
    """Add a change of a bank's rules to `writes` and return the bank as it will be. Entries that say nothing
    themselves follow the bank's opinion."""
    check_rules(rules=rules)
    writes.update(Bank, {"id": bank.id, **asdict(rules)})
    return BankView(id=bank.id, name=bank.name, own=bank.own, created_at=bank.created_at, **asdict(rules))


def rules_of(*, bank: BankView) -> BankRules:
    """Return the rules of a bank, to be changed one by one."""
    names = BankRules.__dataclass_fields__
    return BankRules(**{name: getattr(bank, name) for name in names})


def find_bank(*, name: str) -> BankView | None:
    """Return the bank of this name, or None."""
    rows = fetch_all(f"SELECT {_BANK} FROM banks_bank b WHERE b.name = %s", [name])
    return _bank(rows[0]) if rows else None


def bank_named(*, name: str) -> BankView:
    """Return the bank of this name. Raises `NotFound`."""
    found = find_bank(name=name)
    if found is None:
        raise NotFound(f"There is no bank named {name}; `odzew bank list` shows those that are there.")
    return found


def lock_bank(*, bank: uuid.UUID) -> BankView:
    """Return a bank, held until the transaction ends: additions to one list wait for each other."""
    return _bank(fetch_all(f"SELECT {_BANK} FROM banks_bank b WHERE b.id = %s FOR NO KEY UPDATE", [bank])[0])


def banks() -> list[BankView]:
    """Return all banks by name."""
    return [_bank(r) for r in fetch_all(f"SELECT {_BANK} FROM banks_bank b ORDER BY b.name", [])]


def counted_banks() -> list[Counted]:
    """Return all banks by name with the numbers of their hashes."""
    sql = (
        f"SELECT {_BANK}, n.live, n.quarantined, n.withdrawn FROM banks_bank b CROSS JOIN LATERAL ("
        "SELECT count(*) FILTER (WHERE withdrawn_at IS NULL) AS live, "
        "count(*) FILTER (WHERE withdrawn_at IS NULL AND quarantined_at IS NOT NULL) AS quarantined, "
        "count(*) FILTER (WHERE withdrawn_at IS NOT NULL) AS withdrawn FROM banks_entry WHERE bank_id = b.id) n ORDER BY b.name"
    )
    return [Counted(bank=_bank(r), live=r[-3], quarantined=r[-2], withdrawn=r[-1]) for r in fetch_all(sql, [])]


def entries_by_id(*, ids: Iterable[int], at: datetime | None = None) -> dict[int, EntryView]:
    """Return what stands behind numbers that the index found; those that were withdrawn, or never were, are missing.

    With `at` those that are disabled at that moment are missing too.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    sql = (
        f"SELECT {_ENTRY}, {_BANK} FROM banks_entry e JOIN banks_bank b ON b.id = e.bank_id "
        "WHERE e.id = ANY(%s) AND e.withdrawn_at IS NULL AND (e.disabled_until <= %s) IS NOT FALSE"
    )
    found = (_entry(r[:_WIDE], _bank(r[_WIDE:])) for r in fetch_all(sql, [wanted, at]))
    return {e.id: e for e in found}


def entries_with(*, bank: BankView, type_: str, value: bytes) -> list[EntryView]:
    """Return the entries of a bank that are exactly this hash, not withdrawn."""
    sql = (
        f"SELECT {_ENTRY} FROM banks_entry e WHERE e.bank_id = %s AND e.value = %s AND e.hash_type = %s AND e.withdrawn_at IS NULL"
    )
    return [_entry(r, bank) for r in fetch_all(sql + " ORDER BY e.id", [bank.id, value, type_])]


def entries_named(*, bank: BankView, member: str, names: Sequence[str], limit: int) -> list[EntryView]:
    """Return the entries of a bank that its source names so, by number, not withdrawn, at most `limit`. An empty name names nothing."""
    sql = (
        f"SELECT {_ENTRY} FROM banks_entry e WHERE e.bank_id = %s AND e.source_member = %s AND e.entry_id = ANY(%s) "
        "AND e.entry_id <> '' AND e.withdrawn_at IS NULL ORDER BY e.id LIMIT %s"
    )
    return [_entry(r, bank) for r in fetch_all(sql, [bank.id, member, list(names), limit])]


def quarantined(*, bank: BankView) -> list[EntryView]:
    """Return the entries of a bank that the flood guard stopped, longest first."""
    sql = f"SELECT {_ENTRY} FROM banks_entry e WHERE e.bank_id = %s AND e.quarantined_at IS NOT NULL AND e.withdrawn_at IS NULL"
    return [_entry(r, bank) for r in fetch_all(sql + " ORDER BY e.quarantined_at, e.id", [bank.id])]


def entries_after(*, bank: BankView, after: int, limit: int) -> list[EntryView]:
    """Return the next entries of a bank by number, not withdrawn: for lists that are too long to hold."""
    sql = f"SELECT {_ENTRY} FROM banks_entry e WHERE e.bank_id = %s AND e.id > %s AND e.withdrawn_at IS NULL ORDER BY e.id LIMIT %s"
    return [_entry(r, bank) for r in fetch_all(sql, [bank.id, after, limit])]


def count_misses(*, counts: Mapping[tuple[uuid.UUID, datetime], int]) -> None:
    """Add up look-ups that matched nothing: `(program, minute) -> how many` since the last call, in one statement.

    The minute may be any moment within it. Callers gather counts for a few seconds: a row for each look-up would cost more than the
    look-up.
    """
    sums: dict[tuple[uuid.UUID, datetime], int] = {}
    for (program, moment), number in counts.items():
        key = (program, moment.replace(second=0, microsecond=0))
        sums[key] = sums.get(key, 0) + number
    if not sums:
        return
    keys = sorted(sums)
    fetch_none(
        "INSERT INTO banks_lookup_count AS t (program_id, minute, misses) "
        "SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::bigint[]) "
        "ON CONFLICT (program_id, minute) DO UPDATE SET misses = t.misses + excluded.misses",
        [[k[0] for k in keys], [k[1] for k in keys], [sums[k] for k in keys]],
    )


def misses(*, since: datetime, until: datetime) -> dict[uuid.UUID, int]:
    """Return how many look-ups of each program matched nothing in that time."""
    sql = "SELECT program_id, sum(misses) FROM banks_lookup_count WHERE minute >= %s AND minute < %s GROUP BY program_id"
    return {r[0]: int(r[1]) for r in fetch_all(sql, [since, until])}


def _bank(row: Sequence[Any]) -> BankView:
    return BankView(
        id=row[0],
        name=row[1],
        source=row[2],
        opinion=cast("BankOpinion", row[3]),
        distance=row[4],
        enabled_share=row[5],
        hash_types=frozenset(row[6]),
        jurisdictions=frozenset(row[7]),
        child=row[8],
        private_too=row[9],
        own=row[10],
        flood_floor=row[11],
        flood_times=row[12],
        created_at=row[13],
    )


def _entry(row: Sequence[Any], bank: BankView) -> EntryView:
    return EntryView(
        id=row[0],
        bank=bank,
        member=row[2],
        entry_id=row[3],
        type=row[4],
        value=bytes(row[5]),
        category=row[6],
        opinion=row[7] or bank.opinion,
        child=row[8] if row[8] is not None else bank.child,
        quality=row[9],
        mode=row[10],
        turned=row[11],
        first_seen=row[12],
        updated=row[13],
        quarantined_at=row[14],
        released_at=row[15],
        from_case=row[16],
        disabled_until=row[17],
    )
