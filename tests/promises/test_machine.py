"""The promises under any order of reports, decisions, appeals, hirings, jumps of time, failures and crashes."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from odzew.foundation.errors import OdzewError
from odzew.ledger.people import leave_desk
from odzew.notices.data import Receipt
from odzew.usecases.appeal import appeal
from odzew.usecases.clock_ran_out import clock_ran_out
from odzew.usecases.enforce import enforce
from odzew.usecases.give_opinion import give_opinion
from tests.cast import Story
from tests.promises import truth

EXAMPLES = int(os.environ.get("ODZEW_PROMISE_EXAMPLES", "0")) or 40
KINDS = ("csam", "csam", "ncii", "grooming", "other")
OUTCOMES = ("remove", "keep_withheld", "no_violation", "no_violation", "not_found", "cannot_judge")
MODES = ("honest", "honest", "slow", "lying", "down", "400", "500")
JUMPS = (5, 61, 13 * 60, 25 * 60, 73 * 60, 15 * 24 * 60)


class Died(BaseException):
    """The process was killed: nothing may catch this."""


@contextmanager
def dying_at(statement: int) -> Iterator[None]:
    """Let the process die before its n-th statement."""
    left = [statement]

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise Died
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield


class Machine(RuleBasedStateMachine):
    """One desk; `receipts` are what was acknowledged, `votes` what people said to clear a case, with what they saw."""

    @initialize(people=st.sampled_from([1, 2, 5]))
    def start(self, people: int) -> None:
        """Open a desk."""
        truth.empty()
        self.story = Story(people=people)
        self.items: list[str] = []
        self.receipts: list[Receipt] = []
        self.stored: dict[uuid.UUID, str] = {}
        self.due: dict[uuid.UUID, datetime] = {}
        self.places: dict[uuid.UUID, tuple[int, datetime]] = {}
        self.outside = self.story.hire("Outside", "outside")
        self.story.people.pop()
        self.gone: set[uuid.UUID] = set()
        self.votes: dict[uuid.UUID, list[tuple[uuid.UUID, str, datetime, frozenset[str]]]] = {}
        self.cleared: set[uuid.UUID] = set()
        self.hidden: set[uuid.UUID] = set()
        self.opinions: set[uuid.UUID] = set()
        self.settled = False
        self.die: int | None = None
        self.sent: list[tuple[str, dict[str, Any], Receipt]] = []

    def do(self, act: Callable[[], Any]) -> Any:
        """Do an act, perhaps with a crash in its middle; a sentence of ours is a fair end of it."""
        self.settled, died, self.die = False, self.die, None
        try:
            if died is None:
                return act()
            with dying_at(died):
                return act()
        except (OdzewError, Died):
            return None

    # What the platform tells us

    @rule(sha=st.integers(0, 4), account=st.sampled_from(["u1", "u2"]), views=st.sampled_from([0, 600]))
    def post(self, sha: int, account: str, views: int) -> None:
        """A new post, perhaps with bytes that are known."""
        item = f"p{len(self.items)}"
        self.items.append(item)
        self.do(lambda: self.story.post(item, sha=bytes([sha]) * 32, account=account, views=views))

    @precondition(lambda self: self.items)
    @rule(at=st.integers(0, 50), sha=st.integers(0, 6))
    def change(self, at: int, sha: int) -> None:
        """Other files under an id that is known."""
        item = self.items[at % len(self.items)]
        self.do(lambda: self.story.post(item, sha=bytes([sha]) * 32))

    @precondition(lambda self: self.items)
    @rule(at=st.integers(0, 50), sha=st.integers(5, 9))
    def repost(self, at: int, sha: int) -> None:
        """A repost of a post."""
        target, item = self.items[at % len(self.items)], f"p{len(self.items)}"
        self.items.append(item)
        self.do(lambda: self.story.post(item, sha=bytes([sha]) * 32, repost_of=target))

    # Reports

    @precondition(lambda self: self.items)
    @rule(
        at=st.integers(0, 50), kind=st.sampled_from(KINDS), minor=st.sampled_from([True, False, None]),
        claimant=st.sampled_from(["depicted", "guardian", "other", "other"]), by=st.sampled_from(["user", "user", "known", "hotline"]),
        early=st.booleans(), threat=st.sampled_from([False, False, False, True]), again=st.booleans(),
    )  # fmt: skip
    def report(
        self, at: int, kind: str, minor: bool | None, claimant: str, by: str, early: bool, threat: bool, again: bool
    ) -> None:
        """A notice, of something registered or of an address that will be."""
        name = f"p{len(self.items)}" if early else self.items[at % len(self.items)]
        how: dict[str, Any] = {
            "kind": kind, "minor": minor, "claimant": claimant, "url": f"https://kladka.example/posts/{name}",
            "flags": frozenset({"threat_to_publish"}) if threat else frozenset(),
        }  # fmt: skip
        if by == "hotline":
            how |= {"by": self.story.hotline, "source": "hotline"}
        elif by == "known":
            how |= {"account": "reader"}
        if again:
            how |= {"external_id": f"e{len(self.sent)}"}
        receipt = self.do(lambda: self.story.report(name, **how))
        if receipt is not None:
            self.receipts.append(receipt)
            self.stored[receipt.notice] = truth.notices()[receipt.notice]
            if again:
                self.sent.append((name, how, receipt))

    @precondition(lambda self: self.sent)
    @rule(at=st.integers(0, 50))
    def report_again(self, at: int) -> None:
        """The same program sends the same notice again: nothing new, and the same reply for a day."""
        name, how, receipt = self.sent[at % len(self.sent)]
        same = self.do(lambda: self.story.report(name, **how))
        if same is not None:
            assert same.notice == receipt.notice and same.repeated and same.code in (receipt.code, None)

    # Stretches of the usual course, so that every run gets beyond its first report

    @rule(sha=st.integers(0, 4), claimant=st.sampled_from(["depicted", "other"]), known=st.booleans())
    def harm(self, sha: int, claimant: str, known: bool) -> None:
        """A post is reported, and the worker has done what follows."""
        self.post(sha=sha, account="u1", views=0)
        by = "known" if known else "user"
        at = len(self.items) - 1
        self.report(at=at, kind="csam", minor=True, claimant=claimant, by=by, early=False, threat=False, again=False)
        self.settle()

    @precondition(lambda self: self.receipts)
    @rule(at=st.integers(0, 50), outcome=st.sampled_from(["remove", "no_violation"]))
    def everybody_decides(self, at: int, outcome: str) -> None:
        """All people say the same, and the worker has done what follows."""
        for who in range(len(self.story.people)):
            self.decide(at=at, who=who, outcome=outcome)
        self.settle()

    @rule(by=st.sampled_from(["hotline", "outside"]), outcome=st.sampled_from(["remove", "no_violation"]), crash=st.integers(0, 20))
    def nobody_is_left(self, by: str, outcome: str, crash: int) -> None:
        """What a hotline raised is cleared by one and kept hidden by the next, if there is one; then somebody outside speaks."""
        self.post(sha=len(self.items) % 256, account="u2", views=0)
        at = len(self.items) - 1
        self.report(at=at, kind="csam", minor=True, claimant="other", by="hotline", early=False, threat=False, again=False)
        last = len(self.receipts) - 1
        for who, said in enumerate(("no_violation", "remove")[: len(self.story.people)]):
            self.decide(at=last, who=who, outcome=said)
        self.die = crash or None
        self.opine(at=last, by=by, outcome=outcome)
        self.opine(at=last, by=by, outcome=outcome)

    @precondition(lambda self: len(self.items) > 1)
    @rule(at=st.integers(0, 50), other=st.integers(0, 50))
    def turn_out_to_be_one(self, at: int, other: int) -> None:
        """Two posts get the same bytes."""
        for n in (at, other):
            self.change(at=n, sha=(at + other) % 7)

    # People

    @precondition(lambda self: self.receipts and self.story.people)
    @rule(at=st.integers(0, 50), who=st.integers(0, 9), outcome=st.sampled_from(OUTCOMES))
    def decide(self, at: int, who: int, outcome: str) -> None:
        """Somebody decides."""
        case = _now(self.receipts[at % len(self.receipts)].case)
        person = self.story.people[who % len(self.story.people)]
        saw = truth.covered(case=case)
        decided = self.do(lambda: self.story.decide(case, who % len(self.story.people), outcome))
        if decided is None:
            return
        vote = (person.id, outcome, self.story.now, saw)
        if decided.state != "final":
            self.votes.setdefault(case, []).append(vote)
            return
        earlier = self.votes.pop(case, [])
        if outcome in ("no_violation", "not_found"):
            outsiders = {self.outside.id, self.story.hotline.id}
            same = [v for v in earlier if v[1] == outcome or v[0] in outsiders]
            self._may_clear(case, [*same, vote], saw)
            self.cleared.add(case)

    @precondition(lambda self: self.receipts)
    @rule(
        at=st.integers(0, 50), by=st.sampled_from(["hotline", "outside", "stranger"]),
        outcome=st.sampled_from(["remove", "no_violation", "no_violation", "cannot_judge"]),
    )  # fmt: skip
    def opine(self, at: int, by: str, outcome: str) -> None:
        """Somebody outside the desk gives an opinion."""
        case = _now(self.receipts[at % len(self.receipts)].case)
        who = {"hotline": self.story.hotline, "outside": self.outside, "stranger": self.story.program}[by]
        saw, now = truth.covered(case=case), self.story.now
        given = self.do(lambda: give_opinion(case=case, caller=who, outcome=outcome, reason="Said.", desk=self.story.desk, now=now))
        if given is None or given.opinion in self.opinions:
            return  # refused, or the same opinion sent again
        self.opinions.add(given.opinion)
        assert by != "stranger", "somebody whom nobody asks gave an opinion"
        if truth.rows("SELECT state FROM cases_case WHERE id = %s", case)[0]["state"] in truth.UNDECIDED:
            if outcome == "no_violation":
                self.votes.setdefault(case, []).append((who.id, outcome, now, saw))
        elif (
            outcome == "no_violation" and truth.rows("SELECT withheld FROM cases_case WHERE id = %s", case)[0]["withheld"] is False
        ):
            earlier = [v for v in self.votes.pop(case, []) if v[1] in ("no_violation", "not_found")]
            people = {p.id for p in self.story.people} | self.gone
            assert any(v[0] in people for v in earlier), "a case was cleared by opinions alone"
            self._may_clear(case, [*earlier, (who.id, outcome, now, saw)], saw)
            self.cleared.add(case)

    def _may_clear(
        self, case: uuid.UUID, votes: list[tuple[uuid.UUID, str, datetime, frozenset[str]]], saw: frozenset[str]
    ) -> None:
        """Promise 4, by the house practice, section 1: who had to sign so that this case could be cleared now?"""
        said = truth.rows(
            "SELECT n.kind, n.minor, n.claimant, n.source FROM notices_notice n JOIN notices_handling h ON h.notice_id = n.id "
            "WHERE h.case_id = %s AND h.state <> 'moved'",
            case,
        )
        child = any(n["kind"] in truth.CHILD or n["minor"] for n in said)
        child = child or (any(n["kind"] == "ncii" for n in said) and any(n["minor"] is None for n in said))
        if not child:
            return
        counted = [v for v in votes if saw <= v[3]]
        if len({v[0] for v in counted}) >= 2:
            return
        assert len(self.story.people) == 1, "one person cleared a case about a child where several are there"
        assert not any(n["source"] == "hotline" for n in said), "one person alone cleared what a hotline raised"
        apart = timedelta(hours=72 if any(n["claimant"] != "other" for n in said) else 12)
        times = sorted(v[2] for v in counted)
        assert len(times) >= 2 and times[-1] - times[0] >= apart, "one person cleared it without looking twice, apart in time"

    @precondition(lambda self: self.receipts)
    @rule(at=st.integers(0, 50), by=st.sampled_from(["reporter", "u1", "u2"]))
    def complain(self, at: int, by: str) -> None:
        """A reporter or an uploader appeals."""
        receipt = self.receipts[at % len(self.receipts)]
        if receipt.code is None:
            return
        case, code = _now(receipt.case), receipt.code
        if by == "reporter":
            self.do(
                lambda: appeal(case=case, by="reporter", text="Look.", receipt_code=code, desk=self.story.desk, now=self.story.now)
            )
        else:
            self.do(
                lambda: appeal(
                    case=case, by="uploader", text="Mine.", account_id=by, caller=self.story.program, desk=self.story.desk,
                    now=self.story.now,
                )
            )  # fmt: skip

    @precondition(lambda self: len(self.story.people) < 5)
    @rule()
    def hire(self) -> None:
        """Somebody joins the desk."""
        self.story.hire(f"reviewer {uuid.uuid4()}", "reviewer")

    @precondition(lambda self: len(self.story.people) > 1)
    @rule(who=st.integers(0, 9))
    def leave(self, who: int) -> None:
        """Somebody leaves the desk."""
        person = self.story.people.pop(who % len(self.story.people))
        self.gone.add(person.id)
        leave_desk(person=person.id, now=self.story.now)

    # Time and trouble

    @rule(minutes=st.sampled_from(JUMPS))
    def later(self, minutes: int) -> None:
        """Time passes with nobody at work."""
        self.story.now += timedelta(minutes=minutes)
        self.settled = False

    @rule(mode=st.sampled_from(MODES))
    def platform(self, mode: str) -> None:
        """The platform changes its ways."""
        self.story.platform_side.mode = mode

    @rule()
    def reappear(self) -> None:
        """What was hidden is there again, without an order of ours; a day later the worker has looked."""
        self.story.platform_side.status.clear()
        for _ in range(3):
            self.story.now += timedelta(hours=8)
            self.do(lambda: self.story.work(rounds=3))

    @rule(statement=st.integers(1, 30))
    def dies(self, statement: int) -> None:
        """The next act dies at some statement."""
        self.die = statement

    @rule()
    def sweep(self) -> None:
        """One round of the worker, perhaps cut short."""
        self.do(lambda: clock_ran_out(desk=self.story.desk, now=self.story.now))
        story = self.story
        self.do(lambda: enforce(desk=story.desk, out=story.platform_side, alarm=story.ring, clock=lambda: story.now))

    @rule()
    def settle(self) -> None:
        """The worker runs until nothing is due."""
        self.die = None
        self.story.now += timedelta(minutes=1)
        self.story.work(rounds=12)
        self.settled = True

    # What must hold

    @invariant()
    def holds(self) -> None:
        """The promises that can be read off the tables."""
        if not hasattr(self, "story"):
            return
        stored = truth.notices()
        assert {n: stored.get(n) for n in self.stored} == self.stored, "an acknowledged notice is lost or changed"
        truth.no_silence()
        truth.one_fate()
        truth.done_was_seen()
        truth.on_record()
        if self.settled:
            truth.late_is_hidden(now=self.story.now)

    @invariant()
    def only_raises(self) -> None:
        """Promise 5: no clock moves back, no place falls within a round; and what is hidden is only un-hidden by a clearance."""
        if not hasattr(self, "story"):
            return
        due = truth.clocks()
        later = {c for c, at in due.items() if c in self.due and at > self.due[c]}
        assert not later, f"a running clock was moved back: {later}"
        self.due = due
        cases = truth.rows("SELECT id, state, round, queue_at, withheld FROM cases_case WHERE state <> 'merged'")
        for c in cases:
            before = self.places.get(c["id"])
            assert before is None or before[0] != c["round"] or c["queue_at"] <= before[1], f"{c['id']} fell in the queue"
            self.places[c["id"]] = (c["round"], c["queue_at"])
        hidden = {c["id"] for c in cases if c["withheld"]}
        shown = {c["id"] for c in cases if not c["withheld"]}
        assert not (self.hidden & shown) - self.cleared, "a case was un-hidden without a clearance"
        self.hidden, self.cleared = hidden, set()


def _now(case: uuid.UUID) -> uuid.UUID:
    while True:
        into = truth.rows("SELECT merged_into FROM cases_case WHERE id = %s", case)[0]["merged_into"]
        if into is None:
            return case
        case = into


@pytest.mark.timeout(3600)
def test_the_promises_hold_whatever_happens(transactional_db: None) -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
