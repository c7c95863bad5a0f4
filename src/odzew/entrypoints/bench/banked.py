"""A desk with very many banked hashes, filled fast, and what is asked of it.

Import it when Django is ready: in `ground`.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from odzew.banks.api import BankRules
from odzew.entrypoints.bench.bits import Words, moved
from odzew.entrypoints.bench.filling import empty, segment
from odzew.entrypoints.bench.ground import Ground, acting
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import settings
from odzew.foundation.writes import fetch_all, fetch_none
from odzew.usecases.bank_entries import add_bank
from odzew.usecases.tend_index import tend_index

BANK: Final = "bench"
PATH: Final = "/api/v1/check"
ONE_MATCHES_IN: Final = 100
_PATIENCE: Final = 20.0
_SETTLED: Final = 3.0
_ENTRIES: Final = """
INSERT INTO banks_entry (id, bank_id, source_member, entry_id, hash_type, value, category, quality, mode, turned, first_seen, updated)
SELECT a.owner, %s, '', '', a.type, a.hash, '', 100, 'exact', false, %s, %s FROM matching_addition a WHERE a.collection = 'known'
"""


def bank(*, desk: Ground, words: Words) -> None:
    """Give the desk a bank of these hashes: the rows of an import, its segments merged, nothing in the delta. Its other banks lose
    theirs."""
    _, caller = acting(desk=desk)
    folder, now = settings().index_folder, utc_now()
    empty(folder=folder)
    view = add_bank(name=BANK, rules=BankRules(), actor=caller.actor, now=now)
    segment(folder=folder, collection="known", words=words, begin=0, end=len(words), first=1)
    fetch_none(_ENTRIES, [view.id, now, now])
    fetch_all("SELECT setval('banks_entry_number', %s)", [len(words)])
    while tend_index(folder=folder, now=utc_now(), works=("merge",)).total:
        pass
    fetch_none("ANALYZE banks_entry", [])
    fetch_none("ANALYZE matching_addition", [])


def request(*, desk: Ground, body: bytes, content_type: str = "application/json") -> bytes:
    """Return a check as it goes over the wire."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
        f"Authorization: Bearer {desk.api_key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def by_hash(*, desk: Ground, value: bytes) -> bytes:
    """Return the check of one picture's hash."""
    return request(desk=desk, body=json.dumps({"hashes": [{"type": "pdq", "value": value.hex(), "quality": 100}]}).encode())


def values(*, words: Words, number: int, seed: int) -> list[bytes]:
    """Return hashes to ask about: the first of every hundred is within 31 bits of a banked one, the others of none."""
    rng = np.random.default_rng(seed)
    asked = rng.integers(0, 1 << 64, (number, 4), np.uint64)
    for place in range(0, number, ONE_MATCHES_IN):
        asked[place] = moved(words[int(rng.integers(len(words)))], int(rng.integers(0, 32)), rng=rng, spread=False)
    return [row.tobytes() for row in asked]


@dataclass(slots=True)
class Tally:
    """What was asked so far: checks that matched nothing, and checks that matched one entry."""

    missed: int = 0
    matched: int = 0

    def settle(self) -> None:
        """Wait until nothing more is written, and count from there."""
        before = None
        while (found := _written()) != before:
            before = found
            time.sleep(_SETTLED)
        self.missed, self.matched = found

    def add(self, *, answered: int) -> None:
        """Count the answers to the first of `values`."""
        matched = -(-answered // ONE_MATCHES_IN)
        self.missed += answered - matched
        self.matched += matched

    def expect_written(self) -> None:
        """Wait until the desk has written all of it. Raises RuntimeError if it has not counted every miss or recorded every match."""
        end = time.monotonic() + _PATIENCE
        while (found := _written()) != (self.missed, self.matched) and time.monotonic() < end:
            time.sleep(0.2)
        if found != (self.missed, self.matched):
            raise RuntimeError(f"asked: {self.missed} misses, {self.matched} matches; written: {found[0]} and {found[1]}")


def _written() -> tuple[int, int]:
    sql = (
        "SELECT (SELECT coalesce(sum(misses), 0) FROM banks_lookup_count), "
        "(SELECT count(*) FROM ledger_event WHERE kind = 'match.checked')"
    )
    (row,) = fetch_all(sql, [])
    return int(row[0]), int(row[1])
