"""The player: a case goes through the real use cases, event by event, on a clock that jumps from one to the next."""

from __future__ import annotations

import heapq
import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.answers.api import answers_to
from odzew.cases.data import Place
from odzew.cases.rows import CaseRow, read_cases
from odzew.entrypoints.replay.meanwhile import do_what_is_due, next_deed
from odzew.entrypoints.replay.platform import Change, PretendPlatform, page
from odzew.entrypoints.replay.prelude import Cast, earlier_decisions, enrol, items_in, staff_of
from odzew.entrypoints.replay.silence import Watch
from odzew.entrypoints.replay.staff import Made, Staff
from odzew.entrypoints.replay.story import Case, Curve, Staffing, StoryNotice
from odzew.foundation.secrets import Keys
from odzew.notices.data import Concern, NewNotice
from odzew.policy.rules import Policy
from odzew.usecases.desk import Desk
from odzew.usecases.receive_notice import receive_notice
from odzew.usecases.register_items import register_items

_HOUR: Final = timedelta(hours=1)
_PRELUDE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What happened when a case was played: when strangers could see it, its views over time, decisions, and the first answer."""

    curve: Curve
    staffing: Staffing
    changes: tuple[Change, ...]
    series: tuple[tuple[datetime, float], ...]
    views_before: float
    decisions: tuple[Made, ...]
    answered_at: datetime | None
    silent_hours: float


def play(*, case: Case, curve: Curve, staffing: Staffing, policy: Policy, keys: Keys) -> Played:
    """Play a case in the database of this process, which must be empty.

    Notices, spread by the hour, decisions, clocks, deliveries and looks at addresses happen each at its own virtual moment; the
    promise of no silence is looked at after each of them and at every full hour. Raises what the use cases raise.
    """
    return _Player(case, curve, staffing, policy, keys).play()


class _Player:
    def __init__(self, case: Case, curve: Curve, staffing: Staffing, policy: Policy, keys: Keys) -> None:
        self.case, self.curve, self.staffing = case, curve, staffing
        self.now = case.posted - _PRELUDE
        self.desk = Desk(
            keys=keys, policy=policy, jurisdiction=case.jurisdiction, zone="UTC", language="en", size_cached_for=timedelta(0)
        )
        self.platform = PretendPlatform(case=case, curve=curve, clock=lambda: self.now)
        self.cast: Cast = enrol(case=case, keys=keys, now=self.now)
        self.staff = Staff(desk=self.desk, members=[])
        self.sent: dict[str, tuple[int, int]] = {}
        self.notices: list[uuid.UUID] = []
        self.cases: list[uuid.UUID] = []
        self.views_before = 0.0
        self.watch = Watch()
        self._order = itertools.count()
        self._agenda: list[tuple[datetime, int, Callable[[], bool]]] = []

    # The agenda: what the story brings, each with its moment. An entry returns whether it gave the desk something to do.

    def _at(self, at: datetime, what: Callable[[], bool]) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), what))

    def _plan(self) -> None:
        self._at(self.now, self._earlier)
        self._at(self.case.posted, self._post)
        at = self.case.posted + _HOUR
        while at <= self.case.ends:
            self._at(at, self._hour)
            at += _HOUR
        for notice in self.case.notices:
            self._at(notice.at, lambda notice=notice: self._notice(notice))  # type: ignore[misc]
        self._at(self.case.ends, lambda: False)

    def _earlier(self) -> bool:
        earlier_decisions(case=self.case, cast=self.cast, desk=self.desk, now=self.now)
        return True

    def _post(self) -> bool:
        self.staff = Staff(
            desk=self.desk, members=staff_of(case=self.case, staffing=self.staffing, keys=self.desk.keys, now=self.now)
        )
        self.platform.publish(now=self.now)
        return self._spread(first=True)

    def _hour(self) -> bool:
        self.platform.count(now=self.now)
        return self._spread()

    def _spread(self, *, first: bool = False) -> bool:
        counts = {i.id: self.platform.spread(item=i.id) for i in self.case.items}
        new = {i: c for i, c in counts.items() if first or c != self.sent.get(i)}
        if new:
            register_items(
                items=items_in(case=self.case, counts=new, now=self.now), caller=self.cast.platform, desk=self.desk, now=self.now
            )
            self.sent.update(new)
        return bool(new)

    def _notice(self, notice: StoryNotice) -> bool:
        if not self.notices:
            self.platform.count(now=self.now)
            self.views_before = self.platform.views
        caller = self.cast.programs[notice.source]
        receipt = receive_notice(
            notice=NewNotice(
                external_id=None,
                source=notice.source,
                concern=Concern(kind=notice.kind, minor=notice.minor, claimant=notice.claimant, flags=notice.flags),
                places=tuple(Place(item_id=i) if caller.platform else Place(url=page(item=i)) for i in notice.items),
                language="en",
                account_id=notice.reporter if caller.platform else None,
                regimes=notice.regimes,
            ),
            caller=caller,
            desk=self.desk,
            now=self.now,
        )
        self.notices.append(receipt.notice)
        if receipt.case not in self.cases:
            self.cases.append(receipt.case)
        return True

    # The loop.

    def play(self) -> Played:
        self._plan()
        wake: datetime | None = None
        while self._agenda:
            self.now = min(t for t in (self._agenda[0][0], wake, self.staff.next()) if t is not None)
            busy = wake is not None and wake <= self.now
            while self._agenda and self._agenda[0][0] <= self.now:
                busy = heapq.heappop(self._agenda)[2]() or busy
            busy = self.staff.act(now=self.now) or busy
            if busy:
                self._work()
                self.staff.see(rows=self._rows(), now=self.now)
                wake = self._wake()
            if self.notices:
                self.watch.look(notices=self.notices, cases=self.cases, now=self.now)
        return self._played()

    def _work(self) -> None:
        do_what_is_due(desk=self.desk, out=self.platform, alarm=_heard, now=self.now)

    def _wake(self) -> datetime | None:
        """When the desk itself has something to do next; what could not be done now is tried again within a minute."""
        deed = next_deed()
        return max(deed, self.now + timedelta(seconds=1)) if deed else None

    def _rows(self) -> list[CaseRow]:
        """The story's cases as they stand; one that was merged leads to the one it became."""
        rows = read_cases(ids=self.cases)
        if merged := [r for r in rows if r.merged_into is not None]:
            gone = {r.id for r in merged}
            self.cases = sorted({c for c in self.cases if c not in gone} | {r.merged_into for r in merged if r.merged_into})
            return self._rows()
        return rows

    def _played(self) -> Played:
        answers = [a.delivered_at for n in self.notices for a in answers_to(notice=n) if a.kind != "receipt" and a.delivered_at]
        return Played(
            curve=self.curve,
            staffing=self.staffing,
            changes=tuple(self.platform.changes),
            series=tuple(self.platform.series),
            views_before=self.views_before,
            decisions=tuple(self.staff.made),
            answered_at=min(answers, default=None),
            silent_hours=self.watch.hours,
        )


def _heard(payload: dict[str, Any], at: datetime) -> bool:
    """Take an alarm: in a replay somebody always hears it, and whether they act is the staffing's matter."""
    return True
