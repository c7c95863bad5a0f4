"""Keeping the index in order: sealing what is new, merging what is small, mending what is missing, forgetting what was removed.

Every function here first makes files, without a transaction, and returns what is to be swapped; the swap is one small transaction of the
caller. What is interrupted in between leaves files that nobody names, and `sweep` takes them away.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from odzew.foundation.writes import fetch_all, fetch_none
from odzew.hashing.nearest_tables import MOST
from odzew.matching.data import COLLECTIONS, PDQ, WIDTHS
from odzew.matching.manifest import (
    Live,
    Swap,
    boundary,
    joined,
    live_segments,
    made,
    removed_owners,
    rows_of,
    settled,
)
from odzew.matching.segments import gather, open_segment, path_of, without, write

log = logging.getLogger(__name__)

SEAL_AT: Final = 4_000
SEAL_MOST: Final = 4_000_000
STEP: Final = 3  # a segment is at least so many times as large as all smaller ones together
FORGET_AFTER: Final = timedelta(days=1)
FORGET_FROM: Final = 10_000
SETTLE_AFTER: Final = timedelta(hours=1)
PATIENCE: Final = 1.0
_LOCK_WORK: Final = {"seal": 0x0D2E_1002, "merge": 0x0D2E_1003}


@contextmanager
def alone(*, at: str) -> Iterator[bool]:
    """Say whether this is the only one at this work (`seal` or `merge`), in any process; it stays so until the block ends."""
    number = _LOCK_WORK[at]
    mine = bool(fetch_all("SELECT pg_try_advisory_lock(%s)", [number])[0][0])
    try:
        yield mine
    finally:
        if mine:
            fetch_none("SELECT pg_advisory_unlock(%s)", [number])


def to_seal(*, folder: Path, now: datetime, at: int = SEAL_AT) -> Swap | None:
    """Make segments of what the log has beyond the last ones, if that is at least `at` rows and all settled; else None.

    Once a day anything is enough, so that on a small desk too what was removed is forgotten in the end.
    """
    live = live_segments()
    begin = boundary(live=live)
    if all(now - s.made_at >= FORGET_AFTER for s in live):
        at = 1
    count = "SELECT count(*) FROM (SELECT 1 FROM matching_addition WHERE id > %s LIMIT %s) c"
    if fetch_all(count, [begin, at])[0][0] < at:
        return None
    end = settled(table="matching_addition", patience=PATIENCE)
    if end is None or end <= begin:
        return None
    most = "SELECT max(id) FROM (SELECT id FROM matching_addition WHERE id > %s AND id <= %s ORDER BY id LIMIT %s) c"
    end = fetch_all(most, [begin, end, SEAL_MOST])[0][0]
    removals = settled(table="matching_removal", patience=PATIENCE) or 0
    add: list[Live] = []
    for collection in COLLECTIONS:
        removed = removed_owners(collection=collection, up_to=removals)
        for type_ in WIDTHS:
            group = collection, type_
            rows = rows_of(group=group, covers=[(begin, end)])
            if len(rows.owners):
                file = write(folder=folder, type=type_, rows=without(rows=rows, owners=removed))
                cover = (_covered_to(live, group), end)
                add.append(made(group=group, file=file, covers=[cover], sealed_to=end, removals=removals, now=now))
    return Swap(add=tuple(add), drop=(), sealed_to=begin) if add else None


def _covered_to(live: Sequence[Live], group: tuple[str, str]) -> int:
    """Where the last segment of a group ends; between there and the boundary the log has nothing of it."""
    return max((high for s in live if s.group == group for _, high in s.covers if high > 0), default=0)


def merge_of(*, pairs: Sequence[int], hashes: Sequence[int], most: int = MOST) -> list[int]:
    """Say which of the segments of a group belong merged: places in `pairs`, which say how large each is; empty if all is well.

    A segment stays while it is at least `STEP` times as large as all smaller ones together: so there are few, and a hash is written
    anew only a few times. What would be more hashes than a segment holds stays apart.
    """
    by_size = sorted(range(len(pairs)), key=lambda n: (-pairs[n], n))
    for start, largest in enumerate(by_size):
        rest = by_size[start + 1 :]
        if rest and pairs[largest] < STEP * sum(pairs[n] for n in rest) and sum(hashes[n] for n in by_size[start:]) <= most:
            return by_size[start:]
    return []


def to_merge(*, folder: Path, now: datetime) -> Swap | None:
    """Merge segments of one group that are too many, or None. Raises Broken if one of them has to be mended first."""
    live = live_segments()
    for group in sorted({s.group for s in live}):
        of_group = [s for s in live if s.group == group]
        most = MOST if group[1] == PDQ else 1 << 62
        chosen = merge_of(pairs=[s.pairs for s in of_group], hashes=[s.hashes for s in of_group], most=most)
        if chosen:
            return _rewritten([of_group[n] for n in chosen], folder, now)
    return None


def _rewritten(old: Sequence[Live], folder: Path, now: datetime) -> Swap:
    """One segment in place of these, without the owners that were removed."""
    group = old[0].group
    removals = max(settled(table="matching_removal", patience=PATIENCE) or 0, *(s.removals for s in old))
    removed = removed_owners(collection=group[0], up_to=removals)
    rows = gather(
        rows=[open_segment(folder=folder, type=group[1], sha256=s.sha256).rows() for s in old], width=WIDTHS[group[1]] // 8
    )
    file = write(folder=folder, type=group[1], rows=without(rows=rows, owners=removed))
    covers = joined(covers=[c for s in old for c in s.covers])
    new = made(group=group, file=file, covers=covers, sealed_to=max(s.sealed_to for s in old), removals=removals, now=now)
    return Swap(add=(new,), drop=tuple(old), sealed_to=None)


def to_forget(*, folder: Path, now: datetime) -> Swap | None:
    """Rewrite one segment that has held removed owners for a day, or very many of them; None if there is none."""
    live = live_segments()
    for segment in sorted(live, key=lambda s: s.made_at):
        since = "SELECT count(*) FROM matching_removal WHERE collection = %s AND id > %s"
        waiting = fetch_all(since, [segment.collection, segment.removals])[0][0]
        if waiting and (now - segment.made_at >= FORGET_AFTER or waiting >= max(FORGET_FROM, segment.pairs // 10)):
            change = _rewritten([segment], folder, now)
            if change.add[0].removals > segment.removals:
                return change
    return None


def forget(*, now: datetime) -> int:
    """Delete from the log what was removed and is in no segment any more, with the removals, in the transaction that is open.

    A removal stays for an hour at least, so that every process reads it: those are older that a segment of that age knows.
    """
    every, gone = live_segments(), 0
    old_enough = max((s.removals for s in every if now - s.made_at >= SETTLE_AFTER), default=0)
    for collection in COLLECTIONS:
        live = [s for s in every if s.collection == collection]
        up_to = min((*(s.removals for s in live), old_enough)) if live else 0
        if not fetch_all("SELECT 1 FROM matching_removal WHERE collection = %s AND id <= %s LIMIT 1", [collection, up_to]):
            continue
        sql = """DELETE FROM matching_addition a USING matching_removal r
        WHERE r.collection = %s AND r.id <= %s AND a.collection = r.collection AND a.owner = r.owner"""
        fetch_none(sql, [collection, up_to])
        sql = "DELETE FROM matching_removal WHERE collection = %s AND id <= %s RETURNING 1"
        gone += len(fetch_all(sql, [collection, up_to]))
    return gone


def missing(*, folder: Path) -> list[Live]:
    """Return the live segments whose file is not in the folder of this machine."""
    return [s for s in live_segments() if not path_of(folder=folder, sha256=s.sha256).exists()]


def mend(*, folder: Path, now: datetime) -> list[Swap]:
    """Make missing files anew from the log; one process of this machine at a time.

    The same rows give the same file. Should the log say something else than when the segment was made, the log is right: what is
    returned is then to be swapped.
    """
    changes: list[Swap] = []
    if not missing(folder=folder):
        return changes
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _only_one(folder) as mine:
        for segment in missing(folder=folder) if mine else []:
            rows = rows_of(group=segment.group, covers=segment.covers)
            removed = removed_owners(collection=segment.collection, up_to=segment.removals)
            file = write(folder=folder, type=segment.type, rows=without(rows=rows, owners=removed))
            log.warning("a segment of the index was not there and was made anew", extra={"hashes": file.hashes})
            if file.sha256 != segment.sha256:
                fresh = replace(segment, sha256=file.sha256, size=file.size, hashes=file.hashes, pairs=file.pairs, made_at=now)
                changes.append(Swap(add=(fresh,), drop=(segment,), sealed_to=None))
    return changes


@contextmanager
def _only_one(folder: Path) -> Iterator[bool]:
    number = os.open(folder / ".mending", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(number)


def sweep(*, folder: Path, now: datetime) -> int:
    """Take away files that no live segment names and that are older than an hour; return how many."""
    if not folder.exists():
        return 0
    named = {path_of(folder=folder, sha256=s.sha256).name for s in live_segments()}
    strays = [p for p in folder.iterdir() if p.suffix in (".segment", ".part", ".broken") and p.name not in named]
    old = [p for p in strays if now.timestamp() - _changed(p) >= SETTLE_AFTER.total_seconds()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def drop_files(*, folder: Path, change: Swap) -> None:
    """Take away the files of segments that a swap took out; processes that have them open keep them until they read the manifest."""
    kept = {s.sha256 for s in change.add}
    for segment in change.drop:
        if segment.sha256 not in kept:
            path_of(folder=folder, sha256=segment.sha256).unlink(missing_ok=True)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
