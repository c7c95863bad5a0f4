"""A lead settles a second look that came to something else than the decision: it stands, or the case is decided anew."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from odzew.cases.rows import lock_case
from odzew.decisions.api import decisions_of
from odzew.decisions.doubles import read_double, settle_look
from odzew.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller
from odzew.usecases._doubling import open_again
from odzew.usecases.desk import Desk

STANDS: Final = "kept"
ANEW: Final = "reopened"


def settle_disagreement(*, double: uuid.UUID, choice: str, caller: Caller, desk: Desk, now: datetime) -> None:
    """Let the decision stand (`kept`), or open its case for a new one (`reopened`); neither shows or hides anything.

    What is hidden stays hidden: who decides anew needs the signatures of the policy. That their own answer stands is for nobody to say
    who gave one of the two. Raises `Forbidden` (no lead, their own), `NotFound`, `Invalid` and `Conflict` (settled, or the case has been
    opened again since). Source: practice 1; docs/decisions/0037.
    """
    if caller.what != "person" or caller.role != "lead":
        raise Forbidden("Only a lead settles two looks that differ.", why="settle_lead")
    if choice not in (STANDS, ANEW):
        raise Invalid("The decision stands, or the case is decided anew.", why="settle_choice")

    def work() -> None:
        # 1. The case is held, then the two answers are read again: what came of them cannot change any more.
        found = read_double(double=double)
        if found is None:
            raise NotFound("There is no such second look.", why="settle_none")
        row = lock_case(case=found.case)
        found = read_double(double=double)
        if found is None or found.state != "differs" or found.case != row.id or found.round != row.round or row.undecided:
            raise Conflict("This has been settled, or the case has been opened again since.", why="settle_over")
        # 2. Nobody says that their own answer stands.
        if choice == STANDS and caller.id in {found.second, *_authors(found.decision, row.id)}:
            raise Forbidden("You gave one of the two answers; another lead says which stands.", why="settle_own")
        # 3. What was chosen, on the record.
        writes = Writes()
        settle_look(writes, double=found, by=caller.id, state=choice, now=now)
        facts = {"double": str(found.id), "state": choice, "round": row.round}
        record(writes, kind="double.settled", actor=caller.actor, now=now, case=row.id, facts=facts)
        # 4. Decided anew: the next round begins, with its clocks.
        if choice == ANEW:
            open_again(writes, row=row, actor=caller.actor, hide=False, desk=desk, now=now)
        else:
            writes.send()

    atomically(work)


def _authors(decision: uuid.UUID, case: uuid.UUID) -> set[uuid.UUID]:
    """Who signed the decision: the one that was drawn, and those of its round that say the same."""
    every = decisions_of(case=case)
    drawn = next(d for d in every if d.id == decision)
    return {d.person for d in every if d.round == drawn.round and d.outcome == drawn.outcome}
