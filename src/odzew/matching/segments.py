"""Segments: immutable files of hashes and their owners, mapped read-only and shared by every process.

One file is a head of 64 bytes and arrays of fixed size, each at a multiple of 64 bytes, little-endian:

    head      "odzewix2", then the numbers: bytes of a hash, hashes (n), words of `many`, words of a block (0: no tables), words of `more`,
              tables that have places, bytes of the file
    hashes    n x (bytes of a hash), sorted as words of 64 bits from the first; each hash once
    owners    n x int64: the owner; or, if several have the hash, -1 - (a place in `many`)
    many      int64: how many owners, then they themselves, for each such hash
    tables    for `pdq` from 32,768 hashes: blocks, more, places (see `odzew.hashing.nearest_tables`)

The bytes follow from the hashes and owners alone, so that every machine that makes a segment anew makes the same file. Nothing in it
is ever run: there are numbers in it and no code.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from odzew.foundation.errors import Unavailable
from odzew.hashing.nearest import Part
from odzew.hashing.nearest_tables import MOST, PLACE, Sizes, Tables, fill, sizes_of
from odzew.matching.data import PDQ, WIDTHS

TABLES_FROM: Final = 32_768  # so few are looked at one by one in the time that a look-up takes
_HEAD: Final = struct.Struct("<8s7Q")
_MAGIC: Final = b"odzewix2"
_NONE: Final = Sizes(words=0, more=0, rows=0)
_READ: Final = 1 << 22
_LARGE_AND_NEAR: Final = (14, 22)  # MADV_HUGEPAGE, MADV_POPULATE_READ; see madvise(2)

Words = NDArray[np.uint64]
Owners = NDArray[np.int64]


class Broken(Unavailable):
    """A segment's file is not there, or is not what it was when it was made; the worker makes it anew from the log."""

    code = "index-incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Hashes and their owners, side by side: what a segment is made from."""

    hashes: Words
    owners: Owners


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file that was written: its digest, which is its name too, its size and how many hashes and pairs of hash and owner it holds."""

    sha256: bytes
    size: int
    hashes: int
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A segment to be searched; `owners_of` says whose hashes its rows are."""

    part: Part
    owners: Owners
    many: Owners

    def owners_of(self, *, place: int) -> Sequence[int]:
        """Return the owners of the hash at this place."""
        owner = int(self.owners[place])
        if owner >= 0:
            return (owner,)
        begin = -1 - owner
        found: list[int] = self.many[begin + 1 : begin + 1 + int(self.many[begin])].tolist()
        return found

    def rows(self) -> Rows:
        """Return every pair of hash and owner again."""
        several = self.owners < 0
        counts = np.ones(len(self.owners), np.int64)
        counts[several] = self.many[-1 - self.owners[several]]
        hashes = np.repeat(self.part.hashes, counts, axis=0) if several.any() else np.array(self.part.hashes)
        owners = np.repeat(self.owners, counts)
        heads = np.zeros(len(self.many), np.bool_)
        heads[-1 - self.owners[several]] = True
        owners[owners < 0] = self.many[~heads]
        return Rows(hashes=hashes, owners=owners)


def path_of(*, folder: Path, sha256: bytes) -> Path:
    """Return where the segment with this digest lies."""
    return folder / f"{sha256.hex()}.segment"


def without(*, rows: Rows, owners: Owners) -> Rows:
    """Return the rows but those of these owners."""
    if not len(owners):
        return rows
    stay = ~np.isin(rows.owners, owners)
    return Rows(hashes=rows.hashes[stay], owners=rows.owners[stay])


def gather(*, rows: Sequence[Rows], width: int) -> Rows:
    """Return all these rows as one; `width` in words."""
    hashes = np.concatenate([np.empty((0, width), np.uint64), *(r.hashes for r in rows)])
    return Rows(hashes=hashes, owners=np.concatenate([np.empty(0, np.int64), *(r.owners for r in rows)]))


def write(*, folder: Path, type: str, rows: Rows) -> Made:  # noqa: A002 - the field's name
    """Make the segment of these rows, in any order, and leave it durable in the folder. A pair that comes twice counts once.

    Raises OSError when the disk is full, ValueError for more than 2^24 - 1 different PDQ hashes.
    """
    hashes, owners, many, pairs = _distinct(rows)
    n = len(hashes)
    if type == PDQ and n > MOST:
        raise ValueError(f"a segment holds at most {MOST} hashes")
    tables = sizes_of(hashes=hashes) if type == PDQ and n >= TABLES_FROM else _NONE
    sizes = _sizes(width=WIDTHS[type], n=n, many=len(many), tables=tables)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{uuid.uuid4().hex}.part"
    try:
        with draft.open("w+b") as file:
            os.posix_fallocate(file.fileno(), 0, sizes.total)
            with mmap.mmap(file.fileno(), sizes.total) as space:
                _fill(space, sizes, hashes, owners, many)
                digest = hashlib.sha256(space).digest()
                space.flush()
            os.fsync(file.fileno())
            if tables.words:
                # Written page by page, it lies in memory in small pages. Whoever opens it reads it in large ones.
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        draft.rename(path_of(folder=folder, sha256=digest))
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _settle(folder)
    return Made(sha256=digest, size=sizes.total, hashes=n, pairs=pairs)


