"""Whatever people do, in whatever order: no policy is in force that two did not sign, or one alone a day before."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from odzew.foundation.errors import OdzewError
from odzew.ledger.people import Caller, add_person, caller_of_person, desk_size, enrol_second_factor, leave_desk, signers
from odzew.ledger.policies import in_force_before, text_of
from odzew.ledger.policy_changes import open_change
from odzew.policy.load import load_policy
from odzew.usecases.policy_waited import policy_waited
from odzew.usecases.put_policy_in_force import put_policy_in_force
from odzew.usecases.sign_policy import sign_policy
from odzew.usecases.withdraw_policy import withdraw_policy
from tests.cast import KEYS
from tests.usecases.test_policy_changes import SHIPPED, Rules, sooner

DAY = timedelta(hours=24)
TEXTS = (SHIPPED, sooner(20), sooner(30), sooner(40))
ACTS = ("draft", *["sign"] * 5, "stale", "shell", "withdraw", "wait", "wait", "hire", "hire", "leave", "restart")
STEPS = 40


class Walk:
    """A desk on which anything happens, and what somebody who only watched knows of it: who signed which text, when, as what desk."""

    def __init__(self, *, seed: int) -> None:
        self.by = random.Random(seed)
        self.rules = Rules(leads=self.by.choice([1, 1, 1, 2, 3]), others=self.by.choice([0, 0, 1]))
        self.people: list[Caller] = [
            *self.rules.leads,
            *(self.rules.story.reviewer(n) for n in range(1) if self.rules.story.people),
        ]
        self.drafted = 0
        self.signed: list[tuple[int, Caller, datetime, str]] = []
        self.seen: list[tuple[str, str]] = []
        self.changes = 0

    @property
    def now(self) -> datetime:
        """The time of the desk."""
        return self.rules.story.now

    def _sign(self, *, stale: bool = False) -> None:
        there = open_change()
        who = self.by.choice(self.people)
        if there is None:
            return
        digest = load_policy(text=self.by.choice(TEXTS)).digest if stale else there.digest
        alone = desk_size(now=self.now)
        if digest == there.digest:
            self.signed.append((self.drafted, who, self.now, alone))
        try:
            sign_policy(change=there.id, digest=digest, caller=who, desk=self.rules.story.desk, now=self.now)
        except OdzewError:
            if digest == there.digest:
                self.signed.pop()
            raise

    def _hire(self) -> None:
        waits = self.now + DAY if len([p for p in self.people if p.role != "auditor"]) == 1 else None
        role = self.by.choice(["lead", "safety_officer", "reviewer"])
        new = add_person(name=f"new {self.by.random()}", role=role, now=self.now, counts_from=waits)
        enrol_second_factor(person=new.id, keys=KEYS, now=self.now)
        self.people.append(caller_of_person(row_person=new))

    def step(self) -> str:
        """Do one thing; return what it was."""
        act, story = self.by.choice(ACTS), self.rules.story
        there = open_change()
        match act:
            case "draft" | "shell":
                before = there.digest if there else ""
                made = self.rules.draft(self.by.choice(TEXTS), self.by.choice(self.people), by_shell=act == "shell")
                self.drafted += made != before
            case "sign" | "stale":
                self._sign(stale=act == "stale")
            case "withdraw" if there:
                withdraw_policy(change=there.id, caller=self.by.choice(self.people), now=self.now)
                self.drafted += 1
            case "wait":
                self.rules.wait(hours=self.by.choice([0.1, 6, 23, 24, 30]))
            case "hire" if len(self.people) < 5:
                self._hire()
            case "leave" if len(self.people) > 1:
                leave_desk(person=self.people.pop(self.by.randrange(len(self.people))).id, now=self.now)
            case "restart":
                other = self.by.choice(TEXTS)
                put_policy_in_force(policy=load_policy(text=other), text=other, now=self.now)
                policy_waited(desk=story.desk, now=self.now)
            case _:
                pass
        return act

    def justified(self) -> bool:
        """May what has just come into force be in force: by two who may sign now, or by one who waited a day on a desk of one?"""
        able = {p.id for p in signers(now=self.now)}
        by = [(who.id, at, size) for draft, who, at, size in self.signed if draft == self.drafted and who.id in able]
        if len({person for person, _, _ in by}) >= 2:
            return True
        return desk_size(now=self.now) == "solo" and any(size == "solo" and self.now - at >= DAY for _, at, size in by)


@pytest.mark.parametrize("seed", range(10))
def test_no_order_of_acts_puts_in_force_what_was_not_signed(transactional_db: None, seed: int) -> None:
    walk, acts = Walk(seed=seed), list[str]()
    while len(acts) < STEPS or (walk.changes == 0 and len(acts) < 10 * STEPS):
        before = in_force_before()
        last = open_change()
        try:
            acts.append(walk.step())
        except OdzewError as refused:
            acts.append(type(refused).__name__)
        if (after := in_force_before()) != before:
            assert last and last.digest == after, acts
            assert text_of(digest=after or "") == last.text, acts
            assert walk.justified(), acts
            walk.drafted += 1
            walk.changes += 1
    assert walk.changes, acts  # a walk on which nothing takes force proves nothing
