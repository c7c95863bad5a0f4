"""The queue as rows. What it shows of a decision that is not final is what the case's own page would show."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.cases.clocks import Name, armed
from odzew.cases.data import ClockView
from odzew.cases.items import reporters_of, spread_by_hour
from odzew.cases.queue import QUIET, waiting
from odzew.cases.rows import CaseRow
from odzew.decisions.overview import appealed, took_part
from odzew.entrypoints.console.filters import Filter, wanted
from odzew.entrypoints.console.hands import hands_on
from odzew.entrypoints.console.said import Said, span
from odzew.entrypoints.console.thread_page import unread_page
from odzew.ledger.people import Caller
from odzew.notices.messages import Unread, unread
from odzew.policy.rules import Policy

PAGE: Final = 20
_WAITING: Final = frozenset({"awaiting_second", "disputed"})
_WIDE, _HIGH = 120, 28


def regime_word(row: CaseRow) -> str:
    """Return the label's name of what a case is about."""
    return "child" if row.child_safety else row.regime


def queue_page(
    *, caller: Caller, after: tuple[datetime, uuid.UUID] | None, choice: Filter, policy: Policy, said: Said
) -> dict[str, Any]:
    """Return a page of the queue, and the mark of the next."""
    rows = waiting(after=after, limit=PAGE + 1, wanted=wanted(choice=choice, caller=caller, said=said))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    messages = unread()
    last = rows[-1] if rows else None
    return {
        "rows": rows_shown(rows=rows, caller=caller, policy=policy, unread=_chips(messages, said), said=said),
        "unread": unread_page(found=messages, said=said),
        "next": f"{last.queue_at.isoformat()} {last.id}" if more and last else "",
    }


def unread_chips(*, said: Said) -> dict[uuid.UUID, str]:
    """Return what stands on the row of each case with messages that nobody has read."""
    return _chips(unread(), said)


def _chips(messages: list[Unread], said: Said) -> dict[uuid.UUID, str]:
    return {u.case: said.text("chip_unread", count=u.count) for u in messages}


def rows_shown(
    *, rows: list[CaseRow], caller: Caller, policy: Policy, unread: Mapping[uuid.UUID, str], said: Said
) -> list[dict[str, Any]]:
    """Return cases as rows; `unread`: what `unread_chips` says of them."""
    ids = [row.id for row in rows]
    facts = _Facts(
        clocks=armed(cases=ids),
        spread=spread_by_hour(cases=ids, now=said.now),
        reporters=reporters_of(cases=ids),
        appealed=appealed(cases=ids),
        took_part=set(ids) if caller.role == "auditor" else took_part(person=caller.id, cases=ids),
        hands=hands_on(rows=rows, caller=caller, policy=policy, said=said),
        unread=unread,
    )
    return [_shown(row, facts, said) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What is read once for all rows of a page."""

    clocks: Mapping[uuid.UUID, Mapping[Name, ClockView]]
    spread: Mapping[uuid.UUID, list[int]]
    reporters: Mapping[uuid.UUID, int]
    appealed: set[uuid.UUID]
    took_part: set[uuid.UUID]
    hands: Mapping[uuid.UUID, dict[str, Any]]
    unread: Mapping[uuid.UUID, str]


def _shown(row: CaseRow, facts: _Facts, said: Said) -> dict[str, Any]:
    due = min((c.due for (name, _), c in facts.clocks[row.id].items() if name not in QUIET), default=None)
    return {
        "id": row.id,
        "title": said.label("regime", regime_word(row)),
        "by": said.text("by_person" if row.claimed_by_person else "by_trusted" if row.raised_by_trusted else "by_other"),
        "notices": said.text("notices_n", count=row.notices),
        "reporters": said.text("reporters_n", count=facts.reporters[row.id]),
        "views": said.text("views_day", count=sum(facts.spread[row.id])),
        "line": line(facts.spread[row.id]),
        "due": said.due(due) if due else None,
        "hidden": row.withheld,
        "danger": "imminent" in row.flags,
        "appeal": row.id in facts.appealed,
        "waiting": row.state in _WAITING and row.id in facts.took_part,
        "hands": facts.hands.get(row.id),
        "unread": facts.unread.get(row.id, ""),
        "heat": "hot" if regime_word(row) == "child" else "warm" if row.regime == "intimate" else "",
        "reasons": list(dict.fromkeys(said.reason(r["code"]) for r in row.reasons)),
        "weight": said.text("weight", count=row.severity),
        "ahead": said.text("ahead", span=span(length=max(row.reopened_at - row.queue_at, timedelta(0)))),
    }


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
