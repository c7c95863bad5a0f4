"""Writing what is in a bank: every change of an entry goes through here, and with it the index, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from odzew.banks.data import SIZES, BankView, NewHash, Stored
from odzew.foundation.errors import Invalid
from odzew.foundation.writes import Writes, fetch_all
from odzew.matching.api import KNOWN, Addition, add, remove

Name = tuple[str, str]
_PUT: Final = """
INSERT INTO banks_entry AS t (id, bank_id, source_member, entry_id, hash_type, value, category, opinion, child, quality, mode, turned,
  first_seen, updated, from_case, seen_in)
SELECT nextval('banks_entry_number'), %s, g.member, g.entry_id, g.hash_type, g.value, g.category, g.opinion, g.child, g.quality, g.mode,
  g.turned, g.first_seen, %s, %s, %s
FROM jsonb_to_recordset(%s::jsonb) AS g(member text, entry_id text, hash_type text, value bytea, category text, opinion text,
  child boolean, quality smallint, mode text, turned boolean, first_seen timestamptz)
ON CONFLICT (bank_id, value, hash_type, source_member, entry_id) WHERE withdrawn_at IS NULL DO UPDATE SET
  category = excluded.category, opinion = excluded.opinion, child = excluded.child, quality = excluded.quality, mode = excluded.mode,
  first_seen = least(t.first_seen, excluded.first_seen), seen_in = coalesce(excluded.seen_in, t.seen_in),
  updated = CASE WHEN {changed} THEN excluded.updated ELSE t.updated END
WHERE {changed} OR t.seen_in IS DISTINCT FROM coalesce(excluded.seen_in, t.seen_in)
RETURNING t.id, t.value, t.hash_type, t.source_member, t.entry_id,
  (SELECT (o.category, o.opinion, o.child, o.quality, o.mode) IS DISTINCT FROM (t.category, t.opinion, t.child, t.quality, t.mode)
   FROM banks_entry o WHERE o.id = t.id)
