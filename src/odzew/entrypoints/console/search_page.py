"""What a search finds, as rows that tell no more than the list of cases does."""

from __future__ import annotations

import uuid
from typing import Any, Final

from odzew.cases.queue import find_case
from odzew.cases.rows import CaseRow, read_cases
from odzew.cases.search import cases_named
from odzew.decisions.doubles import as_it_stood
from odzew.entrypoints.console.queue_page import regime_word
from odzew.entrypoints.console.said import Said
from odzew.ledger.people import Caller, platform_names
from odzew.notices.words import cases_saying

MOST: Final = 50
LONGEST: Final = 400
# Who may go through what people wrote, beyond the cases that they are handed.
READ_WORDS: Final = frozenset({"lead", "safety_officer", "auditor"})


def search_page(*, what: str, caller: Caller, said: Said) -> dict[str, Any]:
    """Return the cases that go by this name and, for whoever may look for words, those whose notices hold these words."""
    what = what.replace("\x00", "").strip()[:LONGEST]
    found = cases_named(name=what, platforms=list(platform_names()), limit=MOST + 1)
    if caller.role in READ_WORDS:
        found += cases_saying(words=what, limit=MOST + 1)
    rows = _rows(list(dict.fromkeys(found))[: MOST + 1])
    return {
        "what": what,
        "words": caller.role in READ_WORDS,
        "found": [_shown(known.row, said) for known in as_it_stood(rows=rows[:MOST], person=caller.id)],
        "too_many": len(rows) > MOST,
    }


def _rows(ids: list[uuid.UUID]) -> list[CaseRow]:
    """The cases in this order, each as the one that it is by now."""
    known = {row.id: row for row in read_cases(ids=ids)}
    now = [known[i] if known[i].merged_into is None else find_case(case=i) for i in ids if i in known]
    return list({row.id: row for row in now if row is not None}.values())


def _shown(row: CaseRow, said: Said) -> dict[str, Any]:
    return {
        "id": row.id,
        "short": str(row.id)[-12:],
        "title": said.label("regime", regime_word(row)),
        "at": said.time(row.opened_at),
        # Whether somebody has said something on an undecided case is told nowhere but on its own page, by its own rule.
        "state": said.label("case", "open" if row.undecided else row.state),
        "hidden": row.withheld,
        "notices": said.text("notices_n", count=row.notices),
    }
