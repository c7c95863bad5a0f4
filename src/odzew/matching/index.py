"""The index in this process: what is searched, and how it keeps up with the log."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import get_ident
from typing import Any, Final

import numpy as np
from django.db import connection

from odzew.foundation.writes import fetch_all
from odzew.hashing.nearest import FURTHEST_BY_TABLES, HITS, Room
from odzew.matching.data import COLLECTIONS, FURTHEST, PDQ, WIDTHS, Answer, Hit, Query, check_collection
from odzew.matching.delta import Delta, Group, View
from odzew.matching.proving import proves
from odzew.matching.segments import Broken, Opened, open_segment, path_of

# An answer from a view that was read longer ago than this is incomplete: the database may know more.
STALE_AFTER: Final = timedelta(seconds=5)
# Removals are kept in the log for an hour at least: who slept longer than this reads everything anew.
RELOAD_AFTER: Final = timedelta(minutes=20)
PROVE_EVERY: Final = timedelta(hours=1)
_PDQ_BYTES: Final = WIDTHS[PDQ]
_FURTHEST: Final = FURTHEST[PDQ]
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
# Larger new segments are opened beside the reading of what is new, so that this does not wait.
_OPEN_BESIDE: Final = 64 << 20

_IDS: Final = "SELECT string_agg(id::text, ',' ORDER BY id) FROM matching_segment"
_SEALED: Final = "SELECT coalesce(max(sealed_to), 0) FROM matching_segment"
_TAIL: Final = f"""
SELECT 'now', pg_current_snapshot()::text, ({_IDS}), NULL::bytea, NULL::bigint
UNION ALL SELECT 'add', collection, type, hash, owner FROM matching_addition
  WHERE id > %s AND xid >= pg_snapshot_xmin(%s::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, %s::pg_snapshot)
UNION ALL SELECT 'remove', collection, NULL, NULL, owner FROM matching_removal
  WHERE xid >= pg_snapshot_xmin(%s::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, %s::pg_snapshot)
"""  # noqa: S608 - made of constants
_EVERYTHING: Final = f"""
SELECT 'now', pg_current_snapshot()::text, ({_IDS}), NULL::bytea, ({_SEALED})
UNION ALL SELECT 'segment', collection, type || ' ' || (covers::text), sha256, size FROM matching_segment
UNION ALL SELECT 'add', collection, type, hash, owner FROM matching_addition WHERE id > ({_SEALED})
UNION ALL SELECT 'remove', collection, NULL, NULL, owner FROM matching_removal
"""  # noqa: S608 - made of constants

_Row = tuple[Any, ...]
_GroupName = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the index stands, for metrics and alarms.

    `problem` is None, `missing` (a segment is not on this machine, or is being made anew), `self-test` (it failed; no answer is
    complete) or `unread` (nothing was read yet). The rest are counts since the start: searches, and what they took; and sizes now.
    """

    as_of: datetime | None
    newest_at: datetime | None
    problem: str | None
    segments: int
    hashes: int
    delta: int
    removed: int
    bytes: int
    searches: int
    postings: int
    compared: int
    scans: int


class _Base:
    """The segments that a view stands on, and the number in the log up to which they hold everything."""

    def __init__(self) -> None:
        self.opened: dict[_GroupName, list[Opened]] = {}
        self.imports: set[tuple[int, int]] = set()
        self.sealed_to = 0
        self.whole = True
        self.bytes = 0


