"""Copy sets whose files look the same as one that was reported: they come under its case, and that reaches no further than itself.

Looking the same does not pass on: what looks like a copy of a copy may look like something else. So only a copy set that somebody
reported, or that a decision was about, takes others in; those that came in by their looks (`via` is `copy`) do not.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.foundation.writes import fetch_all, fetch_none

COPY: Final = "copy"
_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one file stands: its item and copy set, and the case that covers it, if any. `via` is `copy` if only its looks brought it."""

    number: int
    item: uuid.UUID
    copyset: uuid.UUID
    case: uuid.UUID | None
    via: str
    posted_at: datetime | None


def standings(*, numbers: Sequence[int]) -> list[Standing]:
    """Return where files stand, by their numbers; those that look otherwise by now, or are gone, are left out."""
    sql = (
        "SELECT p.number, i.id, g.id, g.case_id, g.via, i.posted_at FROM cases_print p JOIN cases_item i ON i.id = p.item_id "
        "JOIN cases_copyset g ON g.id = i.copyset_id WHERE p.number = ANY(%s) ORDER BY p.number"
    )
    names = ("number", "item", "copyset", "case", "via", "posted_at")
    chunks = [list(numbers[n : n + _AT_ONCE]) for n in range(0, len(numbers), _AT_ONCE)]
    return [Standing(**dict(zip(names, row, strict=True))) for chunk in chunks for row in fetch_all(sql, [chunk])]


def hold(*, numbers: Sequence[int]) -> list[Standing]:
    """Return where files stand, holding their copy sets until the transaction ends; they are read again, as they may have moved."""
    held: set[uuid.UUID] = set()
    while True:
        found = standings(numbers=numbers)
        sets = {s.copyset for s in found}
        if sets <= held:
            return found
        held |= sets
        fetch_none("SELECT id FROM cases_copyset WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [sorted(held)])


def take_in(*, case: uuid.UUID, copysets: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Let a case cover copy sets that only look the same, none of which has a case; return their items."""
    fetch_none("UPDATE cases_copyset SET case_id = %s, via = %s WHERE id = ANY(%s)", [case, COPY, list(copysets)])
    rows = fetch_all("SELECT id FROM cases_item WHERE copyset_id = ANY(%s) ORDER BY id", [list(copysets)])
    return [item for (item,) in rows]


def itself(*, case: uuid.UUID) -> list[uuid.UUID]:
    """Return the items that a case is about by itself, not only by their looks."""
    sql = "SELECT i.id FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id WHERE g.case_id = %s AND g.via <> %s ORDER BY i.id"
    return [item for (item,) in fetch_all(sql, [case, COPY])]


def copies_in(*, case: uuid.UUID) -> int:
    """Return how many items came under a case only by their looks."""
    sql = "SELECT count(*) FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id WHERE g.case_id = %s AND g.via = %s"
    count: int = fetch_all(sql, [case, COPY])[0][0]
    return count


def reach_no_further(*, copysets: Sequence[uuid.UUID]) -> None:
    """Say of copy sets whose case became one with another by their looks that they take nothing more in."""
    fetch_none("UPDATE cases_copyset SET via = %s WHERE id = ANY(%s)", [COPY, list(copysets)])


def unsearched(*, most: int) -> dict[uuid.UUID, list[int]]:
    """Return copy sets that came under a case and were not searched for yet, with the numbers of their files."""
    sql = (
        "SELECT g.id, coalesce(array_agg(p.number) FILTER (WHERE p.number IS NOT NULL), '{}') FROM ("
        "SELECT id FROM cases_copyset WHERE case_id IS NOT NULL AND NOT searched AND via = '' LIMIT %s) g "
        "LEFT JOIN cases_item i ON i.copyset_id = g.id LEFT JOIN cases_print p ON p.item_id = i.id GROUP BY g.id"
    )
    return {copyset: list(numbers) for copyset, numbers in fetch_all(sql, [most])}


def set_searched(*, copysets: Sequence[uuid.UUID]) -> None:
    """Say of copy sets that everything hosted was searched for them."""
    fetch_none("UPDATE cases_copyset SET searched = true WHERE id = ANY(%s)", [list(copysets)])
