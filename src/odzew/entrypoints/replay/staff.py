"""The people of a staffing variant: when a case comes before each, and what they then decide through the real use case."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from odzew.cases.rows import CaseRow
from odzew.entrypoints.replay.story import Person
from odzew.foundation.errors import Conflict, Forbidden
from odzew.ledger.people import Caller
from odzew.usecases.decide import decide
from odzew.usecases.desk import Desk

_Key = tuple[uuid.UUID, uuid.UUID, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of the story as the desk knows them; `on_duty` from that moment on, `off_duty` from the other."""

    person: Person
    caller: Caller
    on_duty: datetime
    off_duty: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A decision that was made: `state` as the use case returned it."""

    at: datetime
    case: uuid.UUID
    outcome: str
    state: str


class Staff:
    """Who decides what when. Each person takes one case after the other, in the order of the queue."""

    def __init__(self, *, desk: Desk, members: Sequence[Member]) -> None:
        self._desk, self._members = desk, members
        self._due: dict[_Key, datetime] = {}
        self._done: set[_Key] = set()
        self._free: dict[uuid.UUID, datetime] = {m.caller.id: m.on_duty for m in members}
        self.made: list[Made] = []

    def see(self, *, rows: Sequence[CaseRow], now: datetime) -> None:
        """Put undecided cases before the people, and take decided ones away."""
        waiting = sorted((r for r in rows if r.undecided), key=lambda r: (r.queue_at, r.id))
        rounds = {(r.id, r.round) for r in waiting}
        for key in [k for k in self._due if k[1:] not in rounds]:
            del self._due[key]
        for row in waiting:
            for m in self._members:
                key = (m.caller.id, row.id, row.round)
                at = max(now, self._free[m.caller.id]) + m.person.takes
                if key not in self._due and key not in self._done and (m.off_duty is None or at < m.off_duty):
                    self._due[key] = self._free[m.caller.id] = at

    def next(self) -> datetime | None:
        """Return when the next decision is made."""
        return min(self._due.values(), default=None)

    def act(self, *, now: datetime) -> bool:
        """Make the decisions that are due; return whether there was one."""
        due = [(at, key) for key, at in self._due.items() if at <= now]
        members = {m.caller.id: m for m in self._members}
        for _, key in sorted(due):
            del self._due[key]
            self._decide(members[key[0]], key, now)
        return bool(due)

    def _decide(self, member: Member, key: _Key, now: datetime) -> None:
        person = member.person
        self._done.add(key)
        try:
            decided = decide(
                case=key[1],
                caller=member.caller,
                outcome=person.decides,
                ground=person.ground,
                reason=person.reason,
                referral=None,
                desk=self._desk,
                now=now,
            )
        except (
            Forbidden,
            Conflict,
        ):  # not for this person, or decided by another in the same moment: the desk goes on without them
            return
        self.made.append(Made(at=now, case=key[1], outcome=person.decides, state=decided.state))
        if decided.not_before is not None:
            self._done.discard(key)
            self._due[key] = max(decided.not_before, now)
