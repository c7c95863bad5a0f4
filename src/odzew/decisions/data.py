"""Values that other rooms see."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """A decision as it was made.

    `state`: awaiting_second, disputed, final, passed_on (to a specialist), overruled, lapsed (the case came to cover more than what
    its author had seen, or its author gave another). `round` 0: it was made on a case that became part of this one.
    `outside`: an opinion from outside the desk; then `program` tells whether `person` is the id of a program.
    """

    id: uuid.UUID
    case: uuid.UUID
    round: int
    person: uuid.UUID
    outcome: str
    ground: str
    reason: uuid.UUID
    referral: dict[str, Any]
    at: datetime
    policy_digest: str
    state: str
    final_at: datetime | None
    appeal: uuid.UUID | None
    outside: bool = False
    program: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskView:
    """Somebody outside was asked for an opinion on a case in one round, and when the reporter was told to hear by."""

    id: uuid.UUID
    case: uuid.UUID
    round: int
    at: datetime
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealView:
    """A complaint against a decision; `against_round` is the round of the case that it complains about.

    `texts`: the ids of its author's words, and of what they added.
    """

    id: uuid.UUID
    case: uuid.UUID
    by: str
    notice: uuid.UUID | None
    account: uuid.UUID | None
    texts: tuple[uuid.UUID, ...]
    at: datetime
    against_round: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseView:
    """A case in one person's hands, in one round, from `at` until `until`; past that it is nobody's. `double`: it is drawn."""

    id: uuid.UUID
    case: uuid.UUID
    round: int
    person: uuid.UUID
    at: datetime
    until: datetime
    double: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleView:
    """A final decision that was drawn, and what came of it; `second_*` are empty while nobody has looked.

    `state`: waiting, nobody (nobody else was left to look), agreed, unsure (the second could not judge), worse (the second would hide what
    the first cleared: the case is open again), differs (it waits for a lead), kept, reopened (what a lead did then).
    """

    id: uuid.UUID
    case: uuid.UUID
    round: int
    decision: uuid.UUID
    queue: str
    outcome: str
    ground: str
    hidden: bool
    at: datetime
    state: str
    second: uuid.UUID | None
    second_outcome: str
    second_ground: str
    reason: uuid.UUID | None
    given_at: datetime | None
