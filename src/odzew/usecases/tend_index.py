"""The index of hashes is kept in order: what is new is sealed, what is small is merged, what is missing is made anew."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from odzew.foundation.transactions import atomically
from odzew.matching import tending
from odzew.matching.manifest import Swap, swap
from odzew.matching.segments import Broken

WORKS: Final = ("mend", "seal", "merge", "forget", "sweep")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tended:
    """What was done: segments made anew that were missing, sealed, merged or rewritten; removals forgotten; stray files taken away."""

    mended: int = 0
    sealed: int = 0
    merged: int = 0
    forgotten: int = 0
    swept: int = 0

    @property
    def total(self) -> int:
        """How much that was in all."""
        return self.mended + self.sealed + self.merged + self.forgotten + self.swept


def tend_index(*, folder: Path, now: datetime, works: Collection[str] = WORKS, seal_at: int = tending.SEAL_AT) -> Tended:
    """Do what is due of these works, at most one step of each, and return what was done.

    Any number may run at once, in any processes and on several machines: of each kind of work one does it, the others pass by. What
    breaks off half-way is done again. `seal_at` is how many new hashes are worth a segment.
    """
    return Tended(
        mended=_mend(folder, now) if "mend" in works else 0,
        sealed=_seal(folder, now, seal_at) if "seal" in works else 0,
        merged=_merge(folder, now) if "merge" in works else 0,
        forgotten=atomically(lambda: tending.forget(now=now)) if "forget" in works else 0,
        swept=tending.sweep(folder=folder, now=now) if "sweep" in works else 0,
    )


def _mend(folder: Path, now: datetime) -> int:
    count = len(tending.missing(folder=folder))
    for change in tending.mend(folder=folder, now=now) if count else ():
        _swap(change, folder)
    return count


def _seal(folder: Path, now: datetime, at: int) -> int:
    with tending.alone(at="seal") as mine:
        change = tending.to_seal(folder=folder, now=now, at=at) if mine else None
        return len(change.add) if change and _swap(change, folder) else 0


def _merge(folder: Path, now: datetime) -> int:
    with tending.alone(at="merge") as mine:
        if not mine:
            return 0
        try:
            change = tending.to_merge(folder=folder, now=now) or tending.to_forget(folder=folder, now=now)
        except Broken:  # it is mended first
            return 0
        return len(change.drop) if change and _swap(change, folder) else 0


def _swap(change: Swap, folder: Path) -> bool:
    done = atomically(lambda: swap(change=change))
    if done:
        tending.drop_files(folder=folder, change=change)
    return done
