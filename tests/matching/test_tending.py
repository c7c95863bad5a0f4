"""Sealing, merging, mending and forgetting, also while others write and on other machines."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import psycopg.sql
import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from odzew.foundation.errors import Invalid
from odzew.foundation.writes import fetch_all
from odzew.hashing.nearest import Parts
from odzew.matching import index as index_module
from odzew.matching import tending
from odzew.matching.api import HOSTED, KNOWN, MD5, PDQ, SHA256, Addition, Query, add_many
from odzew.matching.manifest import live_segments, swap
from odzew.matching.segments import path_of
from odzew.matching.tending import STEP, merge_of
from tests.matching.desk import Desk, near, pdq

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """One machine; nobody waits long for writers."""
    monkeypatch.setattr(tending, "PATIENCE", 0.05)
    return Desk(folder=tmp_path)


@pytest.fixture
def other() -> Iterator[psycopg.Connection[Any]]:
    """Another connection to the same database, that commits when told."""
    known = connection.settings_dict
    with psycopg.connect(
        host=known["HOST"], port=known["PORT"] or None, user=known["USER"], password=known["PASSWORD"] or None, dbname=known["NAME"]
    ) as there:
        yield there
        there.rollback()


def _known(number: int, owner: int | None = None) -> Addition:
    return Addition(collection=KNOWN, type=PDQ, hash=pdq(number), owner=number if owner is None else owner)


def _insert(there: psycopg.Connection[Any], addition: Addition, number: int | None = None) -> None:
    columns = {"collection": addition.collection, "type": addition.type, "hash": addition.hash, "owner": addition.owner}
    if number is not None:
        columns["id"] = number
    into = psycopg.sql.SQL(", ").join(psycopg.sql.Identifier(c) for c in columns)
    values = psycopg.sql.SQL(", ").join(psycopg.sql.Placeholder(c) for c in columns)
    there.execute(psycopg.sql.SQL("INSERT INTO matching_addition ({}) VALUES ({})").format(into, values), columns)


@given(st.lists(st.integers(0, 10_000), max_size=40), st.integers(1, 30_000))
def test_merging_leaves_few_segments_and_does_not_touch_large_ones(pairs: list[int], most: int) -> None:
    sizes, rounds = list(pairs), 0
    while chosen := merge_of(pairs=sizes, hashes=sizes, most=most):
        assert len(chosen) > 1 and sum(sizes[n] for n in chosen) <= most
        sizes = [s for n, s in enumerate(sizes) if n not in chosen] + [sum(sizes[n] for n in chosen)]
        rounds += 1
    assert sum(sizes) == sum(pairs) and rounds <= 2 * len(pairs)
    sizes.sort(reverse=True)
    for n, size in enumerate(sizes[:-1]):
        assert size >= STEP * sum(sizes[n + 1 :]) or sum(sizes[n:]) > most


def test_a_hundred_seals_are_few_segments(desk: Desk) -> None:
    live = 0
    for n in range(60):
        desk.add(_known(n))
        desk.tend("seal", "merge")
        live = max(live, len(live_segments()))
    assert live <= 5
    desk.check(desk.read(), [near(pdq(n)) for n in range(61)])


def test_who_commits_late_with_an_earlier_number_is_found(desk: Desk, other: psycopg.Connection[Any]) -> None:
    index = desk.read()
    late = _known(1)
    _insert(other, late)
    desk.add(_known(2))
    index.refresh()
    desk.check(index, [near(pdq(1)), near(pdq(2))])
    other.commit()
    desk.truth.add(late)
    index.refresh()
    desk.check(index, [near(pdq(1)), near(pdq(2))])
    desk.check(desk.read(), [near(pdq(1)), near(pdq(2))])


def test_a_removal_that_commits_late_is_heeded(desk: Desk, other: psycopg.Connection[Any]) -> None:
    desk.add(_known(1), _known(2))
    index = desk.read()
    other.execute("INSERT INTO matching_removal (collection, owner) VALUES ('known', 1)")
    desk.remove(KNOWN, 2)
    desk.tend("seal", "merge")
    index.refresh()
    desk.check(index, [near(pdq(1)), near(pdq(2))])
    other.commit()
    desk.truth.clear()
    index.refresh()
    desk.check(index, [near(pdq(1)), near(pdq(2))])
    desk.later(days=2)
    desk.tend()
    desk.check(desk.read(), [near(pdq(1)), near(pdq(2))])


@pytest.mark.parametrize("written", (True, False))
def test_nothing_is_sealed_while_an_earlier_number_may_come(desk: Desk, other: psycopg.Connection[Any], written: bool) -> None:
    late = _known(1)
    number = None
    if written:
        _insert(other, late)
    else:  # a number was given, and no row or transaction number is there yet to tell of it
        other.execute("LOCK TABLE matching_addition IN ROW EXCLUSIVE MODE")
        number = other.execute("SELECT nextval('matching_addition_id_seq')").fetchall()[0][0]
    desk.add(_known(2))
    assert desk.tend("seal").sealed == 0
    if not written:
        _insert(other, late, number)
    other.commit()
    desk.truth.add(late)
    assert desk.tend("seal").sealed == 1
    desk.check(desk.read(), [near(pdq(1)), near(pdq(2))])


def test_sealing_waits_for_who_is_writing_and_not_for_who_came_later(
    desk: Desk, other: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tending, "PATIENCE", 5.0)
    desk.add(_known(1))
    _insert(other, _known(2))

    def commit_and_write_on() -> None:
        other.commit()
        _insert(other, _known(3))

    timer = threading.Timer(0.2, commit_and_write_on)
    timer.start()
    assert desk.tend("seal").sealed == 1
    timer.join()
    desk.truth.add(_known(2))
    desk.check(desk.read(), [near(pdq(n)) for n in range(4)])
    other.commit()
    desk.truth.add(_known(3))
    desk.check(desk.read(), [near(pdq(n)) for n in range(4)])


def test_a_segment_that_is_gone_is_made_anew_as_it_was(desk: Desk) -> None:
    desk.add(*(_known(n, owner=n // 2) for n in range(20)), _known(3, owner=99))
    desk.bring(KNOWN, PDQ, [(pdq(n), 1_000 + n) for n in range(30)])
    desk.add(Addition(collection=HOSTED, type=MD5, hash=b"m" * 16, owner=5))
    desk.remove(KNOWN, 3, 1_004)
    desk.tend("seal")
    desk.add(*(_known(n) for n in range(50, 60)))
    desk.remove(KNOWN, 51)
    desk.tend("seal")
    desk.tend("merge")
    before = {p.name: p.read_bytes() for p in desk.folder.glob("*.segment")}
    assert before
    for path in desk.folder.glob("*.segment"):
        path.unlink()
    index = desk.read()
    assert not index.search(collection=KNOWN, queries=[near(pdq(1))]).complete
    assert index.standing().problem == "missing"
    assert desk.tend("mend").mended == len(before)
    assert {p.name: p.read_bytes() for p in desk.folder.glob("*.segment")} == before
    index.refresh()
    desk.check(index, [near(pdq(n)) for n in range(60)])


def test_a_segment_that_was_changed_is_not_believed(desk: Desk) -> None:
    desk.add(*(_known(n) for n in range(20)))
    desk.tend("seal")
    path = path_of(folder=desk.folder, sha256=live_segments()[0].sha256)
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    index = desk.read()
    answer = index.search(collection=KNOWN, queries=[near(pdq(n)) for n in range(20)])
    assert not answer.complete and not any(answer.hits)
    assert desk.tend("mend").mended == 1
    index.refresh()
    desk.check(index, [near(pdq(n)) for n in range(20)])
    assert path.read_bytes() == content


def test_should_the_log_say_something_else_the_log_is_right(desk: Desk) -> None:
    desk.add(*(_known(n) for n in range(10)))
    desk.tend("seal")
    fetch_all("DELETE FROM matching_addition WHERE owner = 4 RETURNING 1", [])
    desk.truth.discard(_known(4))
    before = live_segments()
    path_of(folder=desk.folder, sha256=before[0].sha256).unlink()
    assert desk.tend("mend").mended == 1
    assert [s.sha256 for s in live_segments()] != [s.sha256 for s in before]
    desk.check(desk.read(), [near(pdq(n)) for n in range(10)])


def test_another_machine_stays_complete_until_it_has_the_new_segments(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    there = desk.index(folder=elsewhere)
    desk.add(*(_known(n) for n in range(10)))
    there.refresh()
    desk.tend("seal")
    desk.add(_known(11))
    desk.remove(KNOWN, 1)
    queries = [near(pdq(n)) for n in range(12)]
    for _ in range(2):
        there.refresh()
        desk.check(there, queries)
        assert there.standing().segments == 0
    assert desk.tend("mend", folder=elsewhere).mended == 1
    there.refresh()
    desk.check(there, queries)
    assert there.standing().segments == 1


def test_an_import_that_another_machine_has_not_is_missing_there(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    there = desk.index(folder=elsewhere)
    desk.add(_known(1))
    there.refresh()
    desk.bring(KNOWN, PDQ, [(pdq(n), n) for n in range(2, 9)])
    there.refresh()
    answer = there.search(collection=KNOWN, queries=[near(pdq(1)), near(pdq(2))])
    assert not answer.complete and [len(h) for h in answer.hits] == [1, 0]
    desk.tend("mend", folder=elsewhere)
    there.refresh()
    desk.check(there, [near(pdq(n)) for n in range(10)])


def test_large_segments_are_opened_beside_the_reading(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "_OPEN_BESIDE", 0)
    index = desk.read()
    desk.add(*(_known(n) for n in range(10)))
    desk.tend("seal")
    desk.add(_known(10))
    queries = [near(pdq(n)) for n in range(11)]
    for _ in range(200):
        index.refresh()
        desk.check(index, queries)
        if index.standing().segments:
            return
    raise AssertionError("the new segment was never opened")


def test_an_import_is_found_at_once_and_one_that_is_rolled_back_never(desk: Desk) -> None:
    index = desk.read()
    pairs = [(pdq(n), n) for n in range(300)]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        desk.bring(KNOWN, PDQ, pairs)
        raise ZeroDivisionError
    desk.truth.clear()
    index.refresh()
    desk.check(index, [near(pdq(n)) for n in range(10)])
    desk.bring(KNOWN, PDQ, pairs)
    desk.bring(HOSTED, SHA256, [(h, o + 5) for h, o in pairs])
    index.refresh()
    desk.check(index, [near(pdq(7)), near(pdq(299)), Query(type=SHA256, hash=pdq(8)), Query(type=MD5, hash=b"m" * 16)])
    assert index.standing().delta == 0
    desk.remove(KNOWN, 7)
    index.refresh()
    desk.check(index, [near(pdq(7))])


def test_an_import_says_what_does_not_fit(desk: Desk) -> None:
    with transaction.atomic():
        for type_, hashes, owners in (
            (PDQ, pdq(1), []),
            (PDQ, b"", [1]),
            (PDQ, pdq(1), [-1]),
            ("phash", b"", []),
            (MD5, b"m", [1]),
        ):
            with pytest.raises(Invalid):
                add_many(folder=desk.folder, collection=KNOWN, type=type_, hashes=hashes, owners=owners, now=desk.now)
        with pytest.raises(Invalid):
            add_many(folder=desk.folder, collection="other", type=PDQ, hashes=b"", owners=[], now=desk.now)
    assert fetch_all("SELECT count(*) FROM matching_addition", []) == [(0,)]


def test_what_was_removed_leaves_the_files_and_the_log_in_the_end(desk: Desk) -> None:
    desk.add(*(_known(n) for n in range(10)))
    desk.tend("seal")
    desk.bring(KNOWN, PDQ, [(pdq(n), n) for n in range(20, 30)])
    desk.add(_known(40), _known(41))
    index, sleeper = desk.read(), desk.read()
    desk.remove(KNOWN, 3, 25, 41)
    gone = [pdq(3), pdq(25), pdq(41)]
    for _ in range(60):
        desk.later(hours=1)
        desk.tend()
        index.refresh()
        desk.check(index, [near(pdq(n)) for n in (3, 4, 25, 26, 40, 41)])
    assert fetch_all("SELECT 1 FROM matching_addition WHERE hash = ANY(%s)", [gone]) == []
    assert fetch_all("SELECT count(*) FROM matching_removal", []) == [(0,)]
    files = b"".join(p.read_bytes() for p in desk.folder.iterdir())
    assert not [h for h in gone if h in files] and pdq(4) in files
    sleeper.refresh()
    desk.check(sleeper, [near(pdq(n)) for n in (3, 4, 25, 26, 40, 41)])


def test_strays_are_swept_and_nothing_else(desk: Desk) -> None:
    desk.add(_known(1))
    desk.tend("seal")
    for name in ("a.segment", ".b.part", "c.broken", "notes.txt"):
        (desk.folder / name).write_bytes(b"x")
        os.utime(desk.folder / name, times=(desk.now.timestamp(),) * 2)
    os.utime(next(iter(desk.folder.glob("[0-9a-f]*[0-9a-f].segment"))), times=(0, 0))
    desk.later(minutes=59)
    assert desk.tend("sweep").swept == 0
    desk.later(minutes=2)
    assert desk.tend("sweep").swept == 3
    desk.check(desk.read(), [near(pdq(1))])


def test_two_who_seal_at_once_do_it_once(desk: Desk) -> None:
    desk.add(_known(1))
    one = tending.to_seal(folder=desk.folder, now=desk.now, at=1)
    two = tending.to_seal(folder=desk.folder, now=desk.now, at=1)
    assert one and two
    with transaction.atomic():
        assert swap(change=one)
    with transaction.atomic():
        assert not swap(change=two)
    assert len(live_segments()) == 1


def test_a_search_that_fails_its_test_is_not_believed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add(*(_known(n) for n in range(10)))
    index = desk.read()
    assert index.standing().problem is None
    whole = Parts.near

    def blind(self: Parts, **asked: Any) -> Any:
        found = whole(self, **asked)
        return found._replace(rows=found.rows[found.rows[:, 3] < 31])

    monkeypatch.setattr(Parts, "near", blind)
    desk.later(minutes=19)
    index.refresh()
    assert index.standing().problem is None
    desk.later(minutes=41)
    index.refresh()
    assert index.standing().problem == "self-test"
    assert not index.search(collection=KNOWN, queries=[near(pdq(1))]).complete
    monkeypatch.setattr(Parts, "near", whole)
    desk.later(hours=1)
    index.refresh()
    desk.check(index, [near(pdq(1))])


def test_it_is_not_read_in_a_transaction(desk: Desk) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
        desk.index().refresh()


def test_the_standing_counts(desk: Desk) -> None:
    index = desk.index()
    assert index.standing().problem == "unread"
    desk.add(*(_known(n) for n in range(10)))
    desk.tend("seal")
    desk.add(_known(11), Addition(collection=HOSTED, type=MD5, hash=b"m" * 16, owner=1))
    desk.remove(KNOWN, 2)
    desk.later(seconds=7)
    index.refresh()
    newest = desk.now
    desk.later(seconds=3)
    index.refresh()
    index.search(collection=KNOWN, queries=[near(pdq(1)), Query(type=MD5, hash=b"m" * 16)])
    standing = index.standing()
    assert (standing.segments, standing.hashes, standing.delta, standing.removed, standing.searches) == (1, 12, 2, 1, 2)
    assert standing.newest_at == newest and standing.as_of == newest + timedelta(seconds=3)
    assert standing.compared == 11 and standing.bytes > 0


def test_very_many_owners_of_one_hash(desk: Desk) -> None:
    desk.bring(HOSTED, PDQ, [(pdq(1), n) for n in range(5_000)] + [(pdq(1, flip=4), 5_000)])
    desk.add(*(Addition(collection=HOSTED, type=PDQ, hash=pdq(1), owner=n) for n in range(4_990, 7_000)))
    desk.remove(HOSTED, *range(100))
    desk.tend("seal", "merge")
    index = desk.read()
    desk.check(index, [near(pdq(1)), near(pdq(1), 0), near(pdq(1, flip=4), 0)])
    assert index.standing().hashes == 2


def test_owners_and_distances_are_plain_numbers(desk: Desk) -> None:
    desk.add(_known(1, owner=(1 << 63) - 1), Addition(collection=KNOWN, type=PDQ, hash=pdq(2), owner=0))
    desk.tend("seal")
    (hit,), (zero,) = desk.read().search(collection=KNOWN, queries=[near(pdq(1)), near(pdq(2))]).hits
    assert (type(hit.owner), hit.owner, type(hit.distance), zero.owner) == (int, (1 << 63) - 1, int, 0)
    assert not isinstance(hit.hash, np.ndarray)
