"""The simulation of a wave: every report, look, clock and order at its own virtual moment, and the promises looked at all the time."""

from __future__ import annotations

import heapq
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.cases.clocks import armed
from odzew.cases.data import Place
from odzew.cases.register import ItemIn, MediaIn
from odzew.cases.rows import CaseRow, read_cases
from odzew.entrypoints.replay.meanwhile import do_what_is_due, next_deed
from odzew.entrypoints.replay.platform import HOST, WEBHOOK, file, page
from odzew.entrypoints.replay.prelude import caller_with, hire
from odzew.entrypoints.replay.silence import Watch, guarded
from odzew.entrypoints.reporter.networks import voice_of
from odzew.entrypoints.simulate.attack import START, Attack, Report
from odzew.entrypoints.simulate.host import Host
from odzew.entrypoints.simulate.people import Staff
from odzew.foundation.secrets import Keys
from odzew.ledger.people import add_platform, add_program
from odzew.notices.api import open_handlings
from odzew.notices.data import Concern, NewNotice, Receipt
from odzew.notices.form import FormAnswers
from odzew.policy.rules import Policy
from odzew.usecases.desk import Desk
from odzew.usecases.file_report import file_report
from odzew.usecases.receive_notice import receive_notice
from odzew.usecases.register_items import register_items

# The worker acts this often while reports come in.
TICK: Final = timedelta(seconds=10)
_BEFORE: Final = timedelta(days=30)
_AFTER: Final = timedelta(hours=1)
_LONGEST: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueOne:
    """What became of one true report: what it was promised, its place and how many stood before it, when hidden and decided."""

    post: str
    promised: datetime
    place: datetime
    ahead: int
    hidden: datetime | None
    decided: datetime | None
    outcome: str


@dataclass(slots=True, kw_only=True)
class Happened:
    """Everything that was seen while an attack was played."""

    staff: Staff
    host: Host
    ended: datetime
    cases: dict[str, uuid.UUID]
    true: list[TrueOne]
    rows: dict[str, CaseRow]
    voices: dict[str, set[str]]
    unguarded: int
    silent: timedelta
    moved_back: int
    unanswered: int
    undecided: int


@dataclass(slots=True)
class _Seen:
    """What one look after the other found."""

    unguarded: int = 0
    moved_back: int = 0
    due: dict[uuid.UUID, datetime] = field(default_factory=dict)


def play(*, attack: Attack, reviewers: int, policy: Policy, filed: Callable[[], object] = lambda: None) -> Happened:
    """Play an attack on an empty desk in the database of this process, until everything is decided and an hour more.

    `filed` is called after each report. Every hide and every true report is looked at after each event. Raises what the use cases raise.
    """
    return _Play(attack, reviewers, policy, filed).play()


