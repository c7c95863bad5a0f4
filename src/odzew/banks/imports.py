"""How far a file has come into a bank: written in the transaction of its lines, so that a stopped import goes on where it was."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.banks.data import BankView
from odzew.banks.entries import next_number
from odzew.banks.models import Import
from odzew.foundation.errors import Conflict
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none

_FIELDS: Final = "id, replace, boundary, line, added, changed, withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """An import as it stands: all lines up to `line` are stored. `boundary`: entries with a lower number were there before it."""

    id: uuid.UUID
    replace: bool
    boundary: int
    line: int = 0
    added: int = 0
    changed: int = 0
    withdrawn: int = 0


def begin(writes: Writes, *, bank: BankView, digest: bytes, replace: bool, now: datetime) -> tuple[Progress, bool]:
    """Return the import of this file into this bank and whether it goes on from an earlier try; the bank is held.

    An unfinished import of another file is given up: what it stored stays. `digest` is the SHA-256 of the file.
    """
    sql = f"SELECT {_FIELDS}, digest FROM banks_import WHERE bank_id = %s AND state = 'running' FOR UPDATE"
    for row in fetch_all(sql, [bank.id]):
        found = _progress(row)
        if bytes(row[-1]) == digest and found.replace == replace:
            return found, True
        fetch_none("UPDATE banks_import SET state = 'given_up', ended_at = %s WHERE id = %s", [now, found.id])
    new = Progress(id=new_id(now=now), replace=replace, boundary=next_number())
    fields = {"id": new.id, "bank_id": bank.id, "digest": digest, "replace": replace, "boundary": new.boundary, "started_at": now}
    writes.insert(Import, fields)
    return new, False


def advance(writes: Writes, *, before: Progress, after: Progress) -> None:
    """Write how far an import has come, in the transaction of its lines.

    Raises `Conflict` when it is not where the caller thinks: another process imports the same file, or another file took its place.
    """
    sql = "SELECT line, added, changed, withdrawn FROM banks_import WHERE id = %s AND state = 'running' FOR UPDATE"
    stands = fetch_all(sql, [before.id])
    if stands != [(before.line, before.added, before.changed, before.withdrawn)]:
        raise Conflict("Another import into this bank has begun meanwhile; this one stops, and what it stored stays.")
    row = {"line": after.line, "added": after.added, "changed": after.changed, "withdrawn": after.withdrawn}
    writes.update(Import, {"id": before.id, **row})


def end(writes: Writes, *, done: Progress, now: datetime) -> None:
    """Write that an import is complete."""
    writes.update(Import, {"id": done.id, "state": "done", "ended_at": now})


def _progress(row: tuple[object, ...]) -> Progress:
    names = ("id", "replace", "boundary", "line", "added", "changed", "withdrawn")
    return Progress(**dict(zip(names, row, strict=False)))  # type: ignore[arg-type]
