"""Shared: one signature on a case that is held, step by step: a person's decision, or an opinion from outside the desk."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from odzew.alarms.api import ring
from odzew.cases.clocks import Name, armed
from odzew.cases.data import ClockView
from odzew.cases.items import copysets_of, surroundings
from odzew.cases.rows import CaseRow, save_case
from odzew.decisions.api import add_decision, ask_of, decisions_of, open_appeals, settle
from odzew.decisions.data import DecisionView
from odzew.decisions.doubles import looked
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes
from odzew.ledger.events import keep_text, read_texts, record
from odzew.ledger.people import Caller
from odzew.notices.api import open_handlings
from odzew.policy.clearing import clearing
from odzew.policy.data import Signatures, Trigger
from odzew.usecases._asking import ask_outside, nobody_left
from odzew.usecases._doubling import draw
from odzew.usecases._following import Following
from odzew.usecases._hiding import hide_case
from odzew.usecases._judging import facts_of
from odzew.usecases._may_decide import CLEARING, HIDES, Asked, may_decide
from odzew.usecases.desk import Desk

NO_CHANNEL: Final = "no channel is set up"
STANDING: Final = frozenset({"awaiting_second", "disputed", "passed_on"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of a decision: `final`, or what it still `needs` (`second`, `third`, `outside`, `specialist`, `again`), and from
    when the same person may decide again."""

    decision: uuid.UUID
    state: Literal["final", "awaiting_second", "disputed", "specialist"]
    needs: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What somebody says of a case. `not_because`: why it is not referred, if they say so. `outside`: it is an opinion of a person, or
    of a program, that is not of the desk."""

    caller: Caller
    outcome: str
    ground: str
    reason: str
    not_because: str = ""
    outside: bool = False


class Deciding:
    """One signature, on a case that is held."""

    def __init__(self, *, row: CaseRow, signature: Signature, desk: Desk, now: datetime) -> None:
        self.row, self.given, self.desk, self.now, self.writes = row, signature, desk, now, Writes()
        self.caller, self.outcome = signature.caller, signature.outcome
        self.earlier = decisions_of(case=row.id)
        self.looked = looked(case=row.id) if row.round > 1 else frozenset()
        self.mine = [d for d in self.earlier if d.round == row.round and d.state in STANDING]
        self.running: Mapping[Name, ClockView] = armed(cases=[row.id])[row.id]
        around = surroundings(copysets=copysets_of(case=row.id), now=now)
        self.protected = row.protect_uploader or around.account_minor
        facts = facts_of(case=row, around=around, trigger=Trigger(what="clock"), desk=desk, now=now)
        self.sign: Signatures = clearing(facts=facts, policy=desk.policy)
        self.team = desk.size(now=now)
        self.asked = ask_of(case=row.id)
        # An opinion counts where the policy wants one from outside, or where one was asked for; nowhere else.
        self.counts_outside = self.sign.outside or self.asked is not None
        self.voting = [d for d in self.mine if d.state != "passed_on" and (self.counts_outside or not d.outside)]

    def check(self) -> None:
        """May this person decide so now? Raises `Forbidden` if not."""
        may_decide(
            Asked(
                row=self.row,
                caller=self.caller,
                outcome=self.outcome,
                earlier=self.earlier,
                mine=self.mine,
                voting=self.voting,
                sign=self.sign,
                team=self.team,
                now=self.now,
                looked=self.looked,
            )
        )

    def make(self) -> Decided:
        """A person of the desk decides. 1. May they? 2. What does it lead to? 3. Write it, with all that follows."""
        self.check()
        if self.outcome == "cannot_judge":
            return self._pass_on()
        if self.outcome in CLEARING and not self._enough():
            return self._wait()
        if self.outcome in HIDES and self._against_waiting():
            return self._dispute()
        if self.outcome in CLEARING and any(not self._agrees(d) for d in self.voting) and self.row.state != "disputed":
            return self._dispute()
        return self._final()

    def opine(self) -> Decided:
        """Somebody outside gives an opinion: with the desk's own signature it may be enough, against it there is a dispute, alone it
        waits. It decides nothing without somebody of the desk who says the same."""
        self._instead_of_earlier()
        desk = [d for d in self.voting if not d.outside]
        if not self.counts_outside or self.outcome == "cannot_judge" or not desk:
            return self._keep()
        if self.outcome in CLEARING and self._enough():
            return self._final()
        if self.outcome in HIDES and any(d.outcome in HIDES for d in desk):
            return self._final()
        if self.row.state != "disputed" and any(not self._agrees(d) for d in desk):
            return self._dispute()
        return self._keep()

    # 2. What does it lead to?

    def _agrees(self, d: DecisionView) -> bool:
        """Do they say the same? An opinion agrees with whatever has the same effect; the desk's own words must be equal."""
        if d.outside or self.given.outside:
            return (d.outcome in CLEARING) == (self.outcome in CLEARING)
        return d.outcome == self.outcome

    def _enough(self) -> bool:
        """Are there, with this one, enough equal signatures to clear, one of them of the desk?"""
        same = [d for d in self.voting if self._agrees(d)]
        people = {d.person for d in same} | {self.caller.id}
        if self.given.outside and all(d.outside for d in same):
            return False
        if self.row.state == "disputed":
            return len(people) >= max(2, self.sign.people)
        if any(not self._agrees(d) for d in self.voting):
            return not self.given.outside
        wanted = max(self.sign.people, 2 if self.sign.outside else 1)
        return len(people) >= wanted and (len(people) > 1 or len(same) + 1 >= self.sign.rounds)

    def _against_waiting(self) -> bool:
        others = [d for d in self.voting if d.person != self.caller.id]
        if self.row.state == "disputed":
            agree = {d.person for d in others if d.outcome in HIDES} | {self.caller.id}
            return len(agree) < 2 and self.team != "solo"
        return any(d.outcome in CLEARING and not d.outside for d in others)

    # 3. Write it.

    def _add(self, state: str, *, final: bool = False) -> DecisionView:
        text, salted = keep_text(self.writes, text=self.given.reason, now=self.now)
        # A person's own words are not in the record, only their salted hash.
        own = self.given.not_because
        because = keep_text(self.writes, text=own, now=self.now)[1] if own else NO_CHANNEL
        appeals = open_appeals(case=self.row.id)
        decision = DecisionView(
            id=new_id(now=self.now),
            case=self.row.id,
            round=self.row.round,
            person=self.caller.id,
            outcome=self.outcome,
            ground=self.given.ground,
            reason=text,
            referral={} if self.given.outside else {"to": [], "not_because": own or NO_CHANNEL},
            at=self.now,
            policy_digest=self.desk.policy.digest,
            state=state,
            final_at=self.now if final else None,
            appeal=appeals[0].id if appeals and not self.given.outside else None,
            outside=self.given.outside,
            program=self.caller.what == "program",
        )
        add_decision(self.writes, decision=decision)
        facts = {
            "decision": str(decision.id),
            "outcome": self.outcome,
            "ground": self.given.ground,
            "reason": salted,
            "state": state,
            "round": self.row.round,
            "policy": self.desk.policy.digest[:16],
            "referral": {} if self.given.outside else {"to": [], "not_because": because},
            **({"outside": True} if self.given.outside else {}),
        }
        record(self.writes, kind="case.decided", actor=self.caller.actor, now=self.now, case=self.row.id, facts=facts)
        return decision

    def _hidden(self, row: CaseRow, why: str) -> CaseRow:
        """A case that waits for another person is hidden meanwhile, if it is about a child or an intimate image."""
        if row.withheld or row.regime == "other" or not row.published:
            return row
        return hide_case(
            self.writes,
            case=row,
            scope="media",
            unverified=False,
            actor=self.caller.actor,
            why=why,
            running=self.running,
            desk=self.desk,
            now=self.now,
        )

    def _save(self, after: CaseRow) -> None:
        save_case(self.writes, before=self.row, after=after)
        self.writes.send()

    def _ask(self, row: CaseRow) -> bool:
        """Ask outside if nobody of the desk is left who may decide; tell whether somebody outside is asked now."""
        voters = {d.person for d in self.mine if not d.outside} | {self.caller.id}
        if not nobody_left(row=row, voters=voters, sign=self.sign, team=self.team, now=self.now):
            return self.asked is not None
        if self.asked is None:
            waiting = open_handlings(cases=[row.id])[row.id]
            ask_outside(self.writes, case=row, waiting=waiting, running=self.running, desk=self.desk, now=self.now)
        return True

    def _pass_on(self) -> Decided:
        decision = self._add("passed_on")
        after = self._hidden(replace(self.row, state="specialist"), "cannot_judge")
        asked = self._ask(after)
        self._save(after)
        return Decided(decision=decision.id, state="specialist", needs="outside" if asked else "specialist")

    def _wait(self) -> Decided:
        decision = self._add("awaiting_second")
        after = replace(self.row, state="disputed" if self.row.state == "disputed" else "awaiting_second")
        asked = self._ask(after)
        self._save(after)
        alone = self.team == "solo" and not self.sign.outside
        needs = "again" if alone and not asked else "outside" if asked or self.sign.outside else "second"
        return Decided(
            decision=decision.id,
            state="awaiting_second",
            needs=needs,
            not_before=self.now + self.sign.apart if needs == "again" else None,
        )

    def _dispute(self) -> Decided:
        decision = self._add("disputed")
        settle(self.writes, decisions=[d for d in self.voting if d.state == "awaiting_second"], state="disputed", now=self.now)
        after = self._hidden(replace(self.row, state="disputed"), "disputed")
        asked = self._ask(after) if not self.given.outside else True
        if self.given.outside:
            ring(self.writes, code="opinion_given", now=self.now, case=self.row.id)
        self._save(after)
        return Decided(decision=decision.id, state="disputed", needs="outside" if asked else self.sign.tie_breaker)

    def _keep(self) -> Decided:
        """An opinion that decides nothing yet is kept; if it was asked for, the desk is told that it has come."""
        decision = self._add("passed_on" if self.outcome == "cannot_judge" else "awaiting_second")
        if self.asked is not None:
            ring(self.writes, code="opinion_given", now=self.now, case=self.row.id)
        self._save(self.row)
        return Decided(decision=decision.id, state="awaiting_second", needs="second")

    def _instead_of_earlier(self) -> None:
        """Whoever gives an opinion anew takes back the earlier one of this round."""
        mine = [d for d in self.mine if d.person == self.caller.id]
        settle(self.writes, decisions=mine, state="lapsed", now=self.now)
        self.mine = [d for d in self.mine if d not in mine]
        self.voting = [d for d in self.voting if d not in mine]

    def _final(self) -> Decided:
        decision = self._add("final", final=True)
        said = [d for d in self.mine if d.state != "passed_on"]
        agree = [d for d in said if self._agrees(d)]
        settle(self.writes, decisions=agree, state="final", now=self.now)
        settle(self.writes, decisions=[d for d in said if d not in agree], state="overruled", now=self.now)
        lead = decision if not self.given.outside else [d for d in agree if not d.outside][-1]
        reason = self.given.reason if lead is decision else read_texts(ids=[lead.reason]).get(lead.reason, "")
        draw(self.writes, row=self.row, decision=lead, earlier=self.earlier, desk=self.desk, now=self.now)
        following = Following(
            row=self.row,
            caller=self.caller,
            outcome=lead.outcome,
            ground=lead.ground,
            reason=reason,
            protected=self.protected,
            sign=self.sign,
            team=self.team,
            running=self.running,
            writes=self.writes,
            desk=self.desk,
            now=self.now,
        )
        following.follow(signed=[*agree, decision])
        return Decided(decision=decision.id, state="final")
