"""Entries as one content: all hashes of a bank that its source names together, under one number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from odzew.banks.api import entries_by_id, entries_named
from odzew.banks.data import FILM, BankView, EntryView
from odzew.foundation.writes import fetch_all

# More hashes than this of one content are not shown, nor changed with it.
MOST_HASHES: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a bank says of one file: its entries by number, a film's pictures with them. The first number is the content's own."""

    entries: tuple[EntryView, ...]

    @property
    def id(self) -> int:
        """The number of the content."""
        return self.entries[0].id

    @property
    def numbers(self) -> list[int]:
        """The numbers of all its entries."""
        return [e.id for e in self.entries]


def content_numbered(*, bank: BankView, number: int) -> Content | None:
    """Return the content of this bank that an entry of this number belongs to; None if there is none, or only in another bank."""
    entry = entries_by_id(ids=[number]).get(number)
    if entry is None or entry.bank.id != bank.id:
        return None
    if not entry.entry_id:
        return Content(entries=(entry,))
    return content_named(bank=bank, member=entry.member, name=entry.entry_id)


def content_named(*, bank: BankView, member: str, name: str) -> Content | None:
    """Return the content that its source names so, or None."""
    name = name.removesuffix(FILM)
    found = entries_named(bank=bank, member=member, names=[name, name + FILM], limit=MOST_HASHES)
    return Content(entries=tuple(found)) if found else None


def content_numbers(*, entries: Iterable[EntryView]) -> dict[int, int]:
    """Return the number of the content that each of these live entries belongs to."""
    whole = {e.id: e for e in entries}
    named = sorted({(e.bank.id, e.member, e.entry_id.removesuffix(FILM)) for e in whole.values() if e.entry_id})
    sql = (
        "SELECT g.bank, g.member, g.name, (SELECT min(id) FROM banks_entry t WHERE t.bank_id = g.bank AND t.source_member = g.member "
        "AND t.entry_id IN (g.name, g.name || %s) AND t.entry_id <> '' AND t.withdrawn_at IS NULL) "
        "FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS g(bank, member, name)"
    )
    columns = [[n[0] for n in named], [n[1] for n in named], [n[2] for n in named]]
    first = {(r[0], r[1], r[2]): r[3] for r in fetch_all(sql, [FILM, *columns])} if named else {}
    return {n: first.get((e.bank.id, e.member, e.entry_id.removesuffix(FILM))) or n for n, e in whole.items()}
