"""Shared: what was decided last on a case, as an answer may tell it."""

from __future__ import annotations

from typing import cast

from odzew.answers.data import Looked, Outcome
from odzew.cases.rows import CaseRow
from odzew.decisions.api import decisions_of
from odzew.decisions.data import DecisionView
from odzew.ledger.events import read_texts
from odzew.usecases._answering import Verdict


def verdict_of(*, case: CaseRow) -> Verdict | None:
    """Return the verdict that the case follows, or None if nobody's decision is final."""
    final = [d for d in decisions_of(case=case.id) if d.state == "final"]
    if not final:
        return None
    latest = max(d.round for d in final)
    return verdict_from(signed=[d for d in final if d.round == latest])


def verdict_from(*, signed: list[DecisionView]) -> Verdict:
    """Return the verdict of the decisions that made it final, in the order they were made.

    The words are those of the desk's own people: what somebody outside wrote is for the desk alone (practice 5).
    """
    last = [d for d in signed if not d.outside][-1]
    text = read_texts(ids=[last.reason]).get(last.reason, "")
    return Verdict(
        outcome=cast(Outcome, last.outcome),
        ground=last.ground,
        reason=text,
        at=max(d.final_at or d.at for d in signed),
        looked=_looked(signed),
    )


def _looked(signed: list[DecisionView]) -> Looked:
    """How many people looked. What stands behind a program's opinion is not known, so it is not said (practice 1)."""
    people = [d.person for d in signed if not d.program]
    if len(set(people)) > 1:
        return "two_people"
    return "one_twice" if len(people) > 1 else "one"