class Index:
    """Every hash of both collections, searched in this process; one object is shared by all threads.

    A search takes no lock. `refresh` reads what was committed since the last one; somebody must call it, a few times a second in a
    server. `clock` tells the time, `folder` holds the segments.
    """

    def __init__(self, *, folder: Path, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._base = _Base()
        self._live = ""
        self._awaited: set[bytes] = set()
        self._files: dict[bytes, Opened] = {}
        self._opener: threading.Thread | None = None
        self._deltas: dict[_GroupName, Delta] = {}
        self._removed: dict[str, set[int]] = {name: set() for name in COLLECTIONS}
        self._seen = ""
        self._view: View | None = None
        self._newest_at: datetime | None = None
        self._proved_at = _NEVER
        self._proven = True
        self._turn = 0
        self._rooms: dict[int, _Room] = {}

    def refresh(self) -> None:
        """Read what was committed since the last time; the next search sees it. Never call it in a transaction.

        Raises what the database raises when it is away; the view stays as it was, and answers become incomplete by age.
        """
        if connection.in_atomic_block:
            raise RuntimeError("the index is not read in a transaction")
        with self._lock:
            now = self._clock()
            before = self._view
            if before is None or now - before.as_of > RELOAD_AFTER:
                self._load(now)
            else:
                self._follow(now)
            if now - self._proved_at >= PROVE_EVERY and self._view is not None:
                self._prove(self._view, now)

    def _follow(self, now: datetime) -> None:
        """Read the tail of the log; and everything anew when the live segments are others and can be opened."""
        rows = self._tail(self._base)
        if rows[0][2] != self._live or (self._awaited and self._arrived()):
            self._load(now)
        else:
            self._take(rows, now)

    def _tail(self, base: _Base) -> list[_Row]:
        return _now_first(fetch_all(_TAIL, [base.sealed_to, *[self._seen] * 4]))

    def _arrived(self) -> bool:
        if self._opener is not None and self._opener.is_alive():
            return False
        return all(sha in self._files or path_of(folder=self._folder, sha256=sha).exists() for sha in self._awaited)

    def _load(self, now: datetime) -> None:
        """Read everything in one statement, so that it is of one moment, and stand on the segments that are live."""
        rows = _now_first(fetch_all(_EVERYTHING, []))
        segments = [r for r in rows if r[0] == "segment"]
        imports = {cover for r in segments for cover in _covers(r) if cover[0] < 0}
        self._live = rows[0][2]
        stand = self._base if self._view is not None and self._base.whole and imports <= self._base.imports else None
        self._awaited = self._open(segments, beside=stand is not None)
        if self._awaited and stand is not None:
            # What we stand on holds, with the tail, all that the new segments hold: stay until their files are here.
            self._take(self._tail(stand), now)
            return
        base = _Base()
        base.sealed_to, base.whole, base.imports = rows[0][4], not self._awaited, imports
        for row in segments:
            if (sha := bytes(row[3])) in self._files:
                base.opened.setdefault((row[1], row[2].partition(" ")[0]), []).append(self._files[sha])
                base.bytes += row[4]
        self._files = {sha: self._files[sha] for r in segments if (sha := bytes(r[3])) in self._files}
        self._base, self._deltas = base, {}
        self._removed = {name: set() for name in COLLECTIONS}
        self._take(rows, now, anew=True)

    def _open(self, segments: Sequence[_Row], *, beside: bool) -> set[bytes]:
        """Open what is not open; return the digests of what could not be, or not yet."""
        fresh = {bytes(r[3]): (r[2].partition(" ")[0], r[4]) for r in segments if bytes(r[3]) not in self._files}
        if beside and sum(size for _, size in fresh.values()) > _OPEN_BESIDE:
            if self._opener is None or not self._opener.is_alive():
                self._opener = threading.Thread(target=self._open_all, args=(fresh,), daemon=True, name="index-opener")
                self._opener.start()
            return set(fresh)
        return self._open_all(fresh)

    def _open_all(self, fresh: dict[bytes, tuple[str, int]]) -> set[bytes]:
        absent = set()
        for sha, (type_, _) in fresh.items():
            try:
                self._files[sha] = open_segment(folder=self._folder, type=type_, sha256=sha)
            except Broken:
                absent.add(sha)
        return absent

    def _take(self, rows: Sequence[_Row], now: datetime, *, anew: bool = False) -> None:
        """Put rows into the delta and the removed, and show the view that comes of it."""
        added: dict[_GroupName, tuple[list[bytes], list[int]]] = {}
        for kind, name, type_, hash_, owner in rows:
            if kind == "add":
                hashes, owners = added.setdefault((name, type_), ([], []))
                hashes.append(bytes(hash_))
                owners.append(owner)
            elif kind == "remove":
                self._removed[name].add(owner)
        for group, (hashes, owners) in added.items():
            delta = self._deltas.setdefault(group, Delta(width=WIDTHS[group[1]] // 8))
            delta.append(hashes=b"".join(hashes), owners=owners)
        self._seen = rows[0][1]
        if added:
            self._newest_at = now
        groups = dict(self._view.groups) if self._view is not None and not anew else {}
        for group in added.keys() | (self._base.opened.keys() if anew else set()):
            opened = [*self._base.opened.get(group, []), *([self._deltas[group].opened()] if group in self._deltas else [])]
            groups[group] = Group.of(opened=opened, width=WIDTHS[group[1]] // 8)
        view = View.of(groups=groups, removed=self._removed, as_of=now, whole=self._base.whole)
        if anew:
            self._prove(view, now)
        self._view = view

    def _prove(self, view: View, now: datetime) -> None:
        self._turn += 1
        self._proven = all(proves(parts=group.parts, turn=self._turn) for group in view.groups.values())
        self._proved_at = now

    def near(self, *, collection: str, hash: bytes, radius: int = FURTHEST_BY_TABLES) -> Answer:  # noqa: A002 - the field's name
        """Return what `search` returns for one PDQ hash: the question of most checks, usually with nothing near.

        With cold caches most of a look-up's time is the way to it: so it is asked in this one frame, and nothing is made for "no".
        """
        view = self._view
        group = view.pictures.get(collection) if view is not None else None
        if view is None or group is None or len(hash) != _PDQ_BYTES or not 0 <= radius <= _FURTHEST:
            return self._answer(view, collection, [Query(type=PDQ, hash=hash, radius=radius)])
        room = self._rooms.get(get_ident()) or self._rooms.setdefault(get_ident(), _Room())
        room.searches += 1
        count = group.count(hash, radius, room.address, HITS) if group.count is not None else None
        complete = view.whole and self._proven and self._clock() - view.as_of <= STALE_AFTER
        if count == 0 and complete:
            return view.nothing
        rows = group.parts.found(count=count, query=hash, radius=radius, room=room)
        return Answer((_hits_of(group, rows, view.removed[collection]),), complete, view.as_of)

    def search(self, *, collection: str, queries: Sequence[Query]) -> Answer:
        """Return, for each query in order, everything in the collection within its radius. Raises `Invalid` for another collection."""
        if len(queries) == 1 and queries[0].type == PDQ:
            return self.near(collection=collection, hash=queries[0].hash, radius=queries[0].radius)
        return self._answer(self._view, collection, queries)

    def _answer(self, view: View | None, collection: str, queries: Sequence[Query]) -> Answer:
        check_collection(collection=collection)
        if view is None:
            return Answer(hits=((),) * len(queries), complete=False, as_of=None)
        room = self._rooms.get(get_ident()) or self._rooms.setdefault(get_ident(), _Room())
        room.searches += len(queries)
        hits = tuple(_search_all(view, collection, queries, room))
        return Answer(hits, view.whole and self._proven and self._clock() - view.as_of <= STALE_AFTER, view.as_of)

    def sizes(self, *, collection: str) -> dict[str, int]:
        """Return how many hashes of each type are searched."""
        groups = self._view.groups.items() if self._view is not None else ()
        return {type_: sum(len(o.part.hashes) for o in group.opened) for (name, type_), group in groups if name == collection}

    def waits_for_files(self) -> bool:
        """Say whether files of live segments are not on this machine."""
        return bool(self._awaited) and not (self._opener is not None and self._opener.is_alive())

    def standing(self) -> Standing:
        """Return how the index stands."""
        view, base = self._view, self._base
        problem = "unread" if view is None else "self-test" if not self._proven else None if view.whole else "missing"
        rooms = list(self._rooms.values())
        postings, compared, scans = np.sum([r.counts for r in rooms], axis=0).tolist() if rooms else (0, 0, 0)
        groups = list(view.groups.values()) if view else []
        return Standing(
            as_of=view.as_of if view else None,
            newest_at=self._newest_at,
            problem=problem,
            segments=sum(len(opened) for opened in base.opened.values()),
            hashes=sum(len(o.part.hashes) for g in groups for o in g.opened),
            delta=sum(len(d) for d in self._deltas.values()),
            removed=sum(len(owners) for owners in self._removed.values()),
            bytes=base.bytes,
            searches=sum(r.searches for r in rooms),
            postings=postings,
            compared=compared,
            scans=scans,
        )


def _now_first(rows: list[_Row]) -> list[_Row]:
    """The database promises no order of the parts of a union."""
    return sorted(rows, key=lambda row: row[0] != "now")


def _covers(row: _Row) -> list[tuple[int, int]]:
    return [(low, high) for low, high in json.loads(row[2].partition(" ")[2])]


class _Room(Room):
    """What one thread searches with, and how many questions it asked."""

    def __init__(self) -> None:
        super().__init__()
        self.searches = 0


def _search_all(view: View, collection: str, queries: Sequence[Query], room: Room) -> list[tuple[Hit, ...]]:
    removed = view.removed[collection]
    hits: list[tuple[Hit, ...]] = [()] * len(queries)
    near = [n for n, q in enumerate(queries) if q.type == PDQ]
    if near and (group := view.groups.get((collection, PDQ))):
        _search_near(group, queries, near, removed, hits, room)
    if len(near) != len(queries):
        for n, q in enumerate(queries):
            if q.type != PDQ and (group := view.groups.get((collection, q.type))):
                hits[n] = _search_equal(group, q, removed)
    return hits


def _search_near(
    group: Group, queries: Sequence[Query], asked: list[int], removed: set[int], hits: list[tuple[Hit, ...]], room: Room
) -> None:
    words = np.frombuffer(b"".join([queries[n].hash for n in asked]), np.uint64).reshape(-1, 4)
    found = group.parts.near(queries=words, radii=np.array([queries[n].radius for n in asked], np.int64))
    room.counts += (found.postings, found.compared, found.scans)
    each: dict[int, list[list[int]]] = {}
    for row in found.rows.tolist():
        each.setdefault(asked[row[0]], []).append(row)
    for label, rows in each.items():
        hits[label] = _hits_of(group, rows, removed)


def _hits_of(group: Group, rows: Sequence[Sequence[int]], removed: set[int]) -> tuple[Hit, ...]:
    """Return the hits of rows of (query, part, place, distance), the nearest first."""
    some: set[Hit] = set()
    for _label, number, place, distance in rows:
        opened = group.opened[number]
        hash_ = opened.part.hashes[place].tobytes()
        some.update([Hit(o, hash_, distance) for o in opened.owners_of(place=place) if o not in removed])
    return tuple(sorted(some, key=_by_distance))


def _search_equal(group: Group, query: Query, removed: set[int]) -> tuple[Hit, ...]:
    rows = group.parts.equal(query=np.frombuffer(query.hash, np.uint64)).tolist()
    owners = {o for number, place in rows for o in group.opened[number].owners_of(place=place)} - removed
    return tuple(Hit(owner, query.hash, 0) for owner in sorted(owners))


def _by_distance(hit: Hit) -> tuple[int, int, bytes]:
    return hit.distance, hit.owner, hit.hash
