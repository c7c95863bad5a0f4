"""What a page that stands open is told: how its cases stand by now, and that there is more to see. Nothing on it moves by itself."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from odzew.cases.queue import opened_since
from odzew.cases.rows import CaseRow, read_cases
from odzew.entrypoints.api.case_views import now_of
from odzew.entrypoints.console.filters import Filter, wanted
from odzew.entrypoints.console.hands import hands_on
from odzew.entrypoints.console.kept_files import kept
from odzew.entrypoints.console.queue_page import PAGE, rows_shown, unread_chips
from odzew.entrypoints.console.said import Said
from odzew.ledger.people import Caller
from odzew.policy.rules import Policy

# How often, in seconds, a page that is looked at asks.
EVERY: Final = 20
_MOST: Final = 100


def live_queue(*, choice: Filter, after: str, rows: list[dict[str, Any]], said: Said) -> dict[str, Any]:
    """Return what a page of the queue needs to ask later: about which cases, and what has come since; and where it is itself."""
    mark = [urlencode({"after": after})] if after else []
    asked = [f"case={row['id']}" for row in rows]
    here, ask = ("&".join(filter(None, [choice.query, *more])) for more in (mark, [*asked, f"since={said.now.timestamp():.3f}"]))
    return {**_live(said), "here": f"/console/?{here}" if here else "/console/", "ask": f"/console/live?{ask}"}


def _live(said: Said) -> dict[str, Any]:
    return {"every": EVERY, "as_of": said.time(said.now), "script": kept("live.js")[1]}


def queue_now(
    *, cases: list[uuid.UUID], since: datetime | None, choice: Filter, caller: Caller, policy: Policy, said: Said
) -> dict[str, Any]:
    """Return how these cases stand, those that nobody has decided, and how many that fit the choice were opened since."""
    waiting = [row for row in read_cases(ids=cases[:PAGE]) if row.undecided]
    fits = wanted(choice=choice, caller=caller, said=said)
    new = opened_since(at=since, wanted=fits, most=_MOST + 1) if since else 0
    count = f"{_MOST}+" if new > _MOST else str(new)
    return {
        "rows": rows_shown(rows=waiting, caller=caller, policy=policy, unread=unread_chips(said=said), said=said),
        "as_of": said.time(said.now),
        "news": said.text("live_new", count=count) if new else "",
    }


def live_case(*, row: CaseRow, version: int, said: Said) -> dict[str, Any]:
    """Return what the page of a case needs to ask later: whether the case is still as it was shown."""
    here = f"/console/cases/{row.id}"
    return {**_live(said), "here": here, "ask": f"{here}/live?version={version}"}


def case_now(*, row: CaseRow, shown: str, caller: Caller, policy: Policy, said: Said) -> dict[str, Any]:
    """Return the clocks of a case and in whose hands it is; and that it changed since, if it did for this reader."""
    version, clocks = now_of(row=row, caller=caller)
    running = sorted((c for c in clocks if c.state == "armed"), key=lambda c: (c.due, c.id))
    return {
        "case": {"clocks": [{"label": said.label("clock", c.name), "due": said.due(c.due)} for c in running]},
        "hands": hands_on(rows=[row], caller=caller, policy=policy, said=said).get(row.id),
        "as_of": said.time(said.now),
        "news": "" if shown == str(version) else said.words["live_changed"],
    }
