"""Every new file is held against what banks know and what is hosted, and every new entry of a bank against everything hosted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from odzew.banks.data import EntryView
from odzew.cases.items import posted_at
from odzew.cases.likeness import set_searched, unsearched
from odzew.cases.prints import PrintView, prints_numbered
from odzew.cases.scans import Place, move_on, place_of
from odzew.foundation.errors import Unavailable
from odzew.foundation.transactions import atomically
from odzew.matching.api import Index, Query
from odzew.matching.scanning import NOTHING, Row, rows_between, this_moment
from odzew.usecases._looking import NEAREST, copies_of, near_of, see, sighted_in
from odzew.usecases._matched import Looked, follow_looked
from odzew.usecases.desk import Desk

NAME: Final = "copies"
MOST: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """How many new hashes were looked at, how many files had something to follow, and whether more is waiting."""

    hashes: int
    followed: int
    more: bool


def find_copies(*, desk: Desk, index: Index, now: datetime, most: int = MOST) -> Searched:
    """Look at what came into the index since the last time, and let items follow what they look like.

    Safe to repeat and to run in several places: each file is followed in a transaction of its own, and the place in the log moves on
    only when all of the batch were. Raises `Unavailable` while the index is not whole: then nothing is passed over.
    """
    place = place_of(name=NAME, start=NOTHING)
    if not place.upto:
        place = replace(place, upto=this_moment(), position=0)
    rows = rows_between(seen=place.seen, upto=place.upto, after=place.position, most=most)
    more = in_full = len(rows) == most
    followed = 0
    if rows:
        index.refresh()
        followed = _follow(_candidates(rows, index), desk, index, now)
    asked = unsearched(most=most)
    if asked:
        index.refresh()
        followed += _follow(sorted({n for numbers in asked.values() for n in numbers}), desk, index, now)
        atomically(lambda: set_searched(copysets=list(asked)))
        more = more or len(asked) == most
    after = replace(place, position=rows[-1].id) if in_full else Place(seen=place.upto, upto="", position=0)
    if after != place and (rows or place.position):
        atomically(lambda: move_on(name=NAME, place=after))
    return Searched(hashes=len(rows), followed=followed, more=more)


def _candidates(rows: Sequence[Row], index: Index) -> list[int]:
    """Files that are new, and files that a new entry is near to."""
    hosted = {row.owner for row in rows if row.collection == "hosted"}
    known = {(row.type, row.hash) for row in rows if row.collection == "known"}
    queries = [Query(type=kind, hash=value, radius=NEAREST if kind == "pdq" else 0) for kind, value in sorted(known)]
    answer = index.search(collection="hosted", queries=queries)
    if not answer.complete:
        raise Unavailable("The index of hashes is being made whole; what is new is looked at as soon as it is.", retry_after=5)
    return sorted(hosted | {hit.owner for hits in answer.hits for hit in hits})


def _follow(numbers: list[int], desk: Desk, index: Index, now: datetime) -> int:
    prints = prints_numbered(numbers=numbers)
    wide = Wide(desk=desk, index=index)
    followed = 0
    for number in numbers:
        view = prints.get(number)
        if view is None:
            continue  # it looks otherwise by now, under another number, or is gone
        looked = look_at(view=view, desk=desk, index=index, wide=wide)
        if looked.near or looked.copies:
            atomically(lambda looked=looked: follow_looked(looked=looked, desk=desk, now=now, actor="desk"))  # type: ignore[misc]
            followed += 1
    return followed


def look_at(*, view: PrintView, desk: Desk, index: Index, wide: Wide | None = None) -> Looked:
    """Return what one hosted file looks like: entries of banks it is near, and items whose file is the same."""
    seen = see(looks=view.looks, index=index, desk=desk)
    if seen.verdict.incomplete:
        raise Unavailable("The index of hashes is being made whole; try again in a few seconds.", retry_after=5)
    too_wide = wide or Wide(desk=desk, index=index)
    near = near_of(verdict=seen.verdict, film=bool(view.looks.frames), wide=too_wide.says)
    sighted = sighted_in(verdict=seen.verdict, looks=view.looks)
    return Looked(item=view.item, print=view.number, near=near, sighted=sighted, copies=_copies(view, desk, index))


def _copies(view: PrintView, desk: Desk, index: Index) -> tuple[int, ...]:
    rule = desk.policy.match
    numbers, _complete = copies_of(looks=view.looks, index=index, rule=rule)
    others = prints_numbered(numbers=sorted(numbers - {view.number}))
    same = [
        other.number
        for other in others.values()
        if other.looks.quality >= rule.quality
        or (other.looks.sha256 and other.looks.sha256 == view.looks.sha256)
        or (other.looks.md5 and other.looks.md5 == view.looks.md5)
    ]
    return tuple(sorted(same))


@dataclass(slots=True, kw_only=True)
class Wide:
    """Which entries that a reporter's fingerprint made hit too much, or what is too old, to hide anything without a person."""

    desk: Desk
    index: Index
    known: dict[int, bool] = field(default_factory=dict)

    def says(self, entry: EntryView) -> bool:
        """Does this entry hit too much, or what is too old?"""
        if entry.opinion != "seed" or entry.from_case is None:
            return False
        if entry.id not in self.known:
            self.known[entry.id] = self._look(entry)
        return self.known[entry.id]

    def _look(self, entry: EntryView) -> bool:
        rule = self.desk.policy.match
        query = Query(
            type=entry.type, hash=entry.value, radius=min(entry.bank.distance, rule.pdq_near) if entry.type == "pdq" else 0
        )
        answer = self.index.search(collection="hosted", queries=[query])
        hit = prints_numbered(numbers=sorted({h.owner for h in answer.hits[0]}))
        items = {view.item for view in hit.values()}
        if len(items) > rule.wide_hits:
            return True
        return any(entry.first_seen - at > rule.wide_age for at in posted_at(items=sorted(items)))