""".format(
    changed="(t.category, t.opinion, t.child, t.quality, t.mode) IS DISTINCT FROM "
    "(excluded.category, excluded.opinion, excluded.child, excluded.quality, excluded.mode)"
)


def put(
    writes: Writes,
    *,
    bank: BankView,
    hashes: Sequence[NewHash],
    now: datetime,
    case: UUID | None = None,
    seen_in: UUID | None = None,
) -> Stored:
    """Store hashes in a bank and in the index: new ones are added, known ones get the facts given now.

    The same hash of the same entry is one row however often it is given; the last one wins. One that was withdrawn begins anew with a
    new number. Its other `forms` are settled when a hash is first stored. `seen_in` marks what an import named. The rows are written at once,
    in the transaction that is open; the index gets them by `writes`. Raises `Invalid` (nothing stored) for a hash of another length
    than its type has, of a type the bank does not use, or a quality outside 0..100.
    """
    whole = {_key(h): h for h in hashes}
    for h in whole.values():
        if why := refusal(bank=bank, given=h):
            raise Invalid(f"The hash {h.value.hex()} {why}.")
    if not whole:
        return Stored()
    rows = [whole[k] for k in sorted(whole)]
    given = orjson.dumps([_given(h, now) for h in rows]).decode()
    found = fetch_all(_PUT, [bank.id, now, case, seen_in, given])
    # The last column looks at the row as it was: None where there was none.
    added = tuple(r[0] for r in found if r[5] is None)
    changed = tuple(r[0] for r in found if r[5])
    fresh = [(r[0], whole[bytes(r[1]), r[2], r[3], r[4]]) for r in found if r[5] is None]
    add(writes, additions=[Addition(collection=KNOWN, type=h.type, hash=f, owner=n) for n, h in fresh for f in (h.value, *h.forms)])
    return Stored(added=added, changed=changed, same=len(rows) - len(added) - len(changed))


def _given(h: NewHash, now: datetime) -> dict[str, object]:
    return {
        "member": h.member,
        "entry_id": h.entry_id,
        "hash_type": h.type,
        "value": "\\x" + h.value.hex(),
        "category": h.category,
        "opinion": h.opinion,
        "child": h.child,
        "quality": h.quality,
        "mode": h.mode,
        "turned": bool(h.forms),
        "first_seen": h.first_seen or now,
    }


def refusal(*, bank: BankView, given: NewHash) -> str:
    """Return why the bank cannot hold this hash, as the end of a sentence that begins with the hash; empty if it can."""
    if given.type not in bank.hash_types:
        return f"is a {given.type} hash; the bank {bank.name} holds {', '.join(sorted(bank.hash_types))}"
    if len(given.value) != SIZES[given.type]:
        return f"is a {given.type} hash without {SIZES[given.type] * 2} hexadecimal digits"
    if given.quality is not None and not 0 <= given.quality <= 100:
        return "has a quality that is not a whole number from 0 to 100"
    if given.forms and (given.type != "pdq" or any(len(f) != SIZES["pdq"] for f in given.forms)):
        return "has other orientations that are not PDQ hashes"
    if not _writable((given.member, given.entry_id, given.category)):
        return "has a character that cannot be stored in its list, entry or category"
    return ""


def _writable(words: tuple[str, ...]) -> bool:
    """No zero byte and no half of a surrogate pair: the database takes neither."""
    try:
        "".join(words).encode()
    except UnicodeEncodeError:
        return False
    return not any("\x00" in word for word in words)


def _key(h: NewHash) -> tuple[bytes, str, str, str]:
    return (h.value, h.type, h.member, h.entry_id)


def replace_entries(writes: Writes, *, bank: BankView, entries: Mapping[Name, Sequence[NewHash]], now: datetime) -> Stored:
    """Let each named entry hold exactly the hashes given for it; with none, it is withdrawn.

    `entries` maps `(member, entry_id)` to hashes, whose own names are taken from there. This is how sources that send updates say
    what has changed (an update replaces the whole entry; a deletion is an entry with nothing). Raises `Invalid` as `put` does.
    """
    named = [_named(name, h) for name, hashes in entries.items() for h in hashes]
    stored = put(writes, bank=bank, hashes=named, now=now)
    names = sorted(entries)
    sql = (
        "UPDATE banks_entry t SET withdrawn_at = %s FROM unnest(%s::text[], %s::text[]) AS n(member, entry_id) "
        "WHERE t.bank_id = %s AND t.source_member = n.member AND t.entry_id = n.entry_id AND t.entry_id <> '' "
        "AND t.withdrawn_at IS NULL AND NOT EXISTS (SELECT 1 FROM unnest(%s::text[], %s::text[], %s::text[], %s::bytea[]) "
        "AS g(member, entry_id, hash_type, value) WHERE (g.member, g.entry_id, g.hash_type, g.value) = "
        "(t.source_member, t.entry_id, t.hash_type, t.value)) RETURNING t.id"
    )
    kept = [[h.member for h in named], [h.entry_id for h in named], [h.type for h in named], [h.value for h in named]]
    gone = _gone(writes, sql, [now, [n[0] for n in names], [n[1] for n in names], bank.id, *kept])
    return Stored(added=stored.added, changed=stored.changed, withdrawn=gone, same=stored.same)


def _named(name: Name, h: NewHash) -> NewHash:
    if not name[1]:
        raise Invalid("An entry that is replaced has an id at its source.")
    return replace(h, member=name[0], entry_id=name[1])


def withdraw_ids(writes: Writes, *, bank: BankView, ids: Sequence[int], now: datetime) -> tuple[int, ...]:
    """Withdraw entries of a bank by number; they match nothing from this transaction on. Returns those that were live."""
    sql = "UPDATE banks_entry SET withdrawn_at = %s WHERE bank_id = %s AND id = ANY(%s) AND withdrawn_at IS NULL RETURNING id"
    return _gone(writes, sql, [now, bank.id, sorted(ids)])


def alter_ids(*, bank: BankView, ids: Sequence[int], changes: Mapping[str, Any], now: datetime) -> tuple[int, ...]:
    """Change `disabled_until` or `category` of entries of a bank, in the transaction that is open. Returns those that were live."""
    if unknown := set(changes) - {"disabled_until", "category"}:
        raise ValueError(f"not to be changed: {unknown}")
    names = sorted(changes)
    sql = f"UPDATE banks_entry SET {', '.join(f'{n} = %s' for n in names)}, updated = %s "
    sql += "WHERE bank_id = %s AND id = ANY(%s) AND withdrawn_at IS NULL RETURNING id"
    return tuple(sorted(r[0] for r in fetch_all(sql, [*(changes[n] for n in names), now, bank.id, sorted(ids)])))


def withdraw_hashes(writes: Writes, *, bank: BankView, hashes: Sequence[NewHash], now: datetime) -> tuple[int, ...]:
    """Withdraw hashes of a bank; one without a member or an entry id wherever it stands in the bank, else only there."""
    same = "(g.member = '' OR g.member = t.source_member) AND (g.entry_id = '' OR g.entry_id = t.entry_id)"
    return _withdraw(writes, bank, hashes, now, same)


def any_live(*, bank: BankView, hashes: Sequence[NewHash]) -> bool:
    """Is any of these hashes in the bank under the entry id that it is given with?"""
    given: list[list[Any]] = [[h.type for h in hashes], [h.value for h in hashes], [h.entry_id for h in hashes]]
    sql = (
        "SELECT 1 FROM banks_entry t JOIN unnest(%s::text[], %s::bytea[], %s::text[]) AS g(hash_type, value, entry_id) "
        "ON t.hash_type = g.hash_type AND t.value = g.value AND t.entry_id = g.entry_id "
        "WHERE t.bank_id = %s AND t.withdrawn_at IS NULL LIMIT 1"
    )
    return bool(hashes) and bool(fetch_all(sql, [*given, bank.id]))


def withdraw_named(writes: Writes, *, bank: BankView, hashes: Sequence[NewHash], now: datetime) -> tuple[int, ...]:
    """Withdraw hashes of a bank, each only of exactly the member and entry id that it is given with, also where these are empty."""
    return _withdraw(writes, bank, hashes, now, "g.member = t.source_member AND g.entry_id = t.entry_id")


def _withdraw(writes: Writes, bank: BankView, hashes: Sequence[NewHash], now: datetime, same: str) -> tuple[int, ...]:
    if not hashes:
        return ()
    sql = (
        "UPDATE banks_entry t SET withdrawn_at = %s FROM unnest(%s::text[], %s::bytea[], %s::text[], %s::text[]) "
        "AS g(hash_type, value, member, entry_id) WHERE t.bank_id = %s AND t.hash_type = g.hash_type AND t.value = g.value "
        f"AND {same} AND t.withdrawn_at IS NULL RETURNING t.id"
    )
    rows = sorted(hashes, key=_key)
    given: list[list[Any]] = [[h.type for h in rows], [h.value for h in rows], [h.member for h in rows], [h.entry_id for h in rows]]
    return _gone(writes, sql, [now, *given, bank.id])


def withdraw_of_case(writes: Writes, *, bank: BankView, case: UUID, now: datetime) -> tuple[int, ...]:
    """Withdraw what a case put into a bank."""
    sql = "UPDATE banks_entry SET withdrawn_at = %s WHERE bank_id = %s AND from_case = %s AND withdrawn_at IS NULL RETURNING id"
    return _gone(writes, sql, [now, bank.id, case])


def withdraw_unseen(writes: Writes, *, bank: BankView, seen_in: UUID, boundary: int, limit: int, now: datetime) -> tuple[int, ...]:
    """Withdraw entries that were there before an import began (numbers below `boundary`) and that it did not name, at most `limit`."""
    sql = (
        "UPDATE banks_entry SET withdrawn_at = %s WHERE id IN (SELECT id FROM banks_entry WHERE bank_id = %s AND id < %s "
        "AND withdrawn_at IS NULL AND seen_in IS DISTINCT FROM %s ORDER BY id LIMIT %s) AND withdrawn_at IS NULL RETURNING id"
    )
    return _gone(writes, sql, [now, bank.id, boundary, seen_in, limit])


def unseen(*, bank: BankView, seen_in: UUID, boundary: int) -> tuple[int, int]:
    """Return how many live entries from before an import it did not name, and how many live ones there were before it."""
    sql = (
        "SELECT count(*) FILTER (WHERE seen_in IS DISTINCT FROM %s), count(*) FROM banks_entry "
        "WHERE bank_id = %s AND id < %s AND withdrawn_at IS NULL"
    )
    (row,) = fetch_all(sql, [seen_in, bank.id, boundary])
    return int(row[0]), int(row[1])


def next_number() -> int:
    """Return a number that every entry stored from now on is above."""
    return int(fetch_all("SELECT nextval('banks_entry_number')", [])[0][0])


def _gone(writes: Writes, sql: str, values: list[Any]) -> tuple[int, ...]:
    gone = tuple(sorted(r[0] for r in fetch_all(sql, values)))
    remove(writes, collection=KNOWN, owners=gone)
    return gone
