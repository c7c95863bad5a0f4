"""The people of the simulated desk: each looks at one case for half a minute, and then decides it through the real use case.

When the alarm of the breaker has rung, as many of them as must sign take the wave: each looks at every case that its page shows, takes
down at once what is harmful, and signs once for the rest. The others take from the queue what is not of the wave. Whoever is alone
takes what stands apart first.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from odzew.cases.queue import waiting
from odzew.cases.rows import CaseRow
from odzew.foundation.errors import Conflict, Forbidden
from odzew.ledger.people import Caller
from odzew.usecases.decide import decide
from odzew.usecases.decide_wave import decide_wave, wave
from odzew.usecases.desk import Desk

TAKES: Final = timedelta(seconds=30)
# From the alarm until somebody has its page open, or is done with the case in hand.
COMES: Final = timedelta(seconds=30)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_PAGE: Final = 1_000


@dataclass(slots=True, kw_only=True)
class Person:
    """Somebody at the desk: `until` then they are at something, after which comes `then`; `waves`: how many they have taken."""

    caller: Caller
    until: datetime | None = None
    then: Callable[[datetime], None] | None = None
    signing: bool = False
    waves: int = 0

    def begin(self, now: datetime, then: Callable[[datetime], None]) -> None:
        """Look at a case."""
        self.until, self.then = now + TAKES, then


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One signature for a wave: of how many cases, and how many became final by it."""

    at: datetime
    cases: int
    final: int


@dataclass(slots=True, kw_only=True)
class Decision:
    """One decision on one case; `by_wave`: by a signature for all of it."""

    at: datetime
    case: uuid.UUID
    outcome: str
    final: bool
    by_wave: bool = False


