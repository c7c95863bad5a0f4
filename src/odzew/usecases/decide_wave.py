"""People reverse a wave of weaponised reports: one set of signatures for all of it, and nothing grave goes with it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from odzew.cases.items import copysets_of, surroundings
from odzew.cases.rows import CaseRow, read_cases
from odzew.cases.wave import wave_members, wave_since
from odzew.decisions.api import open_appeals
from odzew.enforcement.api import hidden_unverified
from odzew.foundation.errors import Conflict, Invalid, OdzewError
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller
from odzew.notices.api import with_fingerprint
from odzew.usecases._may_decide import CLEARING
from odzew.usecases.decide import decide
from odzew.usecases.desk import Desk

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """A wave as it stands: the cases that one set of signatures may clear, and those that need their own look, with the reason."""

    cases: tuple[uuid.UUID, ...]
    apart: dict[uuid.UUID, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveDecided:
    """What one signature led to: cases cleared by it, cases that wait for the second, and those it did not reach, with the reason.

    `refused` are those of them that this person may not decide, with the error that says why.
    """

    final: tuple[uuid.UUID, ...]
    waiting: tuple[uuid.UUID, ...]
    apart: dict[uuid.UUID, str]
    refused: dict[uuid.UUID, OdzewError] = field(default_factory=dict)


def wave(*, desk: Desk, now: datetime) -> Wave:
    """Return the wave that nobody has decided; empty when there is none.

    To it belong the cases that the breaker slowed and those hidden unverified in the hour before, which tripped it. Apart stand those
    with anything but a bare claim: new facts, a trusted source, a fingerprint, a formal request, danger, a marked account, spread, an
    appeal, or a dispute. Source: practice 2; docs/decisions/0003.
    """
    begin = wave_since()
    if begin is None:
        return Wave(cases=(), apart={})
    members = list(dict.fromkeys([*wave_members(), *hidden_unverified(since=begin - _HOUR)]))
    rows = [row for row in read_cases(ids=members) if row.undecided]
    printed = with_fingerprint(cases=[row.id for row in rows])
    why = {row.id: "fingerprint" if row.id in printed else _apart(row, desk, now) for row in rows}
    return Wave(
        cases=tuple(row.id for row in sorted(rows, key=lambda r: (r.queue_at, r.id)) if not why[row.id]),
        apart={case: reason for case, reason in why.items() if reason},
    )


def _apart(row: CaseRow, desk: Desk, now: datetime) -> str:
    around, rule = surroundings(copysets=copysets_of(case=row.id), now=now), desk.policy.breaker
    reasons = {
        "new_facts": bool(row.new_facts),
        "trusted_source": row.raised_by_trusted,
        "formal_request": bool(row.regimes),
        "danger": "imminent" in row.flags,
        "marked_account": around.account_marked,
        "spread": around.views > rule.low_views or around.views_per_hour > rule.low_views_per_hour,
        "appeal": bool(open_appeals(case=row.id)),
        "dispute": row.state in ("disputed", "specialist"),
    }
    return next((name for name, holds in reasons.items() if holds), "")


def decide_wave(
    *,
    caller: Caller,
    outcome: str,
    ground: str,
    reason: str,
    desk: Desk,
    now: datetime,
    leave_out: frozenset[uuid.UUID] = frozenset(),
    only: frozenset[uuid.UUID] | None = None,
) -> WaveDecided:
    """Sign once for every case of the wave but those apart and those left out by name; each follows as if decided alone.

    With `only`, what came in since the person saw the wave is left out as well: nobody signs what they were not shown.
    The signatures that a single case needs are needed here too: what is cleared at the second signature is what both have signed.
    A case that this person may not decide, or that changed meanwhile, is returned apart with the sentence that says why. Raises
    `Conflict` when there is no wave, `Invalid` for an outcome that does not clear.
    """
    if outcome not in CLEARING:
        raise Invalid(
            "Only a clearing outcome is signed for a whole wave; whatever must go is decided by itself.",
            why="wave_clears",
            known=sorted(CLEARING),
        )
    found = wave(desk=desk, now=now)
    if not found.cases:
        raise Conflict("There is no wave to decide.", why="wave_none")
    final: list[uuid.UUID] = []
    waiting: list[uuid.UUID] = []
    apart = dict(found.apart)
    refused: dict[uuid.UUID, OdzewError] = {}
    for case in found.cases:
        if case in leave_out or (only is not None and case not in only):
            apart[case] = "left out"
            continue
        try:
            done = decide(
                case=case, caller=caller, outcome=outcome, ground=ground, reason=reason, referral=None, desk=desk, now=now
            )
        except OdzewError as error:
            apart[case] = error.sentence
            refused[case] = error
        else:
            (final if done.state == "final" else waiting).append(case)
    _note(caller, outcome, final, waiting, apart, now)
    return WaveDecided(final=tuple(final), waiting=tuple(waiting), apart=apart, refused=refused)


def _note(
    caller: Caller, outcome: str, final: list[uuid.UUID], waiting: list[uuid.UUID], apart: dict[uuid.UUID, str], now: datetime
) -> None:
    with transaction.atomic():
        writes = Writes()
        facts = {
            "outcome": outcome,
            "final": [str(c) for c in final],
            "waiting": [str(c) for c in waiting],
            "apart": [str(c) for c in apart],
        }
        record(writes, kind="wave.signed", actor=caller.actor, now=now, facts=facts)
        writes.send()
