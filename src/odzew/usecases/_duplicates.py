"""Shared: which open cases are duplicates of a case, as the hashes of their files prove it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from odzew.cases.data import HIDDEN_FOR_GOOD
from odzew.cases.duplicates import Proof, files_of, has_unseen, proof
from odzew.cases.likeness import standings
from odzew.cases.prints import FLAT_BELOW, PrintView
from odzew.cases.rows import CaseRow, read_cases
from odzew.matching.api import Index, Query
from odzew.policy.rules import MatchRule
from odzew.usecases.desk import Desk

# So many cases are shown, and joined in one act.
MOST: Final = 50
_ASKED: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """An open case that looks like a duplicate; `why` is empty if it may be joined, else a word for what stands against it."""

    row: CaseRow
    proof: Proof | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """What was found; `complete` is false while the index of hashes is not whole."""

    found: list[Duplicate]
    complete: bool


def takes_duplicates(*, row: CaseRow) -> bool:
    """Does this case go on protecting what is joined to it? One that is cleared takes nothing in (practice 3)."""
    return row.undecided or row.state in HIDDEN_FOR_GOOD


def look_for_duplicates(*, row: CaseRow, index: Index, desk: Desk) -> Duplicates:
    """Return open cases with a file that is near to one of this case, the nearest first. It reads only, and holds nothing."""
    kept = files_of(case=row.id)
    numbers, complete = _near(kept, index, desk.policy.match)
    cases = {s.case for s in standings(numbers=numbers) if s.case is not None and s.case != row.id}
    rows = [r for r in read_cases(ids=sorted(cases)) if r.undecided]
    found = [compare(given=r, row=row, kept=kept, rule=desk.policy.match) for r in sorted(rows, key=lambda r: r.queue_at)[:MOST]]
    return Duplicates(found=sorted(found, key=_place), complete=complete)


def _place(one: Duplicate) -> tuple[bool, int]:
    return bool(one.why), one.proof.distance if one.proof else 0


def _near(kept: Sequence[PrintView], index: Index, rule: MatchRule) -> tuple[list[int], bool]:
    asked: dict[tuple[str, bytes], Query] = {}
    for looks in (view.looks for view in kept[:_ASKED]):
        for kind, value in (("sha256", looks.sha256), ("md5", looks.md5)):
            if value:
                asked[kind, value] = Query(type=kind, hash=value, radius=0)
        if looks.pdq and looks.quality >= FLAT_BELOW:
            asked["pdq", looks.pdq] = Query(type="pdq", hash=looks.pdq, radius=rule.pdq_near)
    answer = index.search(collection="hosted", queries=list(asked.values()))
    return sorted({hit.owner for hits in answer.hits for hit in hits}), answer.complete


def compare(*, given: CaseRow, row: CaseRow, kept: Sequence[PrintView], rule: MatchRule) -> Duplicate:
    """Say whether a case may be joined to the case `row`, whose files are `kept`: every file of it must be a file of that one.

    What is only near may join a case that somebody still decides, never follow a decision that was made of something else (practice 8).
    """
    found = proof(given=files_of(case=given.id), kept=kept, rule=rule)
    if found is None:
        return Duplicate(row=given, proof=None, why="other_things")
    if has_unseen(case=given.id):
        return Duplicate(row=given, proof=found, why="not_hashed")
    return Duplicate(row=given, proof=found, why="only_near" if not found.equal and not row.undecided else "")


def named(case: uuid.UUID, /) -> str:
    """Return the short number of a case, as pages show it."""
    return str(case)[-12:]
