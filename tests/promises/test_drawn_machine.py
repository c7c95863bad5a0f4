"""The promises where every final decision is drawn: no second look, in any order of events, un-hides or slows anything."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from odzew.ledger.people import Caller
from odzew.usecases.give_back import give_back
from odzew.usecases.settle_disagreement import settle_disagreement
from odzew.usecases.take_next import take_next
from tests.promises import truth
from tests.promises.test_machine import OUTCOMES, Machine, _now

EXAMPLES = int(os.environ.get("ODZEW_PROMISE_EXAMPLES", "0")) or 10

FIRST = ("remove", "no_violation", "no_violation", "keep_withheld")
DRAWN = ("ncii", "csam", "other")


def world(*, but: uuid.UUID | None = None) -> dict[str, Mapping[Any, Any]]:
    """Return all that reaches anybody: what is hidden, ordered, told, running and waiting; without one case."""
    asked = {
        "hidden": "SELECT id, withheld AS what, id AS case_id FROM cases_case",
        "clocks": "SELECT id, due_at AS what, case_id FROM cases_clock WHERE state = 'armed'",
        "measures": "SELECT id, measure || in_force::text AS what, case_id FROM enforcement_measure",
        "answers": "SELECT id, kind AS what, case_id FROM answers_answer",
        "statements": "SELECT id, state AS what, case_id FROM decisions_statement",
        "places": "SELECT id, queue_at AS what, id AS case_id FROM cases_case WHERE state IN ('open', 'awaiting_second', 'disputed', 'specialist')",
    }
    return {
        name: {r["id"]: r["what"] for r in truth.rows(sql) if r["case_id"] != but}
        for name, sql in asked.items()
    }  # fmt: skip


class Drawn(Machine):
    """The same desk, with a lead, where every final decision is drawn."""

    looks = 0

    @initialize(
        people=st.sampled_from([2, 5, 1]), first=st.sampled_from(FIRST), second=st.sampled_from(OUTCOMES), kind=st.sampled_from(DRAWN)
    )  # fmt: skip
    def start(self, people: int, first: str = "remove", second: str = "remove", kind: str = "ncii") -> None:
        """Open a desk, and see two looks on it, so that every run has some."""
        super().start(people)
        desk = self.story.desk
        self.story.desk = replace(desk, policy=replace(desk.policy, double=replace(desk.policy.double, share=1.0)))
        self.lead: Caller | None = self.story.hire("Lead", "lead") if people > 1 else None
        self.two_looks(first=first, second=second, kind=kind, claimant="other", crash=0)

    def _drawn_for(self, case: uuid.UUID, who: uuid.UUID) -> uuid.UUID | None:
        """Written a second time: whose answer on a decided case is a second look?"""
        found = truth.rows(
            "SELECT o.id FROM decisions_double o JOIN cases_case c ON c.id = o.case_id AND c.round = o.round "
            "JOIN decisions_lease l ON l.double_id = o.id WHERE c.id = %s AND l.person_id = %s AND l.how <> 'given_back' "
            "AND o.state = 'waiting' AND c.state IN ('removed', 'kept_withheld', 'cleared', 'not_found')",
            case, who,
        )  # fmt: skip
        return found[0]["id"] if found else None

    @precondition(lambda self: self.receipts and self.story.people)
    @rule(at=st.integers(0, 50), who=st.integers(0, 9), outcome=st.sampled_from(OUTCOMES))
    def decide(self, at: int, who: int, outcome: str) -> None:
        """Somebody decides; or it is a second look, and then it changes nothing, or hides."""
        case, number = _now(self.receipts[at % len(self.receipts)].case), who % len(self.story.people)
        double = self._drawn_for(case, self.story.people[number].id)
        if double is None:
            Machine.decide(self, at, who, outcome)
        else:
            self._look(case, number, outcome, double)

    def _look(self, case: uuid.UUID, number: int, outcome: str, double: uuid.UUID) -> None:
        before, elsewhere = world(), world(but=case)
        given = self.do(lambda: self.story.decide(case, number, outcome))
        (state,) = (r["state"] for r in truth.rows("SELECT state FROM decisions_double WHERE id = %s", double))
        after = world()
        if given is None or state != "worse":
            assert after == before, f"a second look that came to {state} changed something"
        else:
            assert world(but=case) == elsewhere, "a second look changed another case"
            assert after["hidden"][case] or not before["hidden"][case]
            assert not [m for k, m in after["measures"].items() if k not in before["measures"] and "restore" in m]
            assert after["answers"] == before["answers"]
            hid = after["hidden"][case] and not before["hidden"][case]
            told = {k: v for k, v in after["statements"].items() if k not in before["statements"]}
            assert hid or not told, "an uploader was told of a limit that is none"
            assert {k: v for k, v in after["statements"].items() if k not in told} == before["statements"]
        if given is not None:
            type(self).looks += 1

    @precondition(lambda self: self.story.people)
    @rule(who=st.integers(0, 9), back=st.sampled_from([False, False, True]))
    def take(self, who: int, back: bool, other_than: uuid.UUID | None = None) -> None:
        """Somebody presses next, and perhaps gives it back; neither changes anything of a case."""
        person, before = self.story.reviewer(who % len(self.story.people)), world()
        lease = self.do(lambda: take_next(caller=person, desk=self.story.desk, now=self.story.now))
        if lease is not None and (back or other_than not in (None, lease.case)):
            self.do(lambda: give_back(case=lease.case, caller=person, now=self.story.now))
        assert world() == before

    @precondition(lambda self: self.story.people)
    @rule(
        first=st.sampled_from(FIRST), second=st.sampled_from(OUTCOMES), kind=st.sampled_from(DRAWN), claimant=st.sampled_from(["depicted", "other"]),
        crash=st.sampled_from([0, 0, 0, 4, 9, 15]),
    )  # fmt: skip
    def two_looks(self, first: str, second: str, kind: str, claimant: str, crash: int) -> None:
        """The usual course of one that is drawn: decided by as many as it takes, told, handed out, looked at, perhaps with a crash."""
        self.post(sha=len(self.items) % 256, account="u2", views=0)
        at, minor = len(self.items) - 1, kind == "csam"
        self.report(at=at, kind=kind, minor=minor, claimant=claimant, by="user", early=False, threat=False, again=False)
        last = len(self.receipts) - 1
        for who in range(2 if minor and first == "no_violation" else 1):
            self.decide(at=last, who=who, outcome=first)
        self.settle()
        case = _now(self.receipts[last].case)
        for who in [n for n in range(len(self.story.people)) for _ in range(4)]:
            handed = self._drawn_for(case, self.story.people[who].id)
            if handed is None:
                self.take(who=who, back=False, other_than=case)
        self.die = crash or None
        for who in range(len(self.story.people)):
            self.decide(at=last, who=who, outcome=second)

    @precondition(lambda self: self.lead is not None)
    @rule(choice=st.sampled_from(["kept", "reopened"]))
    def settle_difference(self, choice: str) -> None:
        """The lead settles the oldest difference: nothing is shown, hidden or told by it."""
        found = truth.rows("SELECT id, case_id FROM decisions_double WHERE state = 'differs' ORDER BY given_at LIMIT 1")
        if not found or self.lead is None:
            return
        lead, double, before = self.lead, found[0]["id"], world()
        self.do(lambda: settle_disagreement(double=double, choice=choice, caller=lead, desk=self.story.desk, now=self.story.now))
        after = world()
        for name in ("hidden", "measures", "answers", "statements"):
            assert after[name] == before[name], f"settling changed {name}"

    @invariant()
    def never_by_the_same(self) -> None:
        """First and second are never the same person; and no case about a child was drawn before all had signed."""
        same = truth.rows(
            "SELECT o.id FROM decisions_double o JOIN decisions_decision d ON d.id = o.decision_id OR (d.case_id = o.case_id "
            "AND d.round = o.round AND o.round > 0 AND d.at <= o.at) WHERE d.person_id = o.second_id"
        )
        assert not same, "somebody gave a second look at their own decision"
        early = truth.rows(
            "SELECT o.id FROM decisions_double o JOIN decisions_decision d ON d.id = o.decision_id WHERE d.state <> 'final'"
        )
        assert not early, "a decision was drawn that is not final"


def test_no_second_look_shows_or_slows_anything(transactional_db: None) -> None:
    Drawn.looks = 0
    run_state_machine_as_test(
        Drawn,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=20,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Drawn.looks > EXAMPLES // 4, "too few second looks were given to say anything"
