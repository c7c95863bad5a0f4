"""From the numbers that the index finds to the entries of banks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.banks.api import entries_by_id
from odzew.banks.data import MOST_DISTANCE, BankView, HashType, types_of
from odzew.banks.verdict import Hit
from odzew.foundation.errors import Unavailable
from odzew.matching.api import KNOWN, Index, Query

_AT_ONCE: Final = 1000
_TRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One hash of something that is asked about; `quality` 0..100 or None, for PDQ."""

    type: HashType
    value: bytes
    quality: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the banks know of some hashes: the hits of each in order. Without `complete`, "no hit" means "not known"."""

    hits: tuple[tuple[Hit, ...], ...]
    complete: bool
    as_of: datetime | None


def look(*, index: Index, asked: Sequence[Asked]) -> Looked:
    """Look hashes up in all banks; the hits are everything within 31 bits, before any rule of a bank (`verdict.judge` applies them).

    What was withdrawn is never a hit, also in the moment before the index knows.
    """
    queries = [Query(type=a.type, hash=a.value, radius=MOST_DISTANCE if a.type == "pdq" else 0) for a in asked]
    answer = index.search(collection=KNOWN, queries=queries)
    entries = entries_by_id(ids={hit.owner for hits in answer.hits for hit in hits}, at=answer.as_of)
    found = tuple(
        tuple(Hit(entry=entries[h.owner], hash=h.hash, distance=h.distance, quality=a.quality) for h in hits if h.owner in entries)
        for a, hits in zip(asked, answer.hits, strict=True)
    )
    return Looked(hits=found, complete=answer.complete, as_of=answer.as_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A hash that was asked about and a stored one within the bank's distance of it."""

    query: bytes
    entry: bytes
    distance: int


def pairs(
    *, index: Index, bank: BankView, values: Sequence[bytes], progress: Callable[[int], None] = lambda _values: None
) -> Iterator[list[Pair]]:
    """Yield every pair of these values and the bank's hashes within its distance, each once, in the order of the values.

    A value is asked about as every type it may be (see `types_of`). The rules for an upload (quality, share, quarantine) do not apply
    here: this says what is near, not what would happen. Reads the index anew as it goes; never call it in a transaction. Raises
    `Unavailable` if the index is not whole.
    """
    for start in range(0, len(values), _AT_ONCE):
        asked = [
            Asked(type=t, value=v) for v in values[start : start + _AT_ONCE] for t in types_of(value=v) if t in bank.hash_types
        ]
        found = _look_whole(index, asked)
        yield [p for a, hits in zip(asked, found.hits, strict=True) for p in _pairs(bank, a, hits)]
        progress(min(start + _AT_ONCE, len(values)))


def _look_whole(index: Index, asked: Sequence[Asked]) -> Looked:
    """Read the index and look. The first look of a process may take so long (it makes itself ready) that what was read is old: again."""
    for _ in range(_TRIES):
        index.refresh()
        found = look(index=index, asked=asked)
        if found.complete:
            return found
    raise Unavailable("The index is not whole at the moment, so that a match might be missed; try again in a minute.")


def _pairs(bank: BankView, asked: Asked, hits: Sequence[Hit]) -> dict[Pair, None]:
    near = (Pair(query=asked.value, entry=h.hash, distance=h.distance) for h in hits if h.entry.bank.id == bank.id)
    return dict.fromkeys(p for p in near if p.distance <= bank.distance)
