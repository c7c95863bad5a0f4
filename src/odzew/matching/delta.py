"""What is newer than the last segment, in memory; and one view of everything, which a search sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from odzew.hashing.nearest import Part, Parts
from odzew.matching.data import PDQ, Answer
from odzew.matching.segments import Opened, Owners, Words


class Delta:
    """Hashes that are only ever appended; who searches holds the first of them, and is not disturbed by more."""

    def __init__(self, *, width: int) -> None:
        self._hashes: Words = np.empty((64, width), np.uint64)
        self._owners: Owners = np.empty(64, np.int64)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, *, hashes: bytes, owners: Sequence[int]) -> None:
        """Add hashes, one after the other, and their owners."""
        begin, end = self._size, self._size + len(owners)
        if end > len(self._owners):
            room = max(end, 2 * len(self._owners))
            wider, more = np.empty((room, self._hashes.shape[1]), np.uint64), np.empty(room, np.int64)
            wider[:begin], more[:begin] = self._hashes[:begin], self._owners[:begin]
            self._hashes, self._owners = wider, more
        self._hashes[begin:end] = np.frombuffer(hashes, np.uint64).reshape(len(owners), -1)
        self._owners[begin:end] = owners
        self._size = end

    def opened(self) -> Opened:
        """Return what is there now."""
        part = Part(hashes=self._hashes[: self._size])
        return Opened(part=part, owners=self._owners[: self._size], many=np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class Group:
    """All of one collection and type: segments, then the delta, searched as one. `count` is `parts.count`, at hand."""

    opened: tuple[Opened, ...]
    parts: Parts
    count: Callable[[bytes, int, int, int], int] | None

    @classmethod
    def of(cls, *, opened: Sequence[Opened], width: int) -> Group:
        """Return the group of these; `width` in words of 64 bits."""
        some = tuple(o for o in opened if len(o.part.hashes))
        parts = Parts(parts=[o.part for o in some], width=width)
        return cls(some, parts, parts.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything as of one moment. It is never changed, only replaced; `removed` may grow, which takes away only what is gone.

    Made once for all its questions: `pictures`, the groups of PDQ hashes by collection; and `nothing`, the answer to one question that
    is complete and has no hits.
    """

    groups: Mapping[tuple[str, str], Group]
    removed: Mapping[str, set[int]]
    as_of: datetime
    whole: bool
    pictures: Mapping[str, Group]
    nothing: Answer

    @classmethod
    def of(cls, *, groups: Mapping[tuple[str, str], Group], removed: Mapping[str, set[int]], as_of: datetime, whole: bool) -> View:
        """Return the view of these groups as of a moment."""
        return cls(
            groups=groups,
            removed=removed,
            as_of=as_of,
            whole=whole,
            pictures={collection: group for (collection, type_), group in groups.items() if type_ == PDQ},
            nothing=Answer(hits=((),), complete=True, as_of=as_of),
        )
