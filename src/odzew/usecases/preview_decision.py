"""What those who wait would read if a decision became final: the decision's own code does all of it, and nothing of it stays."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db import OperationalError

from odzew.answers.api import answers_on, leave_out_answers
from odzew.cases.clocks import armed
from odzew.cases.items import copysets_of, surroundings
from odzew.cases.rows import CaseRow, lock_case, read_cases
from odzew.decisions.api import leave_out_statements, statements_of
from odzew.decisions.data import DecisionView, DoubleView
from odzew.decisions.doubles import handed_to
from odzew.enforcement.api import leave_out_measures, measures_of
from odzew.foundation.errors import Conflict
from odzew.foundation.ids import new_id
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes, fetch_none
from odzew.ledger.events import keep_text
from odzew.ledger.people import Caller
from odzew.notices.api import all_handlings, open_handlings, reopen
from odzew.policy.clearing import clearing
from odzew.policy.data import Signatures, Trigger
from odzew.usecases._answering import CLOSING, tell_verdict
from odzew.usecases._following import Following
from odzew.usecases._judging import facts_of
from odzew.usecases._may_decide import CLEARING
from odzew.usecases._verdicts import verdict_from
from odzew.usecases.decide import check_words
from odzew.usecases.desk import Desk

# Whoever waits for the case goes first: a preview gives up sooner than anybody would notice.
_PATIENCE: Final = "SET LOCAL lock_timeout = '2s'"
_HELD: Final = "55P03"  # PostgreSQL: lock_not_available


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """One text, in its language, for `readers` people; `held`: it waits for the safety officer first."""

    language: str
    lines: tuple[str, ...]
    readers: int
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What reporters and uploaders would read; `people`, `rounds` and `outside`: what the policy asks for before it is final."""

    reporters: tuple[Reads, ...] = ()
    uploaders: tuple[Reads, ...] = ()
    people: int = 1
    rounds: int = 1
    outside: bool = False


class _Undone(Exception):
    def __init__(self, seen: Preview) -> None:
        super().__init__()
        self.seen = seen


def preview_decision(
    *, case: uuid.UUID, caller: Caller, outcome: str, ground: str, reason: str, desk: Desk, now: datetime
) -> Preview:
    """Return what would be read if this decision were final now and its measures were seen carried out; nothing is changed.

    It is made by what decides, answers and states reasons itself, in a transaction that is never kept. It never tells what others have
    said of the case: nothing here depends on a decision that is not final (practice 1). Raises `Forbidden`, `Conflict` (closed) and
    `Invalid` (outcome, ground or reason) as the decision would, but for the question whether this person may decide.
    """
    check_words(outcome=outcome, ground=ground, reason=reason, referral=None, desk=desk, caller=caller)

    def work() -> Preview:
        fetch_none(_PATIENCE, [])
        row = lock_case(case=case)
        drawn = None if row.undecided else handed_to(person=caller.id, case=row.id)
        if drawn is not None:
            row = _stood(row, drawn)
        if not row.undecided:
            raise Conflict(
                "The case is decided; it can be opened again by an appeal or by new facts.", why="decided", state=row.state
            )
        seen = _as_if(row, caller, outcome, ground, reason.strip(), desk, now)
        raise _Undone(seen)

    try:
        return atomically(work)
    except _Undone as undone:
        return undone.seen
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != _HELD:
            raise
        raise Conflict("Something is being written on this case; try again.", why="busy") from error


def _stood(row: CaseRow, drawn: DoubleView) -> CaseRow:
    """The case as whoever looks at it once more knows it: nobody was told, and nothing done. Like all else here it is not kept."""
    reopen(case=row.id, notices=[h.notice for h in all_handlings(case=row.id)])
    leave_out_measures(case=row.id, since=drawn.at)
    leave_out_statements(case=row.id, since=drawn.at)
    leave_out_answers(case=row.id, since=drawn.at)
    return replace(row, state="open", withheld=drawn.hidden, decided_at=None)


