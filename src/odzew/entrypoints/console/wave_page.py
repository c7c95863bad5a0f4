"""A wave of weaponised reports as a page: what one set of signatures may reverse, and what needs its own look (decision 3)."""

from __future__ import annotations

import uuid
from typing import Any, Final

from odzew.cases.rows import CaseRow, read_cases
from odzew.decisions.api import waits_after
from odzew.entrypoints.console.case_page import label
from odzew.entrypoints.console.queue_page import regime_word
from odzew.entrypoints.console.said import Said
from odzew.entrypoints.refusals import refusal
from odzew.ledger.people import Caller
from odzew.usecases.decide_wave import WaveDecided, wave
from odzew.usecases.desk import Desk

# One signature covers what its page showed, never more: the rest of a larger wave is on the next page.
MOST: Final = 500
_ORDER: Final = ("no_violation", "not_found")


def wave_page(*, caller: Caller, desk: Desk, said: Said) -> dict[str, Any]:
    """Return the wave as this person may see it: nothing tells that others have signed or disagree."""
    found = wave(desk=desk, now=said.now)
    shown = list(found.cases[:MOST])
    rows = {row.id: row for row in read_cases(ids=[*shown, *found.apart])}
    mine = waits_after(person=caller.id, cases=shown)
    return {
        "cases": [{**_row(rows[c], said), "mine": c in mine} for c in shown],
        "shown": " ".join(str(c) for c in shown),
        "more": len(found.cases) - len(shown),
        "apart": [
            {**_row(rows[c], said), "why": said.label("apart", "own_look" if why == "dispute" else why)}
            for c, why in found.apart.items()
        ],
        "outcomes": [(o, said.label("outcome", o)) for o in _ORDER],
        "grounds": [(g, label(desk.policy, g, said.language)) for g in desk.policy.grounds],
    }


def wave_signed(*, done: WaveDecided, said: Said) -> dict[str, Any]:
    """Return what one signature led to, in words."""
    words = [refusal(error=e, language=said.language, zone=said.zone, now=said.now) for e in done.refused.values()]
    return {
        "final": said.text("wave_final", count=len(done.final)),
        "waiting": said.text("wave_waiting", count=len(done.waiting)),
        "refused": [{"text": text, "count": said.text("wave_cases", count=words.count(text))} for text in dict.fromkeys(words)],
    }


def _row(row: CaseRow, said: Said) -> dict[str, Any]:
    return {
        "id": row.id,
        "short": str(row.id)[-12:],
        "title": said.label("regime", regime_word(row)),
        "notices": said.text("notices_n", count=row.notices),
        "hidden": row.withheld,
    }


def ids_in(*, texts: list[str]) -> frozenset[uuid.UUID]:
    """Read ids from what a form sent; what is none is left out."""
    found = set()
    for text in texts:
        try:
            found.add(uuid.UUID(text))
        except ValueError:
            continue
    return frozenset(found)
