"""Whatever is done in whatever order, the index says what a plain set says."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from odzew.matching import segments
from odzew.matching.api import HOSTED, KNOWN, MD5, PDQ, SHA256, Addition, Index, Query
from tests.matching.desk import Desk, pdq

TABLES = ("matching_addition", "matching_removal", "matching_segment")
NUMBERS = st.integers(0, 6)
COLLECTION = st.sampled_from([KNOWN, HOSTED])


def _hash(type_: str, number: int, flip: int) -> bytes:
    whole = pdq(number, flip=flip)
    return whole[:16] if type_ == MD5 else whole


class Machine(RuleBasedStateMachine):
    """One desk, three processes that read, one of them on another machine."""

    @initialize()
    def begin(self) -> None:
        """Start with nothing."""
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(TABLES)}")
        self.folders = [Path(tempfile.mkdtemp(prefix="odzew-index-")) for _ in range(2)]
        self.desk = Desk(folder=self.folders[0])
        self.readers: list[Index] = [self.desk.index(), self.desk.index(), self.desk.index(folder=self.folders[1])]
        self.next_owner = 0

    def _owner(self) -> int:
        self.next_owner += 1
        return self.next_owner

    @rule(
        collection=COLLECTION,
        type_=st.sampled_from([PDQ, PDQ, SHA256, MD5]),
        found=st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(0, 3)), min_size=1, max_size=12),
    )
    def add(self, collection: str, type_: str, found: list[tuple[int, int, int]]) -> None:
        """Owners have one to four hashes; the same hash comes again and again."""
        additions = []
        for number, flip, more in found:
            owner = self._owner()
            additions += [
                Addition(collection=collection, type=type_, hash=_hash(type_, number, flip * 6 + n), owner=owner)
                for n in range(more + 1)
            ]
        self.desk.add(*additions, additions[0])

    @rule(collection=COLLECTION, type_=st.sampled_from([PDQ, MD5]), numbers=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=12))
    def bring(self, collection: str, type_: str, numbers: list[tuple[int, int]]) -> None:
        """Import."""
        self.desk.bring(collection, type_, [(_hash(type_, n, f * 6), self._owner()) for n, f in numbers])

    @rule(collection=COLLECTION, chosen=st.lists(st.integers(0, 60), min_size=1, max_size=4))
    def remove(self, collection: str, chosen: list[int]) -> None:
        """Owners that are there, or were never there; never the next ones."""
        self.desk.remove(collection, *[n % (self.next_owner + 1) for n in chosen])

    @rule(seal_at=st.sampled_from([1, 10]))
    def seal(self, seal_at: int) -> None:
        """Seal."""
        self.desk.tend("seal", seal_at=seal_at)

    @rule()
    def merge(self) -> None:
        """Merge or rewrite."""
        self.desk.tend("merge")

    @rule(hours=st.sampled_from([0.1, 2, 25]))
    def forget(self, hours: float) -> None:
        """Time passes; what was removed leaves the log."""
        self.desk.later(hours=hours)
        self.desk.tend("forget", "sweep")

    @rule(which=st.integers(0, 2))
    def crash(self, which: int) -> None:
        """A process is gone with all it held, and another comes; drafts lie about."""
        folder = self.folders[which == 2]
        (folder / ".0000.part").write_bytes(b"half")
        self.readers[which] = self.desk.index(folder=folder)

    @rule(which=st.integers(0, 1), harm=st.sampled_from(["gone", "changed"]))
    def lose(self, which: int, harm: str) -> None:
        """A file of a machine is lost or changed; processes that have it open keep it."""
        for path in sorted(self.folders[which].glob("*.segment"))[:1]:
            content = path.read_bytes()
            path.unlink()
            if harm == "changed":
                path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    @rule(which=st.integers(0, 2))
    def read(self, which: int) -> None:
        """One process reads; it says that it is complete, or is missing a file, never wrong."""
        reader = self.readers[which]
        reader.refresh()
        for collection in (KNOWN, HOSTED):
            queries = self._queries()
            answer = reader.search(collection=collection, queries=queries)
            for query, hits in zip(queries, answer.hits, strict=True):
                expected = self.desk.expected(collection=collection, query=query)
                if answer.complete:
                    assert hits == expected
                else:
                    assert set(hits) <= set(expected)
            assert answer.complete == (reader.standing().problem is None)

    @rule()
    def all_is_well(self) -> None:
        """After mending, every process on every machine says what the plain set says."""
        for folder, readers in ((self.folders[0], self.readers[:2]), (self.folders[1], self.readers[2:])):
            for reader in readers:
                reader.refresh()  # what is broken is set aside
            while self.desk.tend("mend", folder=folder).mended:
                pass
            for reader in readers:
                reader.refresh()
                self.desk.check(reader, self._queries())

    def _queries(self) -> list[Query]:
        return [
            *(Query(type=PDQ, hash=pdq(n, flip=3), radius=r) for n in range(7) for r in (0, 3, 31, 40)),
            *(Query(type=t, hash=_hash(t, n, 6)) for n in range(7) for t in (SHA256, MD5)),
        ]

    @invariant()
    def nothing_is_forgotten_early(self) -> None:
        """Nothing leaves the log while somebody may need it."""
        if hasattr(self, "desk"):
            with connection.cursor() as cursor:
                cursor.execute("SELECT DISTINCT collection, type, hash, owner FROM matching_addition")
                kept = {(c, t, bytes(h), o) for c, t, h, o in cursor.fetchall()}
            assert kept >= {(a.collection, a.type, a.hash, a.owner) for a in self.desk.truth}

    def teardown(self) -> None:
        """Take the folders away."""
        for folder in getattr(self, "folders", ()):
            shutil.rmtree(folder)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tables_from", (3, 16_384))
def test_the_index_says_what_a_plain_set_says(tables_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "TABLES_FROM", tables_from)
    examples: dict[str, Any] = {"max_examples": int(os.environ.get("ODZEW_PROMISE_EXAMPLES", "12")), "stateful_step_count": 25}
    run_state_machine_as_test(
        Machine,
        settings=settings(deadline=None, suppress_health_check=list(HealthCheck), **examples),
    )
