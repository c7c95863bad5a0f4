"""Time ran out on something. Model file: the deed is done by the system, with nobody there, and it says so on the record."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from odzew.alarms.api import ring, ring_once
from odzew.answers.api import undelivered
from odzew.cases.clocks import Name, Ring, arm, armed, claim, due_cases, postpone
from odzew.cases.data import ClockView, ItemView
from odzew.cases.items import covers_registered, items_of_cases
from odzew.cases.rows import CaseRow, lock_cases, save_case
from odzew.decisions.api import open_appeals
from odzew.enforcement.api import in_force_on, measures_of
from odzew.enforcement.data import MeasureView
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.outbox import again
from odzew.notices.api import all_handlings, open_handlings
from odzew.notices.data import OpenHandling
from odzew.policy.data import ClockPlan, Step
from odzew.policy.rules import DECIDING, HIDING_DEEDS
from odzew.usecases._answering import base_facts, reached_elsewhere, tell, tell_verdict
from odzew.usecases._asking import CLOCK, ask_if_stuck
from odzew.usecases._hiding import PROMISING, hide_case, rests_on_claims
from odzew.usecases._verdicts import verdict_of
from odzew.usecases.desk import Desk

log = logging.getLogger(__name__)

_BATCH: Final = 1000
_AGAIN: Final = timedelta(seconds=5)
_AGAIN_LATE: Final = timedelta(minutes=5)
_QUIET: Final = timedelta(hours=1)
_DAILY: Final = timedelta(hours=24)


@dataclass(slots=True, kw_only=True)
class Swept:
    """What one sweep did: deeds by name, and how many failed and were met by the protective outcome."""

    deeds: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    held: int = 0

    @property
    def total(self) -> int:
        """How many steps were done."""
        return sum(self.deeds.values())


def clock_ran_out(*, desk: Desk, now: datetime, limit: int = _BATCH) -> Swept:
    """Do the due steps of up to `limit` clocks, each exactly once however many sweepers run, and return what was done.

    Clock and deed are one transaction; the deeds of all cases claimed together are written together. If that fails, each case is
    done alone; if its deed fails too, what it covers is withheld, an alarm rings and the clock rings again. Nothing is deleted.
    """
    due = due_cases(now=now, limit=limit)
    if not due:
        return Swept()
    try:
        return _sweep(due, desk, now)
    except Exception:  # any fault in one deed must not keep the others from being done
        log.exception("a sweep of several clocks failed; each is done alone")
    swept = Swept()
    for clock, case in due_cases(now=now, limit=limit):  # read again: where the database is away there is nothing to do alone
        _alone(clock, case, swept, desk, now)
    return swept


def _alone(clock: uuid.UUID, case: uuid.UUID | None, swept: Swept, desk: Desk, now: datetime) -> None:
    try:
        one = _sweep([(clock, case)], desk, now)
    except Exception:  # the protective outcome wins
        log.exception("the deed of a clock failed; the protective outcome is taken")
        _protect(clock, case, desk, now)
        swept.failed += 1
    else:
        swept.deeds += one.deeds
        swept.held += one.held


def _sweep(due: list[tuple[uuid.UUID, uuid.UUID | None]], desk: Desk, now: datetime) -> Swept:
    """Done again if the database ended it for the sake of another: that is no fault of a deed."""
    return atomically(lambda: _held_sweep(due, desk, now))


def _held_sweep(due: list[tuple[uuid.UUID, uuid.UUID | None]], desk: Desk, now: datetime) -> Swept:
    swept = Swept()
    # 1. Hold the cases; those that somebody is working on are left for the next sweep.
    held = {row.id: row for row in lock_cases(ids=sorted({c for _, c in due if c}), skip_locked=True)}
    # 2. Claim their clocks: whoever comes second gets nothing.
    mine = [clock for clock, case in due if case is None or case in held]
    swept.held = len(due) - len(mine)
    rings = claim(clocks=mine, now=now)
    # 3. Do the deeds, case by case, into one write.
    writes, warned = Writes(), Counter[str]()
    by_case: dict[uuid.UUID | None, list[Ring]] = {}
    for r in sorted(rings, key=lambda r: (r.due, r.clock)):
        by_case.setdefault(r.case, []).append(r)
    running = armed(cases=[c for c in by_case if c])
    waiting = open_handlings(cases=[c for c in by_case if c])
    covered = items_of_cases(cases=[c for c, its in by_case.items() if c and any(r.deed in HIDING_DEEDS for r in its)])
    standing = in_force_on(items=[i.id for items in covered.values() for i in items])
    for case, its in by_case.items():
        if case is not None:
            _Deeds(held[case], running[case], waiting[case], covered.get(case), standing, writes, desk, now).do(its)
        warned.update(r.name for r in its if r.deed == "warn")
        swept.deeds.update(r.deed for r in its)
    for name, count in warned.items():
        ring(writes, code="clock_warning", now=now, facts={"clock": name, "clocks": count})
    writes.send()
    return swept


class _Deeds:
    """What the due clocks of one case make the desk do."""

    def __init__(
        self,
        row: CaseRow,
        running: Mapping[Name, ClockView],
        waiting: list[OpenHandling],
        covered: list[ItemView] | None,
        standing: Mapping[uuid.UUID, MeasureView],
        writes: Writes,
        desk: Desk,
        now: datetime,
    ) -> None:
        self.row, self.before, self.running, self.waiting = row, row, running, waiting
        self.covered, self.standing = covered, standing if covered is not None else None
        self.writes, self.desk, self.now = writes, desk, now
        self.told: set[uuid.UUID] = set()

    def do(self, rings: list[Ring]) -> None:
        """Do each step in order of time; the case is written once."""
        for r in rings:
            record(
                self.writes,
                kind="clock.rang",
                actor="clock",
                now=self.now,
                case=self.row.id,
                facts={"clock": str(r.clock), "name": r.name, "deed": r.deed, "due": r.due, "subject": str(r.subject or "")},
            )
            if r.deed in HIDING_DEEDS:
                self._hide(r, scope="item" if r.deed == "withhold_item" else "media")
            elif r.deed == "escalate":
                self._escalate(r)
            elif r.deed == "answer":
                self._answer(r)
            elif r.deed == "resend":
                self._resend(r)
            if r.last and r.deed in HIDING_DEEDS and not any(o.last and o.deed == "escalate" for o in rings):
                self._kept(r)
        if self.row != self.before:
            save_case(self.writes, before=self.before, after=self.row)

    def _hide(self, r: Ring, *, scope: str) -> None:
        if not self.row.undecided or (self.row.withheld and scope == "media"):
            return
        # 1. What stands is read anew unless it was read for the first ring; then what that ring ordered must be written before.
        if self.covered is None:
            self.writes.send()
        self.row = hide_case(
            self.writes,
            case=self.row,
            scope=scope,
            unverified=not self.row.withheld and scope == "media" and rests_on_claims(case=self.row),
            actor="clock",
            why=r.name,
            running={k: v for k, v in self.running.items() if v.id != r.clock},
            desk=self.desk,
            now=self.now,
            items=self.covered,
            standing=self.standing,
        )
        self.covered = self.standing = None

    def _escalate(self, r: Ring) -> None:
        ring(self.writes, code="overdue", now=self.now, case=self.row.id, facts={"clock": r.name})
        must_hide = r.name == DECIDING.get(self.row.regime) and self.row.regime != "other" and self.row.published  # type: ignore[call-overload]
        if must_hide and not self.row.clearances:
            self._hide(r, scope="media")
        if r.name == "danger" and not self.row.undecided:
            return  # Nobody will decide it, so nothing would ever stop the clock; people were called.
        if r.name in DECIDING.values():
            self._ask_outside()
        others = [c.due for (n, _), c in self.running.items() if n in PROMISING and c.id != r.clock and c.due > self.now]
        # Who waits for an opinion hears of it once at its date, and then from the clock of the decision.
        due = min(others) if r.name == CLOCK and others else self._again(r)
        if r.name in PROMISING:
            self._news(r, due)

    def _ask_outside(self) -> None:
        """Since the last decision everybody who may decide has decided or gone: somebody outside is asked, and who waits is told."""
        asked = ask_if_stuck(self.writes, case=self.row, waiting=self.waiting, running=self.running, desk=self.desk, now=self.now)
        if asked:
            self.told |= {h.notice for h in self.waiting}

    def _kept(self, r: Ring) -> None:
        """A clock that hides is never the last to bring news; where news was promised by its end, they come, hidden before or not."""
        if not self.row.undecided:
            return
        left = [c.due for (n, _), c in self.running.items() if n in PROMISING and c.id != r.clock]
        if not left:
            regime = self.row.regime if self.row.regime in DECIDING else "other"
            plan = self.desk.policy.plan(DECIDING[regime])  # type: ignore[index]
            left = [arm(self.writes, plan=plan, case=self.row.id, running=self.running, now=self.now)]
        if r.name in PROMISING:
            self._news(r, min(left))

    def _again(self, r: Ring) -> datetime:
        """Start the clock again, for a day; escalation never ends in silence."""
        pause = self.desk.policy.clocks[r.name].length if r.name == "statement_review" else _DAILY
        plan = ClockPlan(name=r.name, length=pause, steps=(Step(after=pause, deed="escalate"),))
        others = {k: v for k, v in self.running.items() if v.id != r.clock}
        return arm(self.writes, plan=plan, case=self.row.id, running=others, now=self.now, subject=r.subject)

    def _news(self, r: Ring, due: datetime) -> None:
        """Tell those who wait that it is late, what is true now, and when they hear from us next."""
        readers = self._readers(r)
        readers = [h for h in readers if h.notice not in self.told]
        self.told |= {h.notice for h in readers}
        if not readers:
            return
        facts = base_facts(
            kind="update",
            case=self.row,
            measures=measures_of(case=self.row.id),
            promise=due,
            found=covers_registered(case=self.row.id),
            desk=self.desk,
            now=self.now,
        )
        late = r.deed == "escalate"
        tell(
            self.writes,
            case=self.row,
            handlings=readers,
            facts=replace(facts, late=late),
            desk=self.desk,
            now=self.now,
            running=self.running,
        )

    def _readers(self, r: Ring) -> list[OpenHandling]:
        if r.name == "appeal_decide":
            appellant = {a.notice for a in open_appeals(case=self.row.id) if a.id == r.subject}
            return [h for h in all_handlings(case=self.row.id) if h.notice in appellant]
        if r.name == "statement_review":
            return []
        return self.waiting

    def _answer(self, r: Ring) -> None:
        """News on the way, or the answer that a decision owes."""
        if r.name != "decision_notice":
            self._news(r, self._next_promise(r))
            return
        verdict = verdict_of(case=self.row)
        readers = [h for h in self.waiting if h.notice == r.subject]
        others = {k: v for k, v in self.running.items() if v.id != r.clock}
        if verdict is None or not readers:
            return
        ring(self.writes, code="answer_late", now=self.now, case=self.row.id)
        if given := undelivered(case=self.row.id, notice=readers[0].notice, since=verdict.at):
            again(subject=given, now=self.now)
            self._answer_again(r, others)
            return
        measures = measures_of(case=self.row.id)
        settled = all(m.state in ("done", "told") for m in measures if m.in_force and m.item)
        tell_verdict(
            self.writes,
            case=self.row,
            handlings=readers,
            measures=measures,
            verdict=verdict,
            running=others,
            desk=self.desk,
            now=self.now,
            anyway=True,
        )
        if not settled or any(reached_elsewhere(handling=h) for h in readers):
            self._answer_again(r, others)

    def _answer_again(self, r: Ring, others: Mapping[Name, ClockView]) -> None:
        plan = ClockPlan(name=r.name, length=_DAILY, steps=(Step(after=_DAILY, deed="answer"),))
        arm(self.writes, plan=plan, case=self.row.id, running=others, now=self.now, subject=r.subject)

    def _next_promise(self, r: Ring) -> datetime:
        following = [at for at, deed in r.steps[r.step + 1 :] if deed in ("answer", "escalate", "withhold")]
        return following[0] if following else self.now + _DAILY

    def _resend(self, r: Ring) -> None:
        if r.subject is None:
            return
        ring(self.writes, code="not_delivered", now=self.now, case=self.row.id, facts={"clock": r.name})
        again(subject=r.subject, now=self.now)
        plan = ClockPlan(name=r.name, length=_DAILY, steps=(Step(after=_DAILY, deed="resend"),))
        others = {k: v for k, v in self.running.items() if v.id != r.clock}
        arm(self.writes, plan=plan, case=self.row.id, running=others, now=self.now, subject=r.subject)


def _protect(clock: uuid.UUID, case: uuid.UUID | None, desk: Desk, now: datetime) -> None:
    """The deed of a clock could not be done: hide what it is about, ring, and let the clock ring again. Never leave it up."""
    try:
        with transaction.atomic():
            writes = Writes()
            ring_once(writes, code="deed_failed", every=_QUIET, now=now, case=case)
            record(writes, kind="clock.failed", actor="clock", now=now, case=case, facts={"clock": str(clock)})
            rows = lock_cases(ids=[case]) if case else []
            if rows and rows[0].undecided and not rows[0].withheld and rows[0].regime != "other" and rows[0].published:
                after = hide_case(
                    writes,
                    case=rows[0],
                    scope="media",
                    unverified=False,
                    actor="clock",
                    why="deed_failed",
                    running={},
                    desk=desk,
                    now=now,
                )
                save_case(writes, before=rows[0], after=after)
            writes.send()
            postpone(clock=clock, now=now, least=_AGAIN, most=_AGAIN_LATE)
    except Exception:  # even this failed: the clock stays armed and due, `/readyz` turns red
        log.exception("the protective outcome of a clock failed; it stays due")
