"""Shared: a measure moved on, or somebody joined later: whoever may now be told something true is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from odzew.answers.api import answers_on
from odzew.cases.clocks import armed
from odzew.cases.rows import CaseRow
from odzew.enforcement.api import measures_of
from odzew.foundation.writes import Writes
from odzew.notices.api import open_handlings
from odzew.usecases._answering import CLOSING, base_facts, hiding, tell, tell_verdict
from odzew.usecases._hiding import PROMISING
from odzew.usecases._verdicts import verdict_of
from odzew.usecases.desk import Desk


def tell_changes(*, case: CaseRow, desk: Desk, now: datetime) -> None:
    """Tell reporters what may now be said and they have not been told: that it is hidden, or what was decided and carried out."""
    row, writes = case, Writes()
    waiting = open_handlings(cases=[row.id])[row.id]
    if not waiting:
        return
    measures = measures_of(case=row.id)
    running = armed(cases=[row.id])[row.id]
    if row.undecided:
        seen, told = hiding(measures=measures)
        knows = {a.notice for a in answers_on(case=row.id) if a.kind == "hidden"} if seen or told else set()
        fresh = [h for h in waiting if h.notice not in knows] if seen or told else []
        if fresh:
            due = [c.due for (n, _), c in running.items() if n in PROMISING]
            facts = base_facts(
                kind="hidden",
                handling_language=desk.language,
                case=row,
                measures=measures,
                promise=min(due) if due else None,
                desk=desk,
                now=now,
            )
            tell(writes, case=row, handlings=fresh, facts=replace(facts, automated=True), desk=desk, now=now, running=running)
    else:
        verdict = verdict_of(case=row)
        since = row.decided_at
        knows = {a.notice for a in answers_on(case=row.id) if a.kind in CLOSING and (since is None or a.at >= since)}
        untold = [h for h in waiting if h.notice not in knows]
        if verdict is not None and untold:
            tell_verdict(
                writes, case=row, handlings=untold, measures=measures, verdict=verdict, running=running, desk=desk, now=now
            )
    writes.send()
