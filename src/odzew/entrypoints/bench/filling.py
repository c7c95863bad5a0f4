"""An index filled fast, by the desk's own code, and brought into the states that its tending allows.

Import it when Django is ready: in `ground`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from odzew.entrypoints.bench.bits import Words
from odzew.foundation.moments import utc_now
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes, fetch_none
from odzew.matching.api import PDQ, Addition, Index, add, add_many
from odzew.matching.tending import SEAL_AT, STEP, merge_of
from odzew.usecases.tend_index import tend_index

IN_DELTA: Final = 1_000


def merged(*, folder: Path, collection: str, words: Words) -> Index:
    """Return an index of these hashes and nothing else, as it is at rest: all segments merged, the last thousand in the delta.

    The owner of a hash is its place. What the log held before is gone.
    """
    end = max(0, len(words) - IN_DELTA)
    empty(folder=folder)
    segment(folder=folder, collection=collection, words=words, begin=0, end=end)
    _merge_all(folder)
    return _with_delta(folder, collection, words, end)


def worst(*, folder: Path, collection: str, words: Words) -> Index:
    """Return an index of the same in the worst state that tending lets be: as many segments as can stay apart, and a delta that is one
    hash short of being sealed."""
    end = max(0, len(words) - (SEAL_AT - 1))
    empty(folder=folder)
    begin = 0
    for size in apart(total=end):
        segment(folder=folder, collection=collection, words=words, begin=begin, end=begin + size)
        _merge_all(folder)  # a very large import comes in several segments
        begin += size
    if tend_index(folder=folder, now=utc_now(), works=("seal", "merge")).total:
        raise RuntimeError("the index was to be left as it is, but its tending did not leave it so")
    return _with_delta(folder, collection, words, end)


def _merge_all(folder: Path) -> None:
    while tend_index(folder=folder, now=utc_now(), works=("merge",)).total:
        pass


def apart(*, total: int) -> list[int]:
    """Return the sizes of the most segments that hold `total` hashes and are never merged, the largest first."""
    sizes = []
    while total:
        sizes.append(-(-STEP * total // (STEP + 1)))
        total -= sizes[-1]
    if merge_of(pairs=sizes, hashes=sizes):
        raise RuntimeError("segments of these sizes would be merged")
    return sizes


def empty(*, folder: Path) -> None:
    """Make the log and the manifest of a throw-away database empty, and take away the files."""
    fetch_none("TRUNCATE matching_addition, matching_removal, matching_segment", [])
    for file in folder.glob("*.segment"):
        file.unlink()


def segment(*, folder: Path, collection: str, words: Words, begin: int, end: int, first: int = 0) -> None:
    """Import some of the hashes as a list does: rows of the log and segments. The owner is the place and `first` more."""
    owners = np.arange(begin + first, end + first)
    given = words[begin:end].tobytes()
    atomically(lambda: add_many(folder=folder, collection=collection, type=PDQ, hashes=given, owners=owners, now=utc_now()))


def put(*, collection: str, hashes: Sequence[bytes], first: int) -> None:
    """Add hashes one by one as a desk does that learns of them, in one transaction; their owners count from `first`."""

    def work() -> None:
        writes = Writes()
        given = [Addition(collection=collection, type=PDQ, hash=h, owner=first + n) for n, h in enumerate(hashes)]
        add(writes, additions=given)
        writes.send()

    atomically(work)


def _with_delta(folder: Path, collection: str, words: Words, begin: int) -> Index:
    if begin < len(words):
        put(collection=collection, hashes=[row.tobytes() for row in words[begin:]], first=begin)
    index = Index(folder=folder, clock=utc_now)
    index.refresh()
    if index.standing().problem is not None:
        raise RuntimeError(f"the index is not whole: {index.standing().problem}")
    return index