def open_segment(*, folder: Path, type: str, sha256: bytes) -> Opened:  # noqa: A002 - the field's name
    """Return the segment with this digest, mapped. Every byte is looked at once; raises Broken if one is wrong or the file is gone.

    A wrong file is set aside under another name, so that it is made anew.
    """
    path = path_of(folder=folder, sha256=sha256)
    try:
        with path.open("rb") as file:
            number = file.fileno()
            space = _near(number) if os.fstat(number).st_size else None
            if space is None or _digest(number) != sha256:
                path.rename(path.with_suffix(".broken"))
                raise Broken("A segment of the index is not what it was; it is made anew from the log.", segment=sha256.hex())
    except OSError as error:
        raise Broken("A segment of the index is not there; it is made anew from the log.", segment=sha256.hex()) from error
    magic, width, n, many, words, more, rows, _ = _HEAD.unpack_from(space)
    if magic != _MAGIC:
        path.rename(path.with_suffix(".broken"))
        raise Broken("A segment of the index was made by another version; it is made anew from the log.", segment=sha256.hex())
    if width != WIDTHS[type]:
        raise Broken("A segment of the index is of another type than the manifest says.", segment=sha256.hex())
    return _views(space, _sizes(width=width, n=n, many=many, tables=Sizes(words=words, more=more, rows=rows)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sizes:
    width: int
    n: int
    many: int
    tables: Sizes
    starts: tuple[int, ...]
    lengths: tuple[int, ...]
    total: int


def _sizes(*, width: int, n: int, many: int, tables: Sizes) -> _Sizes:
    lengths = (n * width, n * 8, many * 8, tables.blocks * 2, tables.more * 2, n * PLACE * tables.rows)
    starts, end = [], _HEAD.size
    for length in lengths:
        starts.append(end)
        end += -(-length // 64) * 64
    return _Sizes(width=width, n=n, many=many, tables=tables, starts=tuple(starts), lengths=lengths, total=end)


def _arrays(space: mmap.mmap, sizes: _Sizes) -> list[NDArray[np.uint8]]:
    whole = np.frombuffer(space, np.uint8)
    return [whole[start : start + length] for start, length in zip(sizes.starts, sizes.lengths, strict=True)]


def _views(space: mmap.mmap, sizes: _Sizes) -> Opened:
    hashes, owners, many, blocks, more, places = _arrays(space, sizes)
    shape = sizes.tables
    tables = Tables(words=shape.words, rows=shape.rows, blocks=blocks.view(np.uint16), more=more.view(np.uint16), places=places)
    part = Part(hashes=hashes.view(np.uint64).reshape(-1, sizes.width // 8), in_order=True, tables=tables if shape.words else None)
    return Opened(part=part, owners=owners.view(np.int64), many=many.view(np.int64))


def _fill(space: mmap.mmap, sizes: _Sizes, hashes: Words, owners: Owners, many: Owners) -> None:
    _HEAD.pack_into(
        space, 0, _MAGIC, sizes.width, sizes.n, sizes.many, sizes.tables.words, sizes.tables.more, sizes.tables.rows, sizes.total
    )
    to = _views(space, sizes)
    to.part.hashes[:], to.owners[:], to.many[:] = hashes, owners, many
    if to.part.tables is not None:
        fill(hashes=to.part.hashes, tables=to.part.tables)


def _near(number: int) -> mmap.mmap:
    """Map a file and bring it near, in large pages where the system has them for files.

    A look-up goes to some 280 places all over the tables: most of its time would be spent on finding pages.
    """
    space = mmap.mmap(number, 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
    for advice in _LARGE_AND_NEAR:
        # An old kernel knows neither; a disk that fails here is seen when the file is read.
        with suppress(OSError):
            space.madvise(advice)
    return space


def _digest(number: int) -> bytes:
    digest, buffer = hashlib.sha256(), bytearray(_READ)
    view, at = memoryview(buffer), 0
    while size := os.preadv(number, [buffer], at):
        digest.update(view[:size])
        at += size
    return digest.digest()


def _settle(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _distinct(rows: Rows) -> tuple[Words, Owners, Owners, int]:
    """Return hashes in order, each once, an owner or a reference for each, the lists referred to, and how many pairs there are."""
    hashes, owners = _in_order(rows)
    fresh_hash = np.ones(len(owners), np.bool_)
    fresh_hash[1:] = (hashes[1:] != hashes[:-1]).any(axis=1)
    fresh = fresh_hash.copy()
    fresh[1:] |= owners[1:] != owners[:-1]
    if not fresh.all():
        hashes, owners, fresh_hash = hashes[fresh], owners[fresh], fresh_hash[fresh]
    pairs, starts = len(owners), np.flatnonzero(fresh_hash)
    counts = np.diff(starts, append=pairs)
    several = counts > 1
    if not several.any():
        return hashes, owners, np.empty(0, np.int64), pairs
    lengths = counts[several] + 1
    places = np.cumsum(lengths) - lengths
    many = np.empty(int(lengths.sum()), np.int64)
    heads = np.zeros(len(many), np.bool_)
    heads[places] = True
    many[places] = counts[several]
    many[~heads] = owners[np.repeat(several, counts)]
    single = owners[starts].copy()
    single[several] = -1 - places
    return hashes[starts], single, many, pairs


def _in_order(rows: Rows) -> tuple[Words, Owners]:
    """Sort by hash, then owner; only where first words are equal are the others looked at."""
    order = np.argsort(rows.hashes[:, 0])
    hashes, owners = rows.hashes[order], rows.owners[order]
    tied = hashes[1:, 0] == hashes[:-1, 0]
    if tied.any():
        among = np.flatnonzero(np.concatenate([tied, [False]]) | np.concatenate([[False], tied]))
        keys = (owners[among], *(hashes[among, w] for w in range(hashes.shape[1] - 1, -1, -1)))
        again = among[np.lexsort(keys)]
        hashes[among], owners[among] = hashes[again], owners[again]
    return hashes, owners
