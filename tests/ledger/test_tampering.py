"""Tampering is found and named: 10,000 times with small records in memory, and in the real database by its owner's hand."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from odzew.entrypoints.bench.tampering import WAYS, honest, tamper
from odzew.foundation.writes import fetch_all, fetch_none
from odzew.ledger.audit import Kind
from odzew.ledger.merkle import leaf_hash
from odzew.usecases.verify_record import verify_record
from tests.cast import Story
from tests.ledger.hands import acts, seal, sign, undone_by_hand


def test_ten_thousand_tamperings_are_all_caught_and_no_honest_record_is_accused() -> None:
    rng, seen = random.Random(), set[str]()
    for _ in range(500):
        record = honest(rng=rng, events=rng.randrange(2, 64))
        assert record.check() == []
        for _ in range(20):
            done = tamper(rng=rng, record=record)
            seen.add(done.how)
            assert done.caught, (done.how, done.seq, done.size, record.sizes, done.record.check())
    assert len(seen) == len(WAYS)


@pytest.fixture
def signed(story: Story) -> Story:
    """A record of 900 acts, signed at 300, 600 and 900."""
    for _ in range(3):
        acts(story, 300)
        seal(story)
        assert sign(story)
    assert verify_record(desk=story.desk, now=story.now).ok
    return story


def rewritten(seq: int) -> None:
    """Another act in its place, with the leaf that belongs to it and columns that agree."""
    old = bytes(fetch_all("SELECT data FROM ledger_event WHERE seq = %s", [seq])[0][0])
    new = old.replace(b'"actor":"desk"', b'"actor":"disk"')
    fetch_none("UPDATE ledger_event SET data = %s, actor = 'disk' WHERE seq = %s", [new, seq])
    fetch_none("UPDATE ledger_leaf SET hash = %s WHERE seq = %s", [leaf_hash(data=new), seq])


def swapped(one: int, two: int) -> None:
    """Two acts change places, with their leaves."""
    fetch_none("UPDATE ledger_event SET seq = -1 WHERE seq = %s", [one])
    fetch_none("UPDATE ledger_event SET seq = %s WHERE seq = %s", [one, two])
    fetch_none("UPDATE ledger_event SET seq = %s WHERE seq = -1", [two])
    rows = dict(fetch_all("SELECT seq, hash FROM ledger_leaf WHERE seq IN (%s, %s)", [one, two]))
    fetch_none("UPDATE ledger_leaf SET hash = %s WHERE seq = %s", [rows[two], one])
    fetch_none("UPDATE ledger_leaf SET hash = %s WHERE seq = %s", [rows[one], two])


def deleted(seq: int) -> None:
    """An act taken out and all later ones moved down, with their leaves and the row of the tree."""
    fetch_none("DELETE FROM ledger_event WHERE seq = %s", [seq])
    fetch_none("DELETE FROM ledger_leaf WHERE seq = %s", [seq])
    for table in ("ledger_event", "ledger_leaf"):
        fetch_none(f"UPDATE {table} SET seq = -seq WHERE seq > %s", [seq])  # noqa: S608 - our own tables
        fetch_none(f"UPDATE {table} SET seq = -seq - 1 WHERE seq < 0", [])  # noqa: S608 - our own tables


def cut(left: int) -> None:
    """The end taken off."""
    fetch_none("DELETE FROM ledger_event WHERE seq >= %s", [left])
    fetch_none("DELETE FROM ledger_leaf WHERE seq >= %s", [left])


def sql(text: str) -> Callable[[], None]:
    return lambda: fetch_none(text, [])


@pytest.mark.parametrize(
    ("deed", "kind", "seq", "size"),
    [
        (sql("UPDATE ledger_event SET data = data || ' ' WHERE seq = 450"), Kind.CHANGED, 450, None),
        (sql("UPDATE ledger_leaf SET hash = sha256('x') WHERE seq = 450"), Kind.CHANGED, 450, None),
        (sql("UPDATE ledger_event SET kind = 'test.other' WHERE seq = 450"), Kind.CHANGED, 450, None),
        (sql("UPDATE ledger_event SET case_id = NULL WHERE seq = 1"), Kind.CHANGED, 1, None),
        (sql("UPDATE ledger_event SET at = at - interval '1 hour' WHERE seq = 7"), Kind.CHANGED, 7, None),
        (sql("DELETE FROM ledger_event WHERE seq = 450"), Kind.MISSING, 450, None),
        (sql("DELETE FROM ledger_leaf WHERE seq = 450"), Kind.CHANGED, 450, None),
        (sql("UPDATE ledger_event SET seq = 5000 WHERE seq = 450"), Kind.MISSING, 450, None),
        (lambda: rewritten(450), Kind.ROOT_DIFFERS, None, 600),
        (lambda: rewritten(899), Kind.ROOT_DIFFERS, None, 900),
        (lambda: swapped(299, 300), Kind.ROOT_DIFFERS, None, 300),
        (lambda: deleted(450), Kind.ROOT_DIFFERS, None, 600),
        (lambda: cut(700), Kind.ROLLED_BACK, None, 900),
        (sql("UPDATE ledger_checkpoint SET note = replace(note, 'time: 2026', 'time: 2027') WHERE size = 600"), Kind.BAD_CHECKPOINT, None, 600),
        (sql("UPDATE ledger_checkpoint SET size = 601 WHERE size = 600"), Kind.BAD_CHECKPOINT, None, 600),
        (sql("UPDATE ledger_node SET hash = sha256('x') WHERE \"index\" = 1"), Kind.STORE_DIFFERS, 256, None),
        (sql("DELETE FROM ledger_node WHERE \"index\" = 2"), Kind.STORE_DIFFERS, 512, None),
        (sql("INSERT INTO ledger_leaf VALUES (900, sha256('x'))"), Kind.STORE_DIFFERS, None, None),
        (sql("UPDATE ledger_tree SET frontier = substr(frontier, 1, 8)"), Kind.STORE_DIFFERS, None, None),
        (sql("UPDATE ledger_tree SET size = 0, frontier = ''"), Kind.STORE_DIFFERS, None, None),
    ],
)  # fmt: skip
def test_what_the_owner_of_the_database_does_is_found(
    signed: Story, deed: Callable[[], None], kind: Kind, seq: int | None, size: int | None
) -> None:
    before = fetch_all("SELECT count(*) FROM ledger_checkpoint", [])
    with undone_by_hand():
        deed()
    found = verify_record(desk=signed.desk, now=signed.now)
    hit = [f for f in found.findings if (f.kind, f.seq, f.size) == (kind, seq, size)]
    assert hit, found.findings
    assert not [f for f in found.findings if f.size is not None and size is not None and f.size < size]
    assert fetch_all("SELECT count(*) FROM ledger_checkpoint", []) == before  # nothing was signed over it


def test_a_record_rewritten_whole_is_unmasked_by_an_older_checkpoint(signed: Story) -> None:
    older = [note for (note,) in fetch_all("SELECT note FROM ledger_checkpoint WHERE size = 600", [])]
    assert verify_record(desk=signed.desk, now=signed.now, older=older).ok
    with undone_by_hand():
        rewritten(450)
        for table in ("ledger_leaf", "ledger_node", "ledger_tree", "ledger_checkpoint"):
            fetch_none(f"DELETE FROM {table}", [])  # noqa: S608 - our own tables
        fetch_none("UPDATE ledger_event SET seq = NULL", [])
    seal(signed)
    assert sign(signed)
    assert verify_record(desk=signed.desk, now=signed.now).ok
    found = verify_record(desk=signed.desk, now=signed.now, older=older)
    assert [(f.kind, f.size) for f in found.findings] == [(Kind.FORKED, 600)]