def _as_if(row: CaseRow, caller: Caller, outcome: str, ground: str, reason: str, desk: Desk, now: datetime) -> Preview:
    if outcome == "cannot_judge":
        return Preview()
    around = surroundings(copysets=copysets_of(case=row.id), now=now)
    facts = facts_of(case=row, around=around, trigger=Trigger(what="clock"), desk=desk, now=now)
    sign = clearing(facts=facts, policy=desk.policy)
    before = {s["id"] for s in statements_of(case=row.id)}
    waiting = [h.notice for h in open_handlings(cases=[row.id])[row.id]]
    writes = Writes()
    signed = _signed(writes, row, caller, outcome, ground, reason, sign, desk, now)
    writes.send()
    Following(
        row=row,
        caller=caller,
        outcome=outcome,
        ground=ground,
        reason=reason,
        protected=row.protect_uploader or around.account_minor,
        sign=sign,
        team=desk.size(now=now),
        running=armed(cases=[row.id])[row.id],
        writes=Writes(),
        desk=desk,
        now=now,
    ).follow(signed=signed)
    _carried_out(row.id, signed, desk, now)
    told = [a for a in answers_on(case=row.id, notices=waiting) if a.kind in CLOSING and a.at >= now]
    stated = [s for s in statements_of(case=row.id) if s["id"] not in before]
    clears = outcome in CLEARING
    return Preview(
        reporters=_grouped([(a.language, tuple(c["text"] for c in a.clauses), False) for a in told]),
        uploaders=_grouped([(desk.language, tuple(s["text"].split("\n")), s["state"] == "held") for s in stated]),
        people=sign.people if clears else 1,
        rounds=sign.rounds if clears else 1,
        outside=sign.outside and clears,
    )


def _signed(
    writes: Writes,
    row: CaseRow,
    caller: Caller,
    outcome: str,
    ground: str,
    reason: str,
    sign: Signatures,
    desk: Desk,
    now: datetime,
) -> list[DecisionView]:
    """As many signatures as the policy asks for, all with these words: who looked is told by the policy, not by what others did."""
    text, _ = keep_text(writes, text=reason, now=now)
    mine = DecisionView(
        id=new_id(now=now),
        case=row.id,
        round=row.round,
        person=caller.id,
        outcome=outcome,
        ground=ground,
        reason=text,
        referral={},
        at=now,
        policy_digest=desk.policy.digest,
        state="final",
        final_at=now,
        appeal=None,
    )
    if outcome not in CLEARING:
        return [mine]
    people, rounds = sign.people, sign.rounds
    others = [replace(mine, person=new_id(now=now)) for _ in range(people - 1)]
    again = [mine for _ in range(rounds - 1)] if people == 1 else []
    return [*others, *again, mine]


def _carried_out(case: uuid.UUID, signed: list[DecisionView], desk: Desk, now: datetime) -> None:
    """Tell those who would be told once the measures are seen to be carried out, as if they were."""
    row = read_cases(ids=[case])[0]
    handlings = open_handlings(cases=[case])[case]
    told = {a.notice for a in answers_on(case=case, notices=[h.notice for h in handlings]) if a.kind in CLOSING and a.at >= now}
    seen = [replace(m, state="done", ended_at=m.ended_at or now) if m.in_force else m for m in measures_of(case=case)]
    writes = Writes()
    tell_verdict(
        writes,
        case=row,
        handlings=[h for h in handlings if h.notice not in told],
        measures=seen,
        verdict=verdict_from(signed=signed),
        running=armed(cases=[case])[case],
        desk=desk,
        now=now,
    )
    writes.send()


def _grouped(found: list[tuple[str, tuple[str, ...], bool]]) -> tuple[Reads, ...]:
    """Each text once, with how many people read it, the most read first."""
    counts: dict[tuple[str, tuple[str, ...], bool], int] = {}
    for text in found:
        counts[text] = counts.get(text, 0) + 1
    ranked = sorted(counts.items(), key=lambda entry: -entry[1])
    return tuple(Reads(language=language, lines=lines, readers=count, held=held) for (language, lines, held), count in ranked)
