"""Blind until final: who may know of a decision that is not final yet (practice 1).

Every decision raises the version of its case by one. Whoever may not know of a decision is shown, and held to, a version without it:
otherwise a version that moved with nothing else would tell that somebody cleared the case.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from odzew.decisions.data import DecisionView

_OPEN_TO_ALL: Final = frozenset({"final", "overruled"})


def sees(*, decision: DecisionView, person: uuid.UUID, auditor: bool, row_round: int, open_: bool) -> bool:
    """May this person know of the decision, on a case that is in its `row_round` and still `open_`?

    Its author and the auditor always may, everybody else once it is final, overruled, or of a round that is over.
    """
    over = not open_ or decision.round < row_round
    return auditor or decision.person == person or decision.state in _OPEN_TO_ALL or over


def shown_version(
    *, version: int, decisions: Sequence[DecisionView], person: uuid.UUID, auditor: bool, row_round: int, open_: bool
) -> int:
    """Return the version of the case as this person may know it: without the decisions they may not know of."""
    seen = [sees(decision=d, person=person, auditor=auditor, row_round=row_round, open_=open_) for d in decisions]
    return version - seen.count(False)
