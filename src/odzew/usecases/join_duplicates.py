"""A person joins cases that are duplicates to the one they duplicate: one decision then covers them all."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from odzew.cases.duplicates import files_of
from odzew.cases.items import copysets_of, hold_copysets
from odzew.cases.likeness import reach_no_further
from odzew.cases.rows import CaseRow, lock_cases, now_named
from odzew.decisions.leases import leases_on
from odzew.foundation.errors import Conflict, Invalid
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller
from odzew.policy.clearing import one_is_enough
from odzew.policy.data import Regime
from odzew.usecases._duplicates import MOST, Duplicate, compare, named, takes_duplicates
from odzew.usecases._may_decide import deciding_now, only_deciders
from odzew.usecases._merging import merge_cases
from odzew.usecases.desk import Desk


def join_duplicates(
    *, case: uuid.UUID, duplicates: Sequence[uuid.UUID], caller: Caller, desk: Desk, now: datetime
) -> list[uuid.UUID]:
    """Let a case take over open cases that are about nothing but its own files; return those that joined it now.

    All of them or none. Each joins as the desk itself joins copies: the graver decision, what is hidden and the earlier clock hold for
    all, votes lapse, and no reporter sees anything of it but, in time, the decision of the case, with one reason for all. It never clears:
    the case must still be undecided, or decided against its item. What has joined it already is passed over. Raises `Forbidden`
    (the role, not in force), `NotFound`, `Invalid` (none, too many) and `Conflict` with the case that cannot be joined, and why.
    Source: practice 3 and 8; docs/decisions/0036.
    """
    only_deciders(caller=caller)
    deciding_now(caller=caller, now=now)
    chosen = [d for d in dict.fromkeys(duplicates) if d != case]
    if not 0 < len(chosen) <= MOST:
        raise Invalid(f"Choose at least one case, and at most {MOST}.", why="duplicates_some", most=MOST)

    def work() -> list[uuid.UUID]:
        # 1. All of it is held: copy sets, then cases. What joined the case meanwhile is done.
        keep = now_named(case=case)
        rest = [d for d in chosen if now_named(case=d) != keep]
        hold_copysets(cases=[keep, *rest])
        rows = {row.id: row for row in lock_cases(ids=sorted([keep, *rest]))}
        rest = [d for d in rest if rows[d].merged_into != keep]
        # 2. Each is a duplicate, proven by hashes, and in nobody else's hands.
        shown = _proven(rows[keep], [rows[d] for d in rest], desk)
        _in_hands([rows[d] for d in (keep, *rest)], caller, desk, now)
        # 3. The act, then each joins; its files take nothing further in, as with any copy.
        if shown:
            _note(keep, shown, caller, now)
        for one in shown:
            moved = copysets_of(case=one.row.id)
            merge_cases(keep=keep, give=one.row.id, desk=desk, now=now)
            reach_no_further(copysets=moved)
        return rest

    return atomically(work)


def _proven(keep: CaseRow, given: list[CaseRow], desk: Desk) -> list[Duplicate]:
    if keep.merged_into is not None:
        raise Conflict("The case has changed since you read it; read it again and decide.", why="changed")
    if not takes_duplicates(row=keep):
        raise Conflict("This case was cleared, so nothing can be joined to it.", why="duplicates_cleared")
    kept = files_of(case=keep.id)
    found = []
    for row in given:
        if not row.undecided:
            raise Conflict(f"Case {named(row.id)} does not wait any more.", why="duplicates_decided", word=named(row.id))
        one = compare(given=row, row=keep, kept=kept, rule=desk.policy.match)
        _must_not_stand_apart(one)
        found.append(one)
    return found


def _must_not_stand_apart(one: Duplicate) -> None:
    word = named(one.row.id)
    if one.why == "other_things":
        raise Conflict(
            f"Case {word} covers something that this case does not; decide it by itself.", why="duplicates_other_things", word=word
        )
    if one.why == "not_hashed":
        raise Conflict(
            f"Case {word} covers something of which no hash is known; decide it by itself.", why="duplicates_not_hashed", word=word
        )
    if one.why:
        raise Conflict(
            f"Case {word} is only similar, and this case is decided; decide it by itself.", why="duplicates_only_near", word=word
        )


def _in_hands(rows: list[CaseRow], caller: Caller, desk: Desk, now: datetime) -> None:
    """Somebody else works on it, and that may be told: where two look blind to each other nothing tells it (decision 26)."""
    leases = leases_on(cases=[row.id for row in rows], now=now)
    for row in rows:
        told = one_is_enough(regime=cast("Regime", row.regime), requests=row.regimes, policy=desk.policy)
        if row.id in leases and leases[row.id].person != caller.id and told:
            raise Conflict(f"Somebody else has case {named(row.id)} in hand.", why="duplicates_in_hand", word=named(row.id))


def _note(keep: uuid.UUID, shown: list[Duplicate], caller: Caller, now: datetime) -> None:
    writes = Writes()
    cases = [{"case": str(d.row.id), "equal": d.proof.equal, "distance": d.proof.distance} for d in shown if d.proof]
    record(writes, kind="duplicates.joined", actor=caller.actor, now=now, case=keep, facts={"cases": cases})
    writes.send()
