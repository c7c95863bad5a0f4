"""Shared: a final decision is drawn for a second, blind look; the look is given; a case is opened again (docs/decisions/0037)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from odzew.alarms.api import ring, ring_once
from odzew.cases.clocks import armed, stop
from odzew.cases.items import copysets_of
from odzew.cases.rows import CaseRow, save_case
from odzew.decisions.agreement import agreement_of
from odzew.decisions.data import DecisionView, DoubleView
from odzew.decisions.doubles import add_double, give_look, looked
from odzew.foundation.writes import Writes
from odzew.ledger.events import keep_text, record
from odzew.ledger.people import Caller, deciders
from odzew.policy.data import Trigger
from odzew.policy.doubles import drawn, share_of, together
from odzew.usecases._hiding import hide_case
from odzew.usecases._judging import rejudge
from odzew.usecases.desk import Desk

# What is said of how people agree rests on this long.
WINDOW: Final = timedelta(days=90)
_AGAIN: Final = timedelta(days=7)


def draw(writes: Writes, *, row: CaseRow, decision: DecisionView, earlier: list[DecisionView], desk: Desk, now: datetime) -> None:
    """Draw, when a decision of the desk becomes final: is somebody else to look once more? `row`: the case before the decision.

    Where nobody is left who had no part in the case, that is noted and nothing waits. Nothing of the case is touched.
    """
    share = share_of(policy=desk.policy, queue=row.regime, kinds=row.kinds)
    if not drawn(key=desk.draw_key, decision=decision.id, share=share):
        return
    part = {d.person for d in earlier} | {decision.person} | looked(case=row.id)
    nobody = not ({p.id for p in deciders(now=now)} - part)
    double = add_double(writes, case=row, decision=decision, nobody=nobody, now=now)
    facts = {"double": str(double), "decision": str(decision.id), "share": f"{share:g}", "round": row.round, "nobody": nobody}
    record(writes, kind="double.drawn", actor="desk", now=now, case=row.id, facts=facts)


def second_look(
    *, row: CaseRow, double: DoubleView, caller: Caller, outcome: str, ground: str, reason: str, desk: Desk, now: datetime
) -> None:
    """Keep the second answer, on a case that is held, and do what the two answers ask for.

    What the second would hide and the first cleared is hidden at once, and open again: one person can hide. Whatever else differs waits
    for a lead, and nothing is un-hidden by it.
    """
    writes, state = Writes(), together(first=double.outcome, second=outcome)
    text, salted = keep_text(writes, text=reason, now=now)
    give_look(writes, double=double, person=caller.id, outcome=outcome, ground=ground, reason=text, state=state, now=now)
    facts = {"double": str(double.id), "outcome": outcome, "ground": ground, "reason": salted, "round": row.round, "state": state}
    record(writes, kind="double.given", actor=caller.actor, now=now, case=row.id, facts=facts)
    if state == "worse":
        open_again(writes, row=row, actor=caller.actor, hide=True, desk=desk, now=now)
        writes = Writes()
    if state in ("worse", "differs"):
        ring(writes, code="looks_differ", now=now, case=row.id)
    writes.send()
    _warn_of_low_agreement(double.queue, now)


def open_again(writes: Writes, *, row: CaseRow, actor: str, hide: bool, desk: Desk, now: datetime) -> None:
    """Open a decided case for its next round and send what is gathered; what is hidden stays so, and its clocks run again.

    With `hide`, what can be seen of a child or of an intimate image is hidden meanwhile; without, it is if nobody looks in time.
    """
    after = replace(
        row,
        state="open",
        round=row.round + 1,
        reopened_at=now,
        queue_at=min(row.queue_at, now - desk.policy.severity.bound / 2),
        decided_at=None,
    )
    record(writes, kind="case.reopened", actor=actor, now=now, case=row.id, facts={"why": "second_look", "round": after.round})
    running = armed(cases=[row.id])[row.id]
    stop(writes, clocks=[c for (name, _), c in running.items() if name == "watch"], now=now)
    if hide and not row.withheld and row.published and row.regime != "other":
        after = hide_case(
            writes,
            case=after,
            scope="media",
            unverified=False,
            actor=actor,
            why="second_look",
            running=running,
            desk=desk,
            now=now,
        )
    judged = rejudge(
        writes,
        case=after,
        copysets=copysets_of(case=row.id),
        trigger=Trigger(what="second_look"),
        running=running,
        desk=desk,
        now=now,
        actor=actor,
    )
    save_case(writes, before=row, after=judged.case)
    writes.send()


def _warn_of_low_agreement(queue: str, now: datetime) -> None:
    """Ring once a week while people agree less on a queue than they should, and chance cannot be why."""
    found = agreement_of(queue=queue, since=now - WINDOW, until=now)
    if not found.low:
        return
    writes = Writes()
    ring_once(writes, code="agreement_low", every=_AGAIN, now=now, facts={"queue": queue, "looks": found.looks})
    writes.send()
