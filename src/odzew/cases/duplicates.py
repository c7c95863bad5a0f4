"""Whether one case is about nothing but what another is about: each file of the one is the same as, or near to, a file of the other."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from odzew.cases.prints import FLAT_BELOW, PrintView, prints_of_items
from odzew.foundation.writes import fetch_all
from odzew.policy.rules import MatchRule

# So many different files of one case are compared; a case with more is looked at by itself.
MOST_FILES: Final = 500

_UNSEEN: Final = """
SELECT EXISTS (SELECT 1 FROM cases_copyset g WHERE g.case_id = %s AND NOT EXISTS (
  SELECT 1 FROM cases_item i JOIN cases_print p ON p.item_id = i.id WHERE i.copyset_id = g.id))
OR EXISTS (SELECT 1 FROM cases_copyset g JOIN cases_item i ON i.copyset_id = g.id JOIN cases_media m ON m.item_id = i.id
  WHERE g.case_id = %s AND NOT EXISTS (SELECT 1 FROM cases_print p WHERE p.item_id = i.id AND p.media = m.external_id))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How near the farthest file of the one case is to its nearest of the other: `distance` in bits of PDQ, 0 for the same bytes.

    `equal` in the sense of practice 8: the same bytes, or so near that one decision holds for both; else it is only near.
    """

    distance: int
    equal: bool


def files_of(*, case: uuid.UUID) -> list[PrintView]:
    """Return the files of a case that somebody has hashed, one of each look."""
    sql = "SELECT i.id FROM cases_copyset g JOIN cases_item i ON i.copyset_id = g.id WHERE g.case_id = %s"
    found = prints_of_items(items=[item for (item,) in fetch_all(sql, [case])])
    return list({view.looks.digest(): view for view in reversed(found)}.values())[::-1]


def has_unseen(*, case: uuid.UUID) -> bool:
    """Is there anything on the case of which no hash says what it is: a file, or an item of which nothing but an address is known?"""
    return bool(fetch_all(_UNSEEN, [case, case])[0][0])


def proof(*, given: Sequence[PrintView], kept: Sequence[PrintView], rule: MatchRule) -> Proof | None:
    """Return how near the files of one case are to those of another, or None where one of them is near to none, or there are too many."""
    if not given or max(len(given), len(kept)) > MOST_FILES:
        return None
    found: list[Proof] = []
    for one in given:
        near = [p for other in kept if (p := _between(one, other, rule)) is not None]
        if not near:
            return None
        found.append(min(near, key=lambda p: (not p.equal, p.distance)))
    return Proof(distance=max(p.distance for p in found), equal=all(p.equal for p in found))


def _between(one: PrintView, other: PrintView, rule: MatchRule) -> Proof | None:
    a, b = one.looks, other.looks
    if (a.sha256 and a.sha256 == b.sha256) or (a.md5 and a.md5 == b.md5):
        return Proof(distance=0, equal=True)
    if a.pdq is None or b.pdq is None or min(a.quality, b.quality) < FLAT_BELOW:
        return None
    distance = (int.from_bytes(a.pdq) ^ int.from_bytes(b.pdq)).bit_count()
    if distance > rule.pdq_near:
        return None
    return Proof(distance=distance, equal=distance <= rule.pdq_equal and min(a.quality, b.quality) >= rule.quality)
