"""Very many hashes at once: rows of the log and their segments together, so that no process has to hold them in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from odzew.foundation.errors import Invalid
from odzew.foundation.writes import fetch_all
from odzew.matching.data import WIDTHS, check_collection, check_hash
from odzew.matching.manifest import insert_segments, made
from odzew.matching.segments import Rows, write

MOST_AT_ONCE: Final = 4_000_000
_SEND: Final = 100_000


def add_many(
    *,
    folder: Path,
    collection: str,
    type: str,  # noqa: A002 - the field's name
    hashes: bytes,
    owners: Sequence[int] | NDArray[np.int64],
    now: datetime,
) -> None:
    """Add hashes by the million, in the transaction that is open: found by every process within a second of its commit.

    `hashes` is one after the other without anything between, `owners` as many numbers >= 0. Raises `Invalid` if they do not fit, and
    OSError if the disk is full; the transaction must then be rolled back. Below some ten thousand `add` does as well.
    """
    check_collection(collection=collection)
    check_hash(type=type, hash=hashes[: WIDTHS.get(type, 0)] if hashes else bytes(WIDTHS.get(type, 0)))
    words = WIDTHS[type] // 8
    numbers = np.asarray(owners, np.int64)
    if len(hashes) != len(numbers) * WIDTHS[type] or (len(numbers) and int(numbers.min()) < 0):
        raise Invalid("Give as many owners, each a number from 0 to 2^63 - 1, as there are hashes.")
    every = np.frombuffer(hashes, np.uint64).reshape(-1, words)
    for begin in range(0, len(numbers), MOST_AT_ONCE):
        rows = Rows(hashes=every[begin : begin + MOST_AT_ONCE], owners=numbers[begin : begin + MOST_AT_ONCE])
        low = _into_log(collection, type, rows)
        file = write(folder=folder, type=type, rows=rows)
        cover = (low, low + len(rows.owners))
        insert_segments(segments=[made(group=(collection, type), file=file, covers=[cover], sealed_to=0, removals=0, now=now)])


def _into_log(collection: str, type_: str, rows: Rows) -> int:
    """Copy rows into the log under ids of their own, below 0, and return the number before the first."""
    block = int(fetch_all("SELECT nextval('matching_import')", [])[0][0])
    low = -(block << 32)
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY matching_addition (id, collection, type, hash, owner) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for begin in range(0, len(rows.owners), _SEND):
            part = Rows(hashes=rows.hashes[begin : begin + _SEND], owners=rows.owners[begin : begin + _SEND])
            copy.write(_tuples(low + 1 + begin, collection.encode(), type_.encode(), part))
        copy.write(b"\xff\xff")
    return low


def _tuples(first: int, collection: bytes, type_: bytes, rows: Rows) -> bytes:
    """PostgreSQL's binary COPY: the number of fields, then for each its length and bytes, all big-endian."""
    values: list[tuple[str, Any]] = [
        (">i8", np.arange(first, first + len(rows.owners))),
        (f"S{len(collection)}", collection),
        (f"S{len(type_)}", type_),
        (f"V{rows.hashes.shape[1] * 8}", np.ascontiguousarray(rows.hashes).view(f"V{rows.hashes.shape[1] * 8}")[:, 0]),
        (">i8", rows.owners),
    ]
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for n, (kind, _) in enumerate(values):
        fields += [(f"length{n}", ">i4"), (f"value{n}", kind)]
    table = np.zeros(len(rows.owners), np.dtype(fields))
    table["count"] = len(values)
    for n, (kind, value) in enumerate(values):
        table[f"length{n}"] = np.dtype(kind).itemsize
        table[f"value{n}"] = value
    return table.tobytes()
