"""What the record can be asked: its size, its signed checkpoints, proofs, and the acts of a case."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from odzew.foundation.errors import Conflict, Invalid, NotFound
from odzew.foundation.writes import fetch_all
from odzew.ledger.checkpoint import BadCheckpoint, parse_checkpoint
from odzew.ledger.data import Consistency, Entry, Inclusion, StoredCheckpoint, TreeState
from odzew.ledger.merkle import (
    EMPTY_ROOT,
    TILE_LEVELS,
    HashOf,
    consistency_proof,
    hashes_from_tiles,
    inclusion_proof,
    leaf_hash,
    root_at,
)
from odzew.ledger.sequencer import read_frontier

WITNESS: Final = "witness"
_WITNESSED_FOR: Final = timedelta(days=2)


class NotSealed(Conflict):
    """The act is not under a signed checkpoint yet; it will be within a minute or two."""

    code = "not-sealed"


def event_count() -> int:
    """Return how many acts are on record, those that wait for their number included."""
    state = tree_state()
    return state.size + state.waiting


def tree_state() -> TreeState:
    """Return how far the tree has grown. Raises RecordDamaged when the row that it grows from is damaged."""
    sql = "SELECT (SELECT count(*) FROM ledger_event WHERE seq IS NULL), t.size, t.frontier FROM (SELECT 1) o LEFT JOIN ledger_tree t ON t.id = 1"
    waiting, size, stored = fetch_all(sql, [])[0]
    if size is None:
        return TreeState(size=0, root=EMPTY_ROOT, waiting=waiting)
    return TreeState(size=size, root=read_frontier(size, stored).root, waiting=waiting)


def unsealed_for(*, now: datetime, longer_than: timedelta) -> int:
    """Return how many acts were recorded longer ago than that and still wait for their number: the sequencer stands still."""
    sql = 'SELECT count(*) FROM ledger_event WHERE seq IS NULL AND "at" < %s'
    return int(fetch_all(sql, [now - longer_than])[0][0])


def latest_checkpoint() -> StoredCheckpoint | None:
    """Return the newest signed checkpoint, None before the first."""
    found = fetch_all('SELECT size, "at", note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1', [])
    return StoredCheckpoint(size=found[0][0], at=found[0][1], note=found[0][2]) if found else None


def latest_checkpoint_note() -> str | None:
    """Return the newest signed note as text, to be put into every receipt file; None before the first."""
    newest = latest_checkpoint()
    return newest.note if newest else None


def origin_of_record(*, otherwise: str) -> str:
    """Return the name under which the record was first signed, `otherwise` before that.

    A record keeps its name when the desk moves to another address; else every older checkpoint would be of another record.
    """
    found = fetch_all("SELECT note FROM ledger_checkpoint ORDER BY size LIMIT 1", [])
    try:
        return parse_checkpoint(text=found[0][0]).origin if found else otherwise
    except BadCheckpoint:
        return otherwise


def inclusion(*, event_id: uuid.UUID) -> Inclusion:
    """Return the proof that an act stands in the tree of the newest signed checkpoint.

    Raises NotFound when there is no such act, NotSealed when no checkpoint covers it yet. Source: RFC 6962 2.1.1.
    """
    found = fetch_all("SELECT seq, data FROM ledger_event WHERE id = %s", [event_id])
    if not found:
        raise NotFound("There is no such act on record.", event=str(event_id))
    seq, newest = found[0][0], latest_checkpoint()
    if seq is None or newest is None or newest.size <= seq:
        raise NotSealed("The act is recorded but not yet under a signed checkpoint; ask again in two minutes.", event=str(event_id))
    data, hashes = bytes(found[0][1]), stored_hashes()
    return Inclusion(
        event=event_id,
        seq=seq,
        size=newest.size,
        data=data,
        leaf=leaf_hash(data=data),
        proof=inclusion_proof(index=seq, size=newest.size, hashes=hashes),
        root=parse_checkpoint(text=newest.note).root,
        note=newest.note,
    )


def consistency(*, old_size: int, new_size: int) -> Consistency:
    """Return the proof that the first `old_size` acts were not changed while the record grew to `new_size`.

    Raises Invalid unless 0 <= old_size <= new_size <= the size of the tree. Source: RFC 6962 2.1.2.
    """
    size = tree_state().size
    if not 0 <= old_size <= new_size <= size:
        raise Invalid(f"The record has {size} events; ask for 0 <= old_size <= new_size <= {size}.", old=old_size, new=new_size)
    hashes = stored_hashes()
    return Consistency(
        old=old_size,
        new=new_size,
        old_root=root_at(size=old_size, hashes=hashes),
        new_root=root_at(size=new_size, hashes=hashes),
        proof=consistency_proof(old=old_size, new=new_size, hashes=hashes),
    )


def stored_hashes() -> HashOf:
    """Return the hashes of complete subtrees from the stored leaves and nodes; use it for one answer, then let it go."""
    return hashes_from_tiles(rows=_rows)


def _rows(level: int, start: int, count: int) -> Sequence[bytes]:
    if level == 0:
        sql, values = "SELECT hash FROM ledger_leaf WHERE seq >= %s AND seq < %s ORDER BY seq", [start, start + count]
    else:
        sql = 'SELECT hash FROM ledger_node WHERE "level" = %s AND "index" >= %s AND "index" < %s ORDER BY "index"'
        values = [level // TILE_LEVELS, start, start + count]
    return [bytes(row[0]) for row in fetch_all(sql, values)]


def events_of(*, case: uuid.UUID) -> list[Entry]:
    """Return the acts on a case, oldest first. `facts` are ids, words of the vocabulary and numbers, never a person's words."""
    sql = 'SELECT id, "at", kind, actor, data, seq FROM ledger_event WHERE case_id = %s ORDER BY "at", id'
    return [
        Entry(id=r[0], at=r[1], kind=r[2], actor=r[3], facts=json.loads(bytes(r[4])).get("facts", {}), seq=r[5])
        for r in fetch_all(sql, [case])
    ]


def witness_left_since(*, since: datetime) -> bool:
    """Was a checkpoint left for the outsider since then?"""
    sql = f"SELECT EXISTS (SELECT 1 FROM ledger_delivery WHERE kind = '{WITNESS}' AND created_at > %s)"
    return bool(fetch_all(sql, [since])[0][0])


def witnessed(*, now: datetime) -> bool:
    """Did an outsider take a checkpoint within the last two days? If not, the record is *unwitnessed*, and says so.

    Without it only those who hold an older checkpoint (in a receipt, say) can prove that the record was rewritten.
    """
    taken = f"kind = '{WITNESS}' AND state = 'delivered' AND ended_at > %s AND created_at <= %s"
    return bool(fetch_all(f"SELECT EXISTS (SELECT 1 FROM ledger_delivery WHERE {taken})", [now - _WITNESSED_FOR, now])[0][0])
