"""A picture or film becomes known: all its hashes go into a bank as one content; and what was put there is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from odzew.banks.api import lock_bank
from odzew.banks.contents import Content, content_named, content_numbered
from odzew.banks.data import FILM, BankView, NewHash
from odzew.banks.entries import alter_ids
from odzew.foundation.errors import Conflict, Invalid, NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.usecases.bank_entries import MOST, digest_of, entries_said, outside_bank, put_said

# What is disabled with no end in sight is disabled until then.
FOR_GOOD: Final = datetime(9999, 12, 31, tzinfo=UTC)


def bank_content(
    *,
    bank: str,
    hashes: Sequence[NewHash],
    frames: Sequence[NewHash] = (),
    name: str = "",
    note: str = "",
    actor: str,
    now: datetime,
) -> Content:
    """Put the hashes of one file into a bank and return the content; `frames` are the pictures of a film, `note` a word on it.

    `name` is its id at whoever keeps the bank; without one it is named after its hashes. The same again is the same content, with a newer
    note if there is one, and enabled if it was disabled. Raises `NotFound`, `Invalid` (nothing to bank, too much, not for this bank),
    `Conflict` for a name that other hashes have, and `Forbidden` for the desk's own banks.
    """
    if not hashes:
        raise Invalid("There is no hash in it that a bank could hold.")
    if len(hashes) + len(frames) > MOST:
        raise Invalid(f"One content has at most {MOST} hashes.")
    if name.endswith(FILM):
        raise Invalid(f"The name of a content does not end in {FILM}.")
    name = name or f"of {digest_of(hashes=[*hashes, *frames])[:32]}"

    def work() -> Content:
        # 1. The bank is held, so that the same name given twice at once is one content.
        to, writes = lock_bank(bank=outside_bank(name=bank).id), Writes()
        before = content_named(bank=to, member="", name=name)
        word = note or (before.entries[0].category if before else "")
        given = [
            *(replace(h, entry_id=name, category=word) for h in hashes),
            *(replace(h, entry_id=name + FILM, category=word) for h in frames),
        ]
        if before is not None and {(e.type, e.value) for e in before.entries} != {(h.type, h.value) for h in given}:
            raise Conflict(
                f"The bank {bank} has a content of this name with other hashes; withdraw it first, or give another name."
            )
        # 2. The hashes, the index, the record.
        put_said(writes, bank=to, hashes=given, actor=actor, now=now)
        if before is not None and any(e.disabled_until for e in before.entries):
            _alter(writes, to, before, {"disabled_until": None}, actor, now)
        writes.send()
        return _there(content_named(bank=to, member="", name=name), bank)

    return atomically(work)


def change_content(*, bank: str, number: int, changes: Mapping[str, Any], actor: str, now: datetime) -> Content:
    """Change `disabled_until` (a moment, None to let it match again) or `category` of a content of a bank, and return it as it is then.

    The record holds until when, never the words. Raises `NotFound` also for a content of another bank, and `Forbidden` for the desk's own
    banks.
    """

    def work() -> Content:
        of, writes = outside_bank(name=bank), Writes()
        content = _there(content_numbered(bank=of, number=number), bank)
        if changes:
            _alter(writes, of, content, changes, actor, now)
            writes.send()
        return _there(content_numbered(bank=of, number=number), bank)

    return atomically(work)


def _alter(writes: Writes, bank: BankView, content: Content, changes: Mapping[str, Any], actor: str, now: datetime) -> None:
    ids = alter_ids(bank=bank, ids=content.numbers, changes=changes, now=now)
    facts: dict[str, object] = {"bank": str(bank.id), **entries_said(ids=ids), "changed": sorted(changes)}
    if "disabled_until" in changes:
        until = changes["disabled_until"]
        facts["disabled_until"] = until.isoformat() if until else None
    record(writes, kind="bank.entries_changed", actor=actor, now=now, facts=facts)


def _there(content: Content | None, bank: str) -> Content:
    if content is None:
        raise NotFound(f"The bank {bank} has no such content.")
    return content
