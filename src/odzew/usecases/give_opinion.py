"""Somebody outside the desk gives an opinion on a case."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from odzew.cases.rows import CaseRow, lock_case
from odzew.decisions.api import ask_of, decisions_of, open_asks
from odzew.decisions.data import AskView, DecisionView
from odzew.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from odzew.foundation.transactions import atomically
from odzew.ledger.people import OUTSIDE, Caller, outsiders, program_counts
from odzew.notices.api import raised_by
from odzew.policy.vocabulary import OPINIONS, TRUSTED_SOURCES
from odzew.usecases._asking import CLOCK
from odzew.usecases._deciding import STANDING, Deciding, Signature
from odzew.usecases.desk import Desk

__all__ = ["CLOCK", "Opinion", "asked_of", "give_opinion"]

LONGEST_REASON: Final = 4000
_NOBODYS: Final = "There is no such case, or nobody asks you about it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What became of an opinion: the case is decided by it and by the desk (`final`), or it is kept until it is (`waiting`)."""

    opinion: uuid.UUID
    state: Literal["final", "waiting"]


def give_opinion(*, case: uuid.UUID, caller: Caller, outcome: str, reason: str, desk: Desk, now: datetime) -> Opinion:
    """Record an opinion from outside: by the program of the source that raised the case, or by a person who is asked about it.

    Where the policy asks outside it counts as one signature beside the desk's own; alone it decides nothing. The same opinion again
    changes nothing, another one takes the place of the first. Raises `NotFound` (not asked, or not the source), `Forbidden` (the
    enrolment has not taken force, or somebody new must), `Conflict` (decided), `Invalid`. Source: practice 1.
    """
    if outcome not in OPINIONS:
        raise Invalid(f"There is no opinion {outcome!r}.", why="unknown_outcome", known=sorted(OPINIONS))
    if not reason.strip():
        raise Invalid("Give the reason in a sentence; the people of the desk will read it.", why="reason_missing")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"A reason has at most {LONGEST_REASON} characters.", why="reason_long", most=LONGEST_REASON)

    def work() -> Opinion:
        row = lock_case(case=case)
        decisions = decisions_of(case=row.id)
        _may(row, caller, decisions, now)
        if (known := _known(row, caller, outcome, decisions)) is not None:
            return Opinion(opinion=known.id, state="final" if known.state == "final" else "waiting")
        if not row.undecided:
            raise Conflict("The case is decided; your opinion is no longer needed.", why="opinion_not_needed")
        signature = Signature(caller=caller, outcome=outcome, ground="", reason=reason.strip(), outside=True)
        done = Deciding(row=row, signature=signature, desk=desk, now=now).opine()
        return Opinion(opinion=done.decision, state="final" if done.state == "final" else "waiting")

    return atomically(work)


def asked_of(*, caller: Caller, now: datetime) -> list[AskView]:
    """Return the cases on which this caller is asked for an opinion now: of a source those it raised, of a person all."""
    asks = open_asks()
    if caller.what == "program":
        mine = raised_by(program=caller.id, cases=[a.case for a in asks], sources=TRUSTED_SOURCES)
        return [a for a in asks if a.case in mine]
    return asks if caller.role == OUTSIDE and caller.id in {p.id for p in outsiders(now=now)} else []


def _known(row: CaseRow, caller: Caller, outcome: str, decisions: list[DecisionView]) -> DecisionView | None:
    """The same opinion as before: a program that got no reply sends again."""
    mine = [d for d in decisions if d.person == caller.id and d.round == row.round and d.outside and d.outcome == outcome]
    return next((d for d in mine if d.state in (STANDING if row.undecided else {"final", "overruled", "passed_on"})), None)


def _may(row: CaseRow, caller: Caller, decisions: list[DecisionView], now: datetime) -> None:
    if caller.what == "program":
        if not raised_by(program=caller.id, cases=[row.id], sources=TRUSTED_SOURCES):
            raise NotFound(_NOBODYS, why="opinion_not_asked")
        if not program_counts(program=caller.id, now=now):
            raise Forbidden(
                "An opinion under this key counts from a day after its enrolment on; try again then.", why="opinion_not_in_force"
            )
        return
    if caller.role != OUTSIDE:
        raise Forbidden("Only somebody outside the desk gives an opinion; decide the case instead.", why="opinion_from_outside")
    if ask_of(case=row.id) is None:
        raise NotFound(_NOBODYS, why="opinion_not_asked")
    able = {p.id for p in outsiders(now=now)}
    if caller.id not in able:
        raise Forbidden(
            "Your enrolment has not taken force yet; an opinion counts from a day after it on.", why="opinion_not_in_force"
        )
    before = {d.person for d in decisions if d.round < row.round}
    if caller.id in before and able - before:
        raise Forbidden("You gave an opinion on this case before; somebody new gives one now.", why="opinion_somebody_new")
