"""The queue as rows. What it shows of a decision that is not final is what the case's own page would show."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from odzew.cases.clocks import armed
from odzew.cases.items import reporters_of, spread_by_hour
from odzew.cases.queue import waiting
from odzew.cases.rows import CaseRow
from odzew.decisions.api import decisions_of, open_appeals
from odzew.entrypoints.console.said import Said
from odzew.ledger.people import Caller

PAGE: Final = 20
_WAITING: Final = frozenset({"awaiting_second", "disputed"})
# What runs beside the decision and is nobody's next step.
_QUIET: Final = frozenset({"ack", "sor_user", "appeal_window", "watch", "decision_notice"})
_WIDE, _HIGH = 120, 28


def regime_word(row: CaseRow) -> str:
    """Return the label's name of what a case is about."""
    return "child" if row.child_safety else "intimate" if row.regime == "intimate" else "other"


def queue_page(*, caller: Caller, after: tuple[datetime, uuid.UUID] | None, said: Said) -> dict[str, Any]:
    """Return a page of the queue, and the mark of the next."""
    rows = waiting(after=after, limit=PAGE + 1)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    ids = [row.id for row in rows]
    clocks, spread, reporters = armed(cases=ids), spread_by_hour(cases=ids, now=said.now), reporters_of(cases=ids)
    shown = []
    for row in rows:
        due = min((c.due for (name, _), c in clocks[row.id].items() if name not in _QUIET), default=None)
        shown.append(
            {
                "id": row.id,
                "title": said.label("regime", regime_word(row)),
                "by": said.text("by_person" if row.claimed_by_person else "by_trusted" if row.raised_by_trusted else "by_other"),
                "notices": said.text("notices_n", count=row.notices),
                "reporters": said.text("reporters_n", count=reporters[row.id]),
                "views": said.text("views_day", count=sum(spread[row.id])),
                "line": line(spread[row.id]),
                "due": said.due(due) if due else None,
                "hidden": row.withheld,
                "danger": "imminent" in row.flags,
                "appeal": bool(open_appeals(case=row.id)) if row.round > 1 else False,
                "waiting": row.state in _WAITING and _took_part(row, caller),
                "heat": "hot" if row.child_safety else "warm" if row.regime == "intimate" else "",
            }
        )
    last = rows[-1] if rows else None
    return {"rows": shown, "next": f"{last.queue_at.isoformat()} {last.id}" if more and last else ""}


def _took_part(row: CaseRow, caller: Caller) -> bool:
    return caller.role == "auditor" or any(d.person == caller.id for d in decisions_of(case=row.id, round=row.round))


def line(hours: list[int]) -> str:
    """Return the points of a line over the hours, for a small picture."""
    most, step = max(*hours, 1), _WIDE / (len(hours) - 1)
    return " ".join(f"{n * step:.0f},{_HIGH - 2 - (_HIGH - 4) * count / most:.0f}" for n, count in enumerate(hours))


def mark_of(*, text: str) -> tuple[datetime, uuid.UUID] | None:
    """Read the mark of a page; one that cannot be read is the first page."""
    at, _, last = text.partition(" ")
    try:
        moment, case = datetime.fromisoformat(at), uuid.UUID(last)
    except ValueError:
        return None
    return (moment, case) if moment.tzinfo else None
