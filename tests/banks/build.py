"""What the tests of banks build with: generated hashes only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from odzew.banks.api import BankRules, create_bank
from odzew.banks.data import BankView, NewHash, Stored
from odzew.banks.entries import put
from odzew.foundation.writes import Writes
from odzew.matching.api import Index

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def pdq(n: int, *, flips: Sequence[int] = ()) -> bytes:
    """Return a made-up hash; `flips` are bits turned over."""
    bits = int.from_bytes(hashlib.sha256(f"chair {n}".encode()).digest())
    for flip in flips:
        bits ^= 1 << flip
    return bits.to_bytes(32)


def new_bank(*, name: str = "bridges", **rules: Any) -> BankView:
    """Make a bank."""
    with transaction.atomic():
        writes = Writes()
        bank = create_bank(writes, name=name, rules=BankRules(**rules), now=NOW)
        writes.send()
    return bank


def store(bank: BankView, *hashes: NewHash, now: datetime = NOW) -> Stored:
    """Put hashes into a bank."""
    with transaction.atomic():
        writes = Writes()
        done = put(writes, bank=bank, hashes=hashes, now=now)
        writes.send()
    return done


def read_index(folder: Path) -> Index:
    """Return an index that has read everything, and for which no time passes."""
    index = Index(folder=folder, clock=lambda: NOW)
    index.refresh()
    return index
