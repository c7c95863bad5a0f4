"""A person decides a case."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from odzew.cases.rows import CaseRow, lock_case
from odzew.decisions.api import decisions_of
from odzew.decisions.blind import shown_version
from odzew.decisions.data import DoubleView
from odzew.decisions.doubles import handed_to
from odzew.decisions.leases import decided as end_lease
from odzew.foundation.errors import Conflict, Invalid
from odzew.foundation.transactions import atomically
from odzew.ledger.people import Caller
from odzew.policy.vocabulary import OUTCOMES
from odzew.usecases._deciding import Decided, Deciding, Signature
from odzew.usecases._doubling import second_look
from odzew.usecases._may_decide import only_deciders
from odzew.usecases.desk import Desk

__all__ = ["Decided", "check_words", "decide"]

_LONGEST_REASON: Final = 4000


def decide(
    *,
    case: uuid.UUID,
    caller: Caller,
    outcome: str,
    ground: str,
    reason: str,
    referral: dict[str, Any] | None,
    desk: Desk,
    now: datetime,
    if_version: int | None = None,
) -> Decided:
    """Record a person's decision and, if it is final, all that follows: measures, marks, statements, clocks for the answers.

    One person's `remove` or `keep_withheld` is final at once, except against somebody's waiting `no_violation`. Clearing a
    child-safety case needs the signatures of the policy, blind to each other. Raises `Forbidden` (not for this person, and why),
    `Conflict` (closed, or another version than `if_version`), `Invalid` (outcome, ground or reason). Source: practice 1 and 3.

    On a final decision that was drawn, and that this person was handed, it is the second look (docs/decisions/0037).
    """
    check_words(outcome=outcome, ground=ground, reason=reason, referral=referral, desk=desk, caller=caller)

    def _second_look(row: CaseRow, drawn: DoubleView) -> Decided:
        second_look(row=row, double=drawn, caller=caller, outcome=outcome, ground=ground, reason=reason.strip(), desk=desk, now=now)
        end_lease(case=row.id, person=caller.id, now=now)
        return Decided(decision=drawn.id, state="final")

    def work() -> Decided:
        row = lock_case(case=case)
        drawn = None if row.undecided else handed_to(person=caller.id, case=row.id)
        if drawn is not None:
            return _second_look(row, drawn)
        if if_version is not None and if_version != (version := _version_for(row, caller)):
            raise Conflict("The case has changed since you read it; read it again and decide.", why="changed", version=version)
        if not row.undecided:
            raise Conflict(
                "The case is decided; it can be opened again by an appeal or by new facts.", why="decided", state=row.state
            )
        signature = Signature(
            caller=caller,
            outcome=outcome,
            ground=ground,
            reason=reason.strip(),
            not_because=(referral or {}).get("not_because") or "",
        )
        done = Deciding(row=row, signature=signature, desk=desk, now=now).make()
        end_lease(case=row.id, person=caller.id, now=now)
        return done

    return atomically(work)


def _version_for(row: CaseRow, caller: Caller) -> int:
    """The version as this person may know it: another's decision that is not final must not show (practice 1)."""
    return shown_version(
        version=row.version,
        decisions=decisions_of(case=row.id),
        person=caller.id,
        auditor=False,
        row_round=row.round,
        open_=row.undecided,
    )


def check_words(*, outcome: str, ground: str, reason: str, referral: dict[str, Any] | None, desk: Desk, caller: Caller) -> None:
    """Raise what is wrong with a decision by itself: who makes it, its outcome, its ground, its reason."""
    only_deciders(caller=caller)
    if outcome not in OUTCOMES:
        raise Invalid(f"There is no outcome {outcome!r}.", why="unknown_outcome", known=sorted(OUTCOMES))
    if ground not in desk.policy.grounds:
        raise Invalid(f"There is no ground {ground!r}.", why="unknown_ground", known=sorted(desk.policy.grounds))
    if not reason.strip():
        raise Invalid("Give the reason in a sentence; whoever is told of the decision will read it.", why="reason_missing")
    if len(reason) > _LONGEST_REASON:
        raise Invalid(f"A reason has at most {_LONGEST_REASON} characters.", why="reason_long", most=_LONGEST_REASON)
    if referral and referral.get("to"):
        raise Invalid(
            "No channel for referrals is set up; say why it is not referred, or leave the referral out.", why="no_channel"
        )
