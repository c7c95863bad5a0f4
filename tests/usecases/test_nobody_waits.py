"""No case outlives its clock while any reviewer is free: played with the real intake, queue, leases, decisions and clocks.

What is shown: at every moment, an undecided case is in somebody's hands, or each idle person is one who may not decide it, or gave it
back a short while ago; and whoever takes one takes the first of those that they may take. So a case is late only while everybody who
may decide it is at another that stood before it. The assumption: nobody is torn from a case in hand. Where a clock is shorter than one
decision, a case that comes while all are busy may be late by as long as the first of them still needs, and never by more.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odzew.cases.queue import waiting
from odzew.cases.rows import CaseRow
from odzew.decisions.leases import lease_of, leases_on
from odzew.foundation.errors import Forbidden
from odzew.usecases._deciding import Deciding, Signature
from odzew.usecases.clock_ran_out import clock_ran_out
from odzew.usecases.give_back import give_back
from odzew.usecases.take_next import LASTS, SKIPS, take_next
from tests.cast import Story

KINDS: Any = [("csam", True), ("csam", None), ("ncii", False), ("grooming", True), ("other", False)]
arrivals = st.lists(st.tuples(st.integers(0, 90), st.sampled_from(KINDS), st.integers(0, 10_000)), min_size=2, max_size=6)
acts = st.lists(
    st.sampled_from(["remove", "no_violation", "no_violation", "cannot_judge", "keep_withheld", "back", "away"]),
    min_size=8,
    max_size=8,
)


@dataclass
class Play:
    """A day at the desk. `busy`: until when each person works, and what they do then; `back`: when who gave which case back."""

    story: Story
    minutes: list[int]
    acts: list[str]
    busy: dict[int, tuple[datetime, str, uuid.UUID]] = field(default_factory=dict)
    back: dict[tuple[int, uuid.UUID], datetime] = field(default_factory=dict)
    taken: int = 0

    def may(self, who: int, row: CaseRow) -> bool:
        """Would the rules let this person decide it, and did they not give it back just now?"""
        gave = self.back.get((who, row.id))
        if gave is not None and gave > self.story.now - SKIPS:
            return False
        signature = Signature(caller=self.story.reviewer(who), outcome="no_violation", ground="", reason="")
        try:
            Deciding(row=row, signature=signature, desk=self.story.desk, now=self.story.now).check()
        except Forbidden:
            return False
        return True

    def loose(self) -> list[CaseRow]:
        """The undecided cases in nobody's hands, in their order."""
        rows = waiting(after=None, limit=100)
        held = leases_on(cases=[row.id for row in rows], now=self.story.now)
        return [row for row in rows if row.id not in held]

    def everybody_takes(self) -> None:
        """All who are idle press Next."""
        for who in range(len(self.minutes)):
            if who in self.busy:
                continue
            first = next((row.id for row in self.loose() if self.may(who, row)), None)
            lease = take_next(caller=self.story.reviewer(who), desk=self.story.desk, now=self.story.now)
            assert (lease.case if lease else None) == first
            if lease is not None:
                act = self.acts[self.taken % len(self.acts)]
                self.taken += 1
                span = LASTS if act == "away" else timedelta(minutes=self.minutes[who])
                self.busy[who] = (self.story.now + span, act, lease.case)
        idle = [who for who in range(len(self.minutes)) if who not in self.busy]
        assert not [(who, row.id) for who in idle for row in self.loose() if self.may(who, row)]

    def finish(self, who: int) -> None:
        """Somebody is done with what they have in hand; whoever walked away has nothing any more."""
        _, act, case = self.busy.pop(who)
        caller, lease = self.story.reviewer(who), lease_of(person=self.story.reviewer(who).id, now=self.story.now)
        if act == "away":
            assert lease is None
        elif act == "back":
            give_back(case=case, caller=caller, now=self.story.now)
            self.back[who, case] = self.story.now
        else:
            assert lease is not None and lease.case == case
            self.story.decide(case, who, act, ground="not_in_scope")
            assert lease_of(person=caller.id, now=self.story.now) is None


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arriving=arrivals, minutes=st.lists(st.integers(1, 14), min_size=1, max_size=3), acts=acts)
def test_no_case_outlives_its_clock_while_any_reviewer_is_free(
    transactional_db: None, arriving: list[tuple[int, tuple[str, bool | None], int]], minutes: list[int], acts: list[str]
) -> None:
    with transaction.atomic():
        story = Story(people=len(minutes))
        play, start = Play(story=story, minutes=minutes, acts=acts), story.now
        coming = sorted((start + timedelta(minutes=at), n, kind, views) for n, (at, kind, views) in enumerate(arriving))
        for _ in range(60):
            moments = [at for at, *_ in coming[:1]] + [until for until, *_ in play.busy.values()]
            if not moments:
                break
            story.now = max(story.now, min(moments))
            for who in [who for who, (until, *_) in play.busy.items() if until <= story.now]:
                play.finish(who)
            while coming and coming[0][0] <= story.now:
                _, n, (kind, minor), views = coming.pop(0)
                story.post(f"bridge-{n}", account=f"account-{n}", views=views)
                story.report(f"bridge-{n}", kind=kind, minor=minor)
            clock_ran_out(desk=story.desk, now=story.now)
            play.everybody_takes()
        assert play.taken >= len(arriving)
        transaction.set_rollback(True)