class Staff:
    """Everybody at the desk. `harmful` tells what a person sees who looks at a case; `apart`: how long one alone waits to sign again."""

    def __init__(self, *, desk: Desk, people: list[Caller], harmful: Callable[[uuid.UUID], bool], apart: timedelta) -> None:
        self._desk, self._harmful, self._apart = desk, harmful, apart
        self._people = [Person(caller=caller) for caller in people]
        self._alone = len(people) == 1
        self._alarm: datetime | None = None
        self._now = datetime.min.replace(tzinfo=UTC)
        self._at: set[uuid.UUID] = set()
        self._page: tuple[datetime, tuple[uuid.UUID, ...]] | None = None
        self._not_before: dict[tuple[uuid.UUID, uuid.UUID, int], datetime] = {}
        self._signed_once: dict[uuid.UUID, datetime] = {}
        self.decisions: list[Decision] = []
        self.signed: list[Signed] = []

    def hear(self, *, alarm: str, now: datetime) -> None:
        """Take an alarm: the first of a wave makes somebody open its page."""
        if alarm == "breaker" and self._alarm is None:
            self._alarm = now

    def next(self) -> datetime | None:
        """Return when somebody is done with what they are at, or may begin what they could not before."""
        return min((at for at in self._times() if at > self._now), default=None)

    def _times(self) -> Iterator[datetime]:
        yield from (p.until for p in self._people if p.until is not None)
        yield from (at for at in self._not_before.values() if at != _NEVER)
        yield from (at + self._apart for at in self._signed_once.values())
        if self._alarm is not None:
            yield self._alarm + COMES

    def act(self, *, now: datetime) -> bool:
        """Finish what is done by now, and give everybody who is free their next; return whether anything was decided."""
        self._now, before = now, len(self.decisions)
        for person in self._people:
            if person.until is not None and person.until <= now:
                done, person.until, person.then = person.then, None, None
                if done is not None:
                    done(now)
        self._begin(now)
        return len(self.decisions) > before

    def _begin(self, now: datetime) -> None:
        free = sorted((p for p in self._people if p.until is None), key=lambda p: p.waves)
        if not free:
            return
        of_wave = self._on_its_page(now)
        rows = [r for r in waiting(after=None, limit=_PAGE) if r.id not in of_wave and r.id not in self._at]
        ready = self._to_sign(of_wave, now)
        signers = 1 if self._alone else 2
        mine = any(self._may(p, r, now) for p in free for r in rows) if self._alone else False
        if ready and not mine and len(free) >= signers and not any(p.signing for p in self._people):
            for person in free[:signers]:
                self._look_through(person, ready, now)
            free = free[signers:]
        for person in free:
            row = next((r for r in rows if self._may(person, r, now)), None)
            if row is not None:
                rows.remove(row)
                self._at.add(row.id)
                person.begin(now, self._after_a_look(person, row))

    def _on_its_page(self, now: datetime) -> tuple[uuid.UUID, ...]:
        """The cases of the wave as its page, opened anew for every look, shows them; nobody opens it before the alarm."""
        if self._alarm is None or now < self._alarm + COMES:
            return ()
        if self._page is None or now >= self._page[0] + TAKES:
            self._page = now, wave(desk=self._desk, now=now).cases
        return self._page[1]

    def _to_sign(self, cases: tuple[uuid.UUID, ...], now: datetime) -> list[uuid.UUID]:
        """Those that nobody has signed; if there are none, all together once the last of them may be signed again."""
        fresh = [c for c in cases if c not in self._signed_once]
        ripe = all(now >= self._signed_once[c] + self._apart for c in cases if c not in fresh)
        return fresh or (list(cases) if ripe else [])

    def _may(self, person: Person, row: CaseRow, now: datetime) -> bool:
        return now >= self._not_before.get((person.caller.id, row.id, row.round), now)

    # One case

    def _after_a_look(self, person: Person, row: CaseRow) -> Callable[[datetime], None]:
        def done(now: datetime) -> None:
            self._at.discard(row.id)
            again = self._decide(person, row.id, now)
            if again is not None:
                self._not_before[person.caller.id, row.id, row.round] = again

        return done

    def _decide(self, person: Person, case: uuid.UUID, now: datetime) -> datetime | None:
        """Decide a case; return from when on this person may do so again, or None when it is final or was decided meanwhile."""
        bad = self._harmful(case)
        outcome = "remove" if bad else "no_violation"
        try:
            decided = decide(
                case=case,
                caller=person.caller,
                outcome=outcome,
                ground="child_safety" if bad else "not_in_scope",
                reason="Seen: it is what was reported." if bad else "Seen: a bridge.",
                referral=None,
                desk=self._desk,
                now=now,
            )
        except Forbidden as error:
            said = error.detail.get("not_before")
            return datetime.fromisoformat(str(said)) if said else _NEVER
        except Conflict:
            return None
        final = decided.state == "final"
        if self._alone and not final:
            self._signed_once[case] = now
        self.decisions.append(Decision(at=now, case=case, outcome=outcome, final=final))
        return None if final else decided.not_before or _NEVER

    # The wave

    def _look_through(self, person: Person, cases: list[uuid.UUID], now: datetime) -> None:
        """Look at one case after the other, and sign at the end."""
        person.signing, person.waves = True, person.waves + 1
        bad: set[uuid.UUID] = set()
        left = list(cases)

        def looked(at: datetime) -> None:
            case = left.pop(0)
            if self._harmful(case):
                bad.add(case)
                self._decide(person, case, at)
            if left:
                person.begin(at, looked)
            else:
                self._sign(person, frozenset(cases), frozenset(bad), at)

        person.begin(now, looked)

    def _sign(self, person: Person, shown: frozenset[uuid.UUID], bad: frozenset[uuid.UUID], now: datetime) -> None:
        person.signing = False
        if shown <= bad:
            return
        try:
            done = decide_wave(
                caller=person.caller,
                outcome="no_violation",
                ground="not_in_scope",
                reason="Seen, each of them: bridges.",
                desk=self._desk,
                now=now,
                leave_out=bad,
                only=shown,
            )
        except Conflict:
            return
        self._page = None
        self.signed.append(Signed(at=now, cases=len(done.final) + len(done.waiting), final=len(done.final)))
        for cases, final in ((done.final, True), (done.waiting, False)):
            self.decisions += [Decision(at=now, case=c, outcome="no_violation", final=final, by_wave=True) for c in cases]
        self._signed_once |= dict.fromkeys(done.waiting, now)
        for case in done.final:
            self._signed_once.pop(case, None)
