"""A log, a folder and a clock for tests of the index, and what a plain dict would say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from django.db import transaction

from odzew.foundation.writes import Writes
from odzew.matching.api import PDQ, Addition, Hit, Index, Query, add, add_many, remove
from odzew.usecases.tend_index import WORKS, Tended, tend_index

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Desk:
    """One machine; `folder` can be another's for a second one."""

    folder: Path
    now: datetime = START
    truth: set[Addition] = field(default_factory=set)

    def index(self, *, folder: Path | None = None) -> Index:
        """Return an index that has read nothing yet."""
        return Index(folder=folder or self.folder, clock=lambda: self.now)

    def read(self) -> Index:
        """Return an index that has read everything."""
        index = self.index()
        index.refresh()
        return index

    def add(self, *additions: Addition) -> None:
        """Add in one transaction."""
        with transaction.atomic():
            writes = Writes()
            add(writes, additions=additions)
            writes.send()
        self.truth.update(additions)

    def bring(self, collection: str, type_: str, pairs: Sequence[tuple[bytes, int]]) -> None:
        """Add as an import does."""
        with transaction.atomic():
            hashes, owners = b"".join(h for h, _ in pairs), np.array([o for _, o in pairs], np.int64)
            add_many(folder=self.folder, collection=collection, type=type_, hashes=hashes, owners=owners, now=self.now)
        self.truth.update(Addition(collection=collection, type=type_, hash=h, owner=o) for h, o in pairs)

    def remove(self, collection: str, *owners: int) -> None:
        """Remove in one transaction."""
        with transaction.atomic():
            writes = Writes()
            remove(writes, collection=collection, owners=owners)
            writes.send()
        self.truth = {a for a in self.truth if a.collection != collection or a.owner not in owners}

    def tend(self, *works: str, seal_at: int = 1, folder: Path | None = None) -> Tended:
        """Let the worker do what is due."""
        return tend_index(folder=folder or self.folder, now=self.now, works=works or WORKS, seal_at=seal_at)

    def expected(self, *, collection: str, query: Query) -> tuple[Hit, ...]:
        """Return what a plain set says."""
        hits = [
            Hit(a.owner, a.hash, distance(a.hash, query.hash))
            for a in self.truth
            if a.collection == collection and a.type == query.type and distance(a.hash, query.hash) <= query.radius
        ]
        return tuple(sorted(hits, key=lambda h: (h.distance, h.owner, h.hash)))

    def check(self, index: Index, queries: Sequence[Query], *, collections: Sequence[str] = ("known", "hosted")) -> None:
        """Hold an index against the plain set; it must be complete."""
        for collection in collections:
            answer = index.search(collection=collection, queries=queries)
            assert answer.complete
            for query, hits in zip(queries, answer.hits, strict=True):
                assert hits == self.expected(collection=collection, query=query)

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


def distance(one: bytes, other: bytes) -> int:
    """Count the bits that differ."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def pdq(number: int, *, flip: int = 0) -> bytes:
    """Return a hash that is far from every other number's, with so many bits turned."""
    words = np.random.default_rng(number).integers(0, 1 << 64, 4, np.uint64)
    value = int.from_bytes(words.tobytes())
    for n in range(flip):
        value ^= 1 << (n * 37 % 256)
    return value.to_bytes(32)


def near(hash_: bytes, radius: int = 31) -> Query:
    """Return the usual question."""
    return Query(type=PDQ, hash=hash_, radius=radius)
