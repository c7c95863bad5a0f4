"""Tampering at random with a small signed record, each time with what an honest check must say about it first."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odzew.ledger.audit import Finding
from odzew.ledger.checkpoint import VerifierKey, sign_checkpoint, verifier_key
from odzew.ledger.export import find_tampering
from odzew.ledger.merkle import Frontier, leaf_hash

ORIGIN = "bench.example/record"
Row = tuple[int, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Record:
    """A record: rows of (number, bytes, leaf hash), the signed notes, and the sizes at which it was signed (the last one whole)."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    sizes: tuple[int, ...]
    verifier: VerifierKey

    def check(self) -> list[Finding]:
        """What is found."""
        return find_tampering(stored=self.rows, checkpoints=self.notes, verifier=self.verifier)

    def covering(self, seq: int) -> int:
        """The size of the first checkpoint that vouches for an event."""
        return next(size for size in self.sizes if size > seq)


@dataclass(frozen=True, slots=True)
class Tampered:
    """A record that was tampered with, how, and what must be found first: this event, or this checkpoint."""

    how: str
    record: Record
    seq: int | None = None
    size: int | None = None

    @property
    def caught(self) -> bool:
        """It is found and the first finding names the event, else the first checkpoint that fails."""
        found = self.record.check()
        if not found:
            return False
        if self.seq is not None:
            return any(finding.seq == self.seq for finding in found)
        return next((finding.size for finding in found if finding.size is not None), None) == self.size


def honest(*, rng: random.Random, events: int) -> Record:
    """Return a record nobody touched, signed at a few random sizes and at the end."""
    key = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
    data = [b'{"n":%d,"x":"%s"}' % (n, rng.randbytes(rng.randrange(1, 20)).hex().encode()) for n in range(events)]
    leaves = [leaf_hash(data=one) for one in data]
    sizes = sorted({*rng.sample(range(1, events), k=min(3, events - 1)), events})
    notes = [sign_checkpoint(origin=ORIGIN, size=n, root=Frontier().extend(leaves[:n]).root, key=key) for n in sizes]
    return Record(
        rows=tuple((n, one, leaves[n]) for n, one in enumerate(data)),
        notes=tuple(notes),
        sizes=tuple(sizes),
        verifier=verifier_key(origin=ORIGIN, key=key),
    )


def tamper(*, rng: random.Random, record: Record) -> Tampered:
    """Return the record with one random edit, deletion, insertion or reordering."""
    return rng.choice(WAYS)(rng, record)


def _with(record: Record, rows: Sequence[Row], notes: Sequence[str] | None = None) -> Record:
    kept = record.notes if notes is None else notes
    return Record(rows=tuple(rows), notes=tuple(kept), sizes=record.sizes, verifier=record.verifier)


def _renumbered(rows: Sequence[Row]) -> list[Row]:
    return [(n, data, leaf) for n, (_, data, leaf) in enumerate(rows)]


def _changed(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return rng.choice(
        (data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :], data[:at] + data[at + 1 :], data + b" ")
    )


def _edit(rng: random.Random, record: Record) -> Tampered:
    rows, seq = list(record.rows), rng.randrange(len(record.rows))
    rows[seq] = (seq, _changed(rng, rows[seq][1]), rows[seq][2])
    return Tampered("edit", _with(record, rows), seq=seq)


def _edit_leaf(rng: random.Random, record: Record) -> Tampered:
    rows, seq = list(record.rows), rng.randrange(len(record.rows))
    rows[seq] = (*rows[seq][:2], rng.choice((rng.randbytes(32), b"", rows[seq][2][:31])))
    return Tampered("edit of a leaf", _with(record, rows), seq=seq)


def _edit_both(rng: random.Random, record: Record) -> Tampered:
    rows, seq = list(record.rows), rng.randrange(len(record.rows))
    data = _changed(rng, rows[seq][1])
    rows[seq] = (seq, data, leaf_hash(data=data))
    return Tampered("edit with its leaf", _with(record, rows), size=record.covering(seq))


def _delete(rng: random.Random, record: Record) -> Tampered:
    seq = rng.randrange(len(record.rows) - 1)
    return Tampered("deletion", _with(record, [*record.rows[:seq], *record.rows[seq + 1 :]]), seq=seq)


def _delete_renumbered(rng: random.Random, record: Record) -> Tampered:
    seq = rng.randrange(len(record.rows))
    rows = _renumbered([*record.rows[:seq], *record.rows[seq + 1 :]])
    return Tampered("deletion, the rest renumbered", _with(record, rows), size=record.covering(seq))


def _insert(rng: random.Random, record: Record) -> Tampered:
    seq = rng.randrange(len(record.rows))
    data = b'{"forged":%d}' % rng.randrange(1 << 30)
    rows = _renumbered([*record.rows[:seq], (0, data, leaf_hash(data=data)), *record.rows[seq:]])
    return Tampered("insertion", _with(record, rows), size=record.covering(seq))


def _swap(rng: random.Random, record: Record) -> Tampered:
    one, two = sorted(rng.sample(range(len(record.rows)), k=2))
    rows = list(record.rows)
    rows[one], rows[two] = (one, *rows[two][1:]), (two, *rows[one][1:])
    size = record.covering(one)
    return Tampered("two changed places", _with(record, rows), size=size)


def _shuffle(rng: random.Random, record: Record) -> Tampered:
    begin, end = sorted(rng.sample(range(len(record.rows) + 1), k=2))
    part = list(record.rows[begin:end])
    rng.shuffle(part)
    rows = [*record.rows[:begin], *part, *record.rows[end:]]
    first = next((n for n, (seq, _, _) in enumerate(rows) if seq != n), None)
    if first is None:
        return _swap(rng, record)
    return Tampered("reordering", _with(record, _renumbered(rows)), size=record.covering(first))


def _cut(rng: random.Random, record: Record) -> Tampered:
    left = rng.randrange(len(record.rows))
    return Tampered("end cut off", _with(record, record.rows[:left]), size=record.covering(left))


def _note(rng: random.Random, record: Record) -> Tampered:
    """A checkpoint rewritten to another root: its signature no longer holds."""
    which = rng.randrange(len(record.notes))
    lines = record.notes[which].split("\n")
    lines[2] = base64.b64encode(rng.randbytes(32)).decode()
    notes = [*record.notes[:which], "\n".join(lines), *record.notes[which + 1 :]]
    return Tampered("edit of a checkpoint", _with(record, record.rows, notes), size=record.sizes[which])


WAYS: tuple[Callable[[random.Random, Record], Tampered], ...] = (
    _edit,
    _edit_leaf,
    _edit_both,
    _delete,
    _delete_renumbered,
    _insert,
    _swap,
    _shuffle,
    _cut,
    _note,
)