class _Play:
    def __init__(self, attack: Attack, reviewers: int, policy: Policy, filed: Callable[[], object]) -> None:
        self.attack, self.now, self.filed = attack, START - _BEFORE, filed
        keys = Keys(master=secrets.token_bytes(32))
        self.desk = Desk(keys=keys, policy=policy, zone="UTC", language="en", size_cached_for=timedelta(0))
        self.host = Host(clock=lambda: self.now)
        view, _ = add_platform(name="platform", hosts=[HOST], private_hosts=[], webhook=WEBHOOK, keys=keys, now=self.now)
        own = add_program(name="platform", scopes=frozenset({"items"}), sources=frozenset({"user"}), platform=view.id, now=self.now)
        self.platform = caller_with(key=own, now=self.now)
        theirs = add_program(name="hotline", scopes=frozenset({"notices"}), sources=frozenset({"hotline"}), now=self.now)
        self.hotline = caller_with(key=theirs, now=self.now)
        people = [hire(name=f"reviewer {n}", keys=keys, now=self.now) for n in range(reviewers)]
        self.cases: dict[str, uuid.UUID] = {}
        self.true: dict[str, tuple[Receipt, datetime, int]] = {}
        self.voices: dict[str, set[str]] = {}
        self.watch, self.seen = Watch(), _Seen()
        size = self.desk.size(now=START)
        self.staff = Staff(desk=self.desk, people=people, harmful=self._harmful, apart=policy.sign[size].apart_person)

    def _harmful(self, case: uuid.UUID) -> bool:
        return any(self.cases.get(post) == case for post in self.attack.harmful)

    # What happens

    def play(self) -> Happened:
        self.now = START
        self._publish()
        reports = [(r.at, n, r) for n, r in enumerate(self.attack.reports)]
        heapq.heapify(reports)
        wake: datetime | None = None
        end: datetime | None = None
        while end is None or self.now < end:
            self.now = self._next(reports, wake, end)
            busy = False
            while reports and reports[0][0] <= self.now:
                self._file(heapq.heappop(reports)[2])
                busy = True
            busy = self.staff.act(now=self.now) or busy or (wake is not None and wake <= self.now)
            if busy:
                self._work()
                wake = next_deed()
            self._look()
            if end is None and not reports and not self._undecided():
                end = self.now + _AFTER
            if self.now > START + _LONGEST:
                break
        return self._happened()

    def _next(self, reports: list[tuple[datetime, int, Report]], wake: datetime | None, end: datetime | None) -> datetime:
        """The next moment: while reports come in, at most one tick on."""
        times = [t for t in (wake, self.staff.next(), end) if t is not None]
        if reports:
            times.append(max(reports[0][0], self.now + TICK))
        return max(min(times, default=self.now + TICK), self.now + timedelta(seconds=1))

    def _publish(self) -> None:
        items = [
            ItemIn(
                id=p.id,
                kind="post",
                url=page(item=p.id),
                account_id=p.account,
                created_at=self.now,
                media=(MediaIn(id=f"file of {p.id}", url=file(item=p.id), sha256=p.id.encode().ljust(32, b".")),),
                spread=(p.views, 0, self.now),
            )
            for p in self.attack.posts
        ]
        register_items(items=items, caller=self.platform, desk=self.desk, now=self.now)

    def _file(self, report: Report) -> None:
        at = report.at
        if report.hotline:
            notice = NewNotice(
                external_id=None,
                source="hotline",
                concern=Concern(kind="csam", minor=True, claimant="other"),
                places=(Place(url=page(item=report.post)),),
            )
            receipt = receive_notice(notice=notice, caller=self.hotline, desk=self.desk, now=at)
        else:
            answers = FormAnswers(
                who=report.who, age=report.age, what=frozenset({"posted"}), where=page(item=report.post), language="en"
            )
            receipt = file_report(
                answers=answers,
                once=secrets.token_hex(8),
                voice=voice_of(network=report.network),
                desk=self.desk,
                now=at,
            )
        self.filed()
        self.cases[report.post] = receipt.case
        self.voices.setdefault(report.post, set()).add(report.network)
        if report.true:
            (row,) = read_cases(ids=[receipt.case])
            others = read_cases(ids=[c for c in set(self.cases.values()) if c != row.id])
            ahead = sum(r.undecided and (r.queue_at, r.id) < (row.queue_at, row.id) for r in others)
            self.true[report.post] = (receipt, row.queue_at, ahead)

    def _work(self) -> None:
        do_what_is_due(desk=self.desk, out=self.host, alarm=self._hear, now=self.now)

    def _hear(self, payload: dict[str, Any], at: datetime) -> bool:
        self.staff.hear(alarm=str(payload.get("code")), now=self.now)
        return True

    def _undecided(self) -> int:
        return sum(row.undecided for row in read_cases(ids=list(set(self.cases.values()))))

    # What is looked at

    def _look(self) -> None:
        """No hide without a running clock; no clock of a true report moved back; no true report met by silence."""
        rows = read_cases(ids=list(set(self.cases.values())))
        hidden = [r.id for r in rows if r.withheld and r.undecided]
        truly = [receipt.case for receipt, _, _ in self.true.values()]
        running = armed(cases=[*hidden, *truly])
        for case in hidden:
            self.seen.unguarded += not guarded(running=running[case], now=self.now)
        undecided = {r.id for r in rows if r.undecided}
        for case in truly:
            due = [c.due for (name, _), c in running[case].items() if name == "child_decide"]
            if case in undecided and due:
                before = self.seen.due.setdefault(case, due[0])
                self.seen.moved_back += due[0] > before and self.now < before
        if self.true:
            self.watch.look(notices=[r.notice for r, _, _ in self.true.values()], cases=truly, now=self.now)

    def _happened(self) -> Happened:
        rows = {r.id: r for r in read_cases(ids=list(set(self.cases.values())))}
        final = {d.case: d for d in self.staff.decisions if d.final}
        true = []
        for post, (receipt, place, ahead) in self.true.items():
            hides = [at for at, measure in self.host.orders.get(post, []) if measure in ("withhold", "remove")]
            decided = final.get(receipt.case)
            true.append(
                TrueOne(
                    post=post,
                    promised=receipt.answer_due,
                    place=place,
                    ahead=ahead,
                    hidden=min(hides, default=None),
                    decided=decided.at if decided else None,
                    outcome=rows[receipt.case].state,
                )
            )
        waiting = open_handlings(cases=list(rows))
        return Happened(
            staff=self.staff,
            host=self.host,
            ended=self.now,
            cases=dict(self.cases),
            true=true,
            rows={post: rows[case] for post, case in self.cases.items()},
            voices=self.voices,
            unguarded=self.seen.unguarded,
            silent=self.watch.silent,
            moved_back=self.seen.moved_back,
            unanswered=sum(map(len, waiting.values())),
            undecided=sum(r.undecided for r in rows.values()),
        )
