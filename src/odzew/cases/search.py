"""Finding cases by a name that somebody was given: of the case, an item, an address, an account. Nothing here is ever fetched."""

from __future__ import annotations

import re
import uuid
from contextlib import suppress
from typing import Any, Final

from odzew.cases.addresses import address_key
from odzew.foundation.writes import fetch_all

_SHORT: Final = re.compile(r"[0-9a-f]{12}")
_OF_ITEMS: Final = "SELECT g.case_id FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id WHERE g.case_id IS NOT NULL AND "


def cases_named(*, name: str, platforms: list[uuid.UUID], limit: int) -> list[uuid.UUID]:
    """Return the cases of that number (whole, or its last twelve figures), or that cover an item, address or account of that name.

    The newest first. A short number is looked for by reading all ids through: its figures are random, and an index of them would cost
    every notice a page of its own. A case that became part of another leads to that one, with `find_case`.
    """
    found: set[uuid.UUID] = set()
    for sql, values in _questions(name.strip(), platforms):
        found |= {case for (case,) in fetch_all(f"{sql} LIMIT %s", [*values, limit])}
    return sorted(found, reverse=True)[:limit]


def _questions(name: str, platforms: list[uuid.UUID]) -> list[tuple[str, list[Any]]]:
    if not name:
        return []
    questions: list[tuple[str, list[Any]]] = [
        (_OF_ITEMS + "i.platform_id = ANY(%s) AND i.external_id = %s", [platforms, name]),
        (_OF_ITEMS + "i.id IN (SELECT a.item_id FROM cases_address a WHERE a.key = %s)", [address_key(url=name)]),
        (
            _OF_ITEMS + "i.account_id IN (SELECT a.id FROM cases_account a WHERE a.platform_id = ANY(%s) AND a.external_id = %s)",
            [platforms, name],
        ),
    ]
    if _SHORT.fullmatch(name.lower()):
        questions.append(("SELECT c.id FROM cases_case c WHERE right(c.id::text, 12) = %s", [name.lower()]))
    with suppress(ValueError):
        questions.append(("SELECT c.id FROM cases_case c WHERE c.id = %s", [uuid.UUID(name)]))
    return questions
