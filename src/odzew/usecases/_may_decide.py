"""Shared: may this person decide this case now? (practice 1)"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from odzew.cases.rows import CaseRow
from odzew.decisions.api import open_appeals
from odzew.decisions.data import DecisionView
from odzew.foundation.errors import Forbidden
from odzew.ledger.people import Caller, PersonView, Size, deciders
from odzew.policy.data import Signatures

CLEARING: Final = frozenset({"no_violation", "not_found"})
HIDES: Final = frozenset({"remove", "keep_withheld"})
SPECIALISTS: Final = frozenset({"specialist", "lead", "safety_officer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who wants to decide what, on a case with which decisions; `mine` are those of its round, `voting` those that count. `looked`: who gave a second
    look at an earlier decision on it."""

    row: CaseRow
    caller: Caller
    outcome: str
    earlier: list[DecisionView]
    mine: list[DecisionView]
    voting: list[DecisionView]
    sign: Signatures
    team: Size
    now: datetime
    looked: frozenset[uuid.UUID] = frozenset()


def only_deciders(*, caller: Caller) -> None:
    """Let nobody pass whose role decides nothing. Raises `Forbidden`."""
    if not caller.decides:
        raise Forbidden("Only a reviewer, a lead, a safety officer or a specialist decides cases.", why="not_a_decider")


def deciding_now(*, caller: Caller, now: datetime) -> list[PersonView]:
    """Return the people who may decide now, this one among them. Raises `Forbidden` if their enrolment has not taken force."""
    present = deciders(now=now)
    if caller.id not in {p.id for p in present}:
        raise Forbidden(
            "Your enrolment has not taken force yet, so you cannot clear a case; hiding it you can.", why="not_in_force"
        )
    return present


def may_decide(asked: Asked) -> None:
    """Raise `Forbidden` with the reason, and from when on, if this person may not decide so now.

    Somebody new decides where there is one; where there is none, nobody is shut out for good.
    """
    people = deciding_now(caller=asked.caller, now=asked.now) if asked.outcome in CLEARING else deciders(now=asked.now)
    me, present = asked.caller.id, {p.id: p.role for p in people}
    touched = {d.person for d in asked.earlier if d.round < asked.row.round} | asked.looked
    free = set(present) - {d.person for d in asked.mine} - {me}
    if any(d.person == me for d in asked.voting):
        _same_person_again(asked)
    elif any(d.person == me for d in asked.mine) and free:
        raise Forbidden("You passed this case on; somebody else decides it.", why="passed_on")
    special = any(present[p] in SPECIALISTS for p in free)
    if asked.row.state == "specialist" and asked.caller.role not in SPECIALISTS and special:
        raise Forbidden("This case waits for a specialist, a lead or a safety officer.", why="for_specialist")
    if me in touched:
        if free - touched:
            raise Forbidden("You decided this case before; somebody new decides now.", why="somebody_new")
        _apart_from_last_time(asked)


def _apart_from_last_time(asked: Asked) -> None:
    """Nobody new is there: whoever decided hears an appeal apart in time; what only hides never waits."""
    stays_open = asked.outcome in HIDES and not asked.row.withheld
    mine = [d.at for d in asked.earlier if d.person == asked.caller.id and d.round < asked.row.round]
    if not mine:
        return  # they gave a second look, and nobody was told of it
    when = max(mine) + (asked.sign.apart if asked.team == "solo" else timedelta(0))
    if asked.now < when and not stays_open and open_appeals(case=asked.row.id):
        raise Forbidden(
            f"You decided this case a short while ago; hear the appeal from {when:%Y-%m-%d %H:%M} UTC on.",
            why="appeal_apart",
            not_before=when.isoformat(),
        )


def _same_person_again(asked: Asked) -> None:
    me = asked.caller.id
    if asked.outcome in HIDES and asked.row.state != "disputed" and all(d.person == me or d.outside for d in asked.voting):
        return  # No rule ever keeps a person from hiding: the own earlier answer is withdrawn by it.
    if asked.sign.outside and asked.outcome in CLEARING:
        raise Forbidden("You have decided this case; it waits for an opinion from outside the desk.", why="outside_awaited")
    if asked.team != "solo":
        raise Forbidden("You have decided this case; a second person must, without knowing your answer.", why="second_person")
    when = max(d.at for d in asked.voting if d.person == me) + asked.sign.apart
    if asked.outcome in CLEARING and asked.now < when:
        raise Forbidden(
            f"You decided this case a short while ago; look again from {when:%Y-%m-%d %H:%M} UTC on.",
            why="apart",
            not_before=when.isoformat(),
        )
