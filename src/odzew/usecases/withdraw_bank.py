"""A bank is given up: it matches nothing from now on, and all its entries are withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from odzew.banks.api import entries_after
from odzew.banks.entries import withdraw_ids
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.usecases.bank_entries import change_bank, entries_said, outside_bank

BATCH: Final = 5_000


def withdraw_bank(*, name: str, most: int, actor: str, clock: Callable[[], datetime]) -> bool:
    """Switch a bank off and withdraw its entries; return whether none is left. Rows stay on file.

    It answers no look-up from the first transaction on; its entries go 5,000 at a time, each batch with its event. Not more than about
    `most` go in one call: call it again until nothing is left. Raises `NotFound`, and `Forbidden` for the desk's own banks.
    """
    # 1. Off at once, whatever comes after.
    bank = outside_bank(name=name)
    if bank.enabled_share > 0:
        change_bank(name=name, changes={"enabled_share": 0.0}, actor=actor, now=clock())
    # 2. The entries, in batches.
    upto, asked = 0, 0
    while asked < most and (upto := _withdraw_some(name, upto, actor, clock())):
        asked += BATCH
    return not entries_after(bank=bank, after=0, limit=1)


def _withdraw_some(name: str, after: int, actor: str, now: datetime) -> int:
    """Withdraw the next entries; return the last number among them, 0 if there are no more."""

    def work() -> int:
        bank, writes = outside_bank(name=name), Writes()
        ids = [e.id for e in entries_after(bank=bank, after=after, limit=BATCH)]
        gone = withdraw_ids(writes, bank=bank, ids=ids, now=now)
        if gone:
            facts = {"bank": str(bank.id), **entries_said(ids=gone)}
            record(writes, kind="bank.entries_withdrawn", actor=actor, now=now, facts=facts)
        writes.send()
        return ids[-1] if ids else 0

    return atomically(work)
