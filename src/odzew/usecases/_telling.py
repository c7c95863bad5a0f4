"""Shared: a measure moved on, or somebody joined later: whoever may now be told something true is told."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from odzew.answers.api import answers_on
from odzew.cases.clocks import armed
from odzew.cases.rows import CaseRow
from odzew.enforcement.api import hiding_on_its_way, look_soon, measures_of
from odzew.foundation.writes import Writes
from odzew.notices.api import open_handlings
from odzew.usecases._answering import CLOSING, arm_notices_of_decision, base_facts, hiding, tell, tell_or_promise, tell_verdict
from odzew.usecases._hiding import PROMISING
from odzew.usecases._verdicts import verdict_of
from odzew.usecases.desk import Desk

_JUST_NOW: Final = timedelta(minutes=1)


def tell_changes(*, case: CaseRow, desk: Desk, now: datetime) -> None:
    """Tell reporters what may now be said and they have not been told: that it is hidden, or what was decided and carried out."""
    row, writes = case, Writes()
    waiting = open_handlings(cases=[row.id])[row.id]
    if not waiting or (row.state not in ("cleared", "not_found") and hiding_on_its_way(case=row.id)):
        return  # of thousands of copies the last one tells
    measures = measures_of(case=row.id)
    running = armed(cases=[row.id])[row.id]
    if row.undecided:
        seen, told = hiding(measures=measures)
        since = row.withheld_at  # what was hidden, shown again and is hidden now is told again
        said = answers_on(case=row.id, notices=[h.notice for h in waiting]) if seen or told else []
        knows = {a.notice for a in said if a.kind == "hidden" and (since is None or a.at >= since)}
        fresh = [h for h in waiting if h.notice not in knows]
        if fresh and (seen or told):
            due = [c.due for (n, _), c in running.items() if n in PROMISING]
            facts = base_facts(
                kind="hidden",
                case=row,
                measures=measures,
                promise=min(due) if due else None,
                found=True,
                desk=desk,
                now=now,
            )
            tell(writes, case=row, handlings=fresh, facts=replace(facts, automated=True), desk=desk, now=now, running=running)
    else:
        verdict = verdict_of(case=row)
        since = row.decided_at
        knows = {
            a.notice
            for a in answers_on(case=row.id, notices=[h.notice for h in waiting])
            if a.kind in CLOSING and (since is None or a.at >= since)
        }
        untold = [h for h in waiting if h.notice not in knows]
        if verdict is not None and untold:
            tell_verdict(
                writes, case=row, handlings=untold, measures=measures, verdict=verdict, running=running, desk=desk, now=now
            )
    writes.send()


def tell_decided(*, case: CaseRow, notice: uuid.UUID, items: list[uuid.UUID], desk: Desk, now: datetime) -> None:
    """Tell the reporter of a notice on a decided case what was decided; where they say it is, it is looked at before.

    Whoever reports what was removed says that it is there: that it is gone must have been seen since, not a month ago.
    """
    writes = Writes()
    verdict, running = verdict_of(case=case), armed(cases=[case.id])[case.id]
    handlings = [h for h in open_handlings(cases=[case.id])[case.id] if h.notice == notice]
    if verdict is None or not handlings:
        return
    if look_soon(items=items, now=now, unless_since=now - _JUST_NOW):
        arm_notices_of_decision(writes, case=case, handlings=handlings, running=running, desk=desk, now=now)
    else:
        measures = measures_of(case=case.id)
        tell_or_promise(
            writes, case=case, handlings=handlings, measures=measures, verdict=verdict, running=running, desk=desk, now=now
        )
    writes.send()
