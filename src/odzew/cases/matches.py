"""What the files of a case were found to be near to."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from odzew.cases.data import HIDDEN_FOR_GOOD, UNDECIDED
from odzew.cases.models import Match
from odzew.cases.rows import CaseRow
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all

# A case keeps this many of its strongest matches for the judgement; all of them stay in the table.
_KEPT: Final = 20
_OPINIONS: Final = {"confirmed": 0, "disputed": 1, "seed": 2, "negative": 3}

# What the judgement is told of a match (the fields of the policy's own `Match`).
_JUDGED: Final = ("bank", "opinion", "type", "distance", "quality", "child", "wide")

HashType = Literal["pdq", "md5", "sha256"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A file near an entry of a bank. `distance` in bits of PDQ, 0 for equal bytes; `quality` 100 for file hashes.

    `child`: what the bank is a list of, None if it does not say. `wide`: a reporter's hash that hits too much, or what is too old.
    `from_case`: the case whose decision or notice made the entry, None for a list from elsewhere. `how`: it is turned or mirrored, or
    seen in a film; empty if it is met as it stands.
    """

    bank: str
    entry: int
    opinion: str
    type: HashType
    distance: int
    quality: int = 100
    child: bool | None = None
    wide: bool = False
    from_case: uuid.UUID | None = None
    how: Literal["", "turned", "film"] = ""


def strongest(*, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the strongest of the matches, each kind once: what a judgement is given."""
    once = {(m["bank"], m["opinion"], m["type"], m["distance"], m["quality"], m["wide"]): m for m in rows}
    ordered = sorted(once.values(), key=lambda m: (_OPINIONS[m["opinion"]], m["wide"], m["distance"], -m["quality"], m["bank"]))
    return ordered[:_KEPT]


def with_matches(*, row: CaseRow, found: Sequence[Near]) -> list[dict[str, Any]]:
    """Return what the matches of a case become when these are found too."""
    return strongest(rows=[*row.matches, *({name: getattr(near, name) for name in _JUDGED} for near in found)])


def not_known(*, case: uuid.UUID | None, print_: int | None, found: Sequence[Near]) -> list[Near]:
    """Return those matches of a file that are not on its case yet."""
    if case is None:
        return list(found)
    sql = "SELECT entry, type FROM cases_match WHERE case_id = %s AND print IS NOT DISTINCT FROM %s"
    known = {(entry, kind) for entry, kind in fetch_all(sql, [case, print_])}
    return [n for n in found if (n.entry, n.type) not in known]


def keep_matches(
    writes: Writes, *, case: uuid.UUID, item: uuid.UUID | None, print_: int | None, found: Sequence[Near], now: datetime
) -> None:
    """Write the matches of one file of a case; the same one again changes nothing."""
    for near in found:
        writes.insert(
            Match,
            {
                "id": new_id(now=now),
                "case_id": case,
                "item_id": item,
                "print": print_,
                "bank": near.bank,
                "entry": near.entry,
                "opinion": near.opinion,
                "type": near.type,
                "distance": near.distance,
                "quality": near.quality,
                "child": near.child,
                "wide": near.wide,
                "how": near.how,
                "at": now,
            },
            conflict="(case_id, print, entry, type) DO NOTHING",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchView:
    """A match as people see it on a case."""

    item: uuid.UUID | None
    bank: str
    entry: int
    opinion: str
    type: str
    distance: int
    quality: int
    wide: bool
    how: str
    at: datetime


def matches_of(*, case: uuid.UUID, most: int = 200) -> list[MatchView]:
    """Return the matches of a case, the nearest first."""
    sql = (
        "SELECT item_id, bank, entry, opinion, type, distance, quality, wide, how, at FROM cases_match WHERE case_id = %s "
        "ORDER BY distance, at, entry LIMIT %s"
    )
    names = ("item", "bank", "entry", "opinion", "type", "distance", "quality", "wide", "how", "at")
    return [MatchView(**dict(zip(names, row, strict=True))) for row in fetch_all(sql, [case, most])]


def found_of_bank(*, bank: str, equal: int, quality: int) -> dict[int, str]:
    """Return what became of the entries of a bank that public items were found equal to: `confirmed` (hidden for good by people),
    `matched` (not decided yet), or `not_confirmed` (cleared).

    Equal: within `equal` bits at a `quality` of at least so much, or the same bytes. What was only near says nothing of the entry.
    """
    sql = (
        "SELECT m.entry, bool_or(c.state = ANY(%s)), bool_or(c.state = ANY(%s)), bool_or(c.state = 'cleared') FROM cases_match m "
        "JOIN cases_case c ON c.id = m.case_id JOIN cases_item i ON i.id = m.item_id WHERE m.bank = %s AND NOT i.private "
        "AND m.how = '' AND (m.type <> 'pdq' OR (m.distance <= %s AND m.quality >= %s)) GROUP BY m.entry"
    )
    rows = fetch_all(sql, [sorted(HIDDEN_FOR_GOOD), sorted(UNDECIDED), bank, equal, quality])
    said = {
        n: "confirmed" if hidden else "matched" if waiting else "not_confirmed" if good else "" for n, hidden, waiting, good in rows
    }
    return {n: word for n, word in said.items() if word}


def move_matches(*, source: uuid.UUID, target: uuid.UUID) -> None:
    """Let the matches of one case be those of another."""
    fetch_all(
        "WITH gone AS (DELETE FROM cases_match m USING cases_match t WHERE m.case_id = %s AND t.case_id = %s "
        "AND t.print IS NOT DISTINCT FROM m.print AND t.entry = m.entry AND t.type = m.type RETURNING m.id) "
        "UPDATE cases_match SET case_id = %s WHERE case_id = %s AND id NOT IN (SELECT id FROM gone) RETURNING 1",
        [source, target, target, source],
    )
