"""Additions and removals are found, or not, by every index after one reading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from odzew.foundation.errors import Invalid
from odzew.foundation.writes import Writes
from odzew.matching.api import HOSTED, KNOWN, MD5, PDQ, SHA256, Addition, Hit, Index, Query, add, remove

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _index(tmp_path: Path) -> Index:
    return Index(folder=tmp_path, clock=lambda: NOW)


def _flip(hash_: bytes, bits: int) -> bytes:
    changed = bytearray(hash_)
    for bit in range(bits):
        place = bit * 8 % 256 + bit * 8 // 256
        changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


@transaction.atomic
def _add(*additions: Addition) -> None:
    writes = Writes()
    add(writes, additions=additions)
    writes.send()


@transaction.atomic
def _remove(collection: str, *owners: int) -> None:
    writes = Writes()
    remove(writes, collection=collection, owners=owners)
    writes.send()


def test_what_is_added_is_found_at_every_distance_up_to_the_radius(tmp_path: Path) -> None:
    hash_ = bytes(range(32))
    _add(*(Addition(collection=KNOWN, type=PDQ, hash=_flip(hash_, n), owner=n) for n in range(40)))
    index = _index(tmp_path)
    assert not index.search(collection=KNOWN, queries=[Query(type=PDQ, hash=hash_, radius=31)]).complete
    index.refresh()
    for radius in (0, 1, 31, 32, 47):
        answer = index.search(collection=KNOWN, queries=[Query(type=PDQ, hash=hash_, radius=radius)])
        assert answer.complete and answer.as_of == NOW
        assert answer.hits == (tuple(Hit(n, _flip(hash_, n), n) for n in range(min(radius + 1, 40))),)
    assert index.search(collection=HOSTED, queries=[Query(type=PDQ, hash=hash_, radius=31)]).hits == ((),)


def test_a_removal_takes_every_hash_of_an_owner_out_of_one_collection(tmp_path: Path) -> None:
    index = _index(tmp_path)
    md5, sha = b"m" * 16, b"s" * 32
    for collection in (KNOWN, HOSTED):
        _add(*(Addition(collection=collection, type=t, hash=h, owner=o) for t, h in ((MD5, md5), (SHA256, sha)) for o in (1, 2)))
    _remove(KNOWN, 1)
    index.refresh()
    queries = [Query(type=MD5, hash=md5), Query(type=SHA256, hash=sha)]
    assert index.search(collection=KNOWN, queries=queries).hits == ((Hit(2, md5, 0),), (Hit(2, sha, 0),))
    assert [len(h) for h in index.search(collection=HOSTED, queries=queries).hits] == [2, 2]


def test_an_old_view_says_so(tmp_path: Path) -> None:
    times = [NOW, NOW + timedelta(seconds=5), NOW + timedelta(seconds=6)]
    index = Index(folder=tmp_path, clock=lambda: times.pop(0))
    index.refresh()
    assert index.search(collection=KNOWN, queries=[]).complete
    assert not index.search(collection=KNOWN, queries=[]).complete


def test_what_cannot_be_found_is_refused() -> None:
    with pytest.raises(Invalid, match="32 bytes"):
        Addition(collection=KNOWN, type=PDQ, hash=b"x", owner=1)
    with pytest.raises(Invalid, match="collection"):
        Addition(collection="other", type=MD5, hash=b"x" * 16, owner=1)
    with pytest.raises(Invalid, match="type"):
        Query(type="phash", hash=b"x")
    with pytest.raises(Invalid, match="0 to 47"):
        Query(type=PDQ, hash=b"x" * 32, radius=48)
    with pytest.raises(Invalid, match="0 to 0"):
        Query(type=MD5, hash=b"x" * 16, radius=1)
    with pytest.raises(Invalid, match="owner"):
        Addition(collection=KNOWN, type=MD5, hash=b"x" * 16, owner=-1)
