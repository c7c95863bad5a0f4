"""What this process can say of an upload by itself: that nothing it holds in memory is near it."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from odzew.banks.api import count_misses
from odzew.cases.prints import FLAT_BELOW
from odzew.entrypoints.check.shapes import CheckIn
from odzew.ledger.people import Caller
from odzew.matching.api import Index, Query

SCOPES: Final = frozenset({"check", "lookup"})
NEAREST: Final = 31


class Unknown(Exception):
    """This process cannot say it alone; the route can."""


@dataclass(slots=True)
class Misses:
    """Look-ups that matched nothing, counted here and written a few seconds later in one statement."""

    _counts: Counter[tuple[uuid.UUID, datetime]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, *, program: uuid.UUID, at: datetime) -> None:
        """Count one."""
        key = (program, at.replace(second=0, microsecond=0))
        with self._lock:
            self._counts[key] += 1

    def write(self) -> None:
        """Write what was counted since the last time; what cannot be written is kept for the next."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        try:
            count_misses(counts=counts)
        except Exception:
            with self._lock:
                self._counts.update(counts)
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """The index and the counts of this process."""

    index: Index
    misses: Misses
    clock: Callable[[], datetime]

    def may(self, *, caller: Caller) -> bool:
        """May this caller ask at all?"""
        return caller.what == "program" and not SCOPES.isdisjoint(caller.scopes)

    def nothing_known(self, *, asked: CheckIn, caller: Caller, pace: Callable[..., None]) -> bytes:
        """Return the answer if nothing is near any of the hashes and the index is whole. Raises `Unknown` otherwise."""
        queries = [
            Query(
                type=h.type,
                hash=bytes.fromhex(h.value),
                radius=NEAREST if h.type == "pdq" and (h.quality is None or h.quality >= FLAT_BELOW) else 0,
            )
            for h in asked.hashes
        ]
        at = self.nothing_near(queries=queries, caller=caller, pace=pace)
        matches = b'"matches":[],' if "lookup" in caller.scopes else b""
        as_of = at.isoformat().replace("+00:00", "Z").encode()
        return b'{"verdict":"allow",' + matches + b'"as_of":"' + as_of + b'","checked":true}'

    def nothing_near(self, *, queries: Sequence[Query], caller: Caller, pace: Callable[..., None]) -> datetime:
        """Count the look-up and return as of when nothing is near, if the index is whole. Raises `Unknown` otherwise."""
        answer = self.index.search(collection="known", queries=queries)
        if not answer.complete or answer.as_of is None or any(answer.hits):
            raise Unknown
        pace(caller=caller)
        self.misses.count(program=caller.id, at=self.clock())
        return answer.as_of
