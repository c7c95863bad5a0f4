"""A person decides a case."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from odzew.cases.clocks import Name, arm, armed, stop
from odzew.cases.data import ClockView, ItemView
from odzew.cases.items import copysets_of, items_of, mark_accounts, surroundings, unmark_accounts
from odzew.cases.rows import CaseRow, lock_case, save_case
from odzew.decisions.api import add_decision, decisions_of, open_appeals, settle, settle_appeals
from odzew.decisions.blind import shown_version
from odzew.decisions.data import DecisionView
from odzew.enforcement.api import in_force_on, measures_of, order
from odzew.foundation.errors import Conflict, Forbidden, Invalid
from odzew.foundation.ids import new_id
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import keep_text, record
from odzew.ledger.people import Caller
from odzew.notices.api import open_handlings, reopen
from odzew.policy.clearing import clearing
from odzew.policy.clocks import clock
from odzew.policy.data import Signatures, Trigger
from odzew.policy.vocabulary import OUTCOMES
from odzew.usecases._answering import regime_of, tell_or_promise
from odzew.usecases._hiding import AFTER_A_DECISION, KEEP_FOR, covers, hide_case, order_on
from odzew.usecases._judging import facts_of
from odzew.usecases._may_decide import CLEARING, HIDES, Asked, may_decide
from odzew.usecases._statements import state_reasons
from odzew.usecases._verdicts import verdict_from, verdict_of
from odzew.usecases.desk import Desk

# A mark is for whoever uploaded what harms a child or a person, not for another rule that was broken (practice 8).
_MARKING: Final = frozenset({"child_safety", "intimate_images", "sextortion", "grooming"})
_NEXT: Final = {"remove": "removed", "keep_withheld": "kept_withheld", "no_violation": "cleared", "not_found": "not_found"}
_LONGEST_REASON: Final = 4000
_NO_CHANNEL: Final = "no channel is set up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of a decision: `final`, or what it still `needs` (`second`, `third`, `outside`, `specialist`, `again`), and from
    when the same person may decide again."""

    decision: uuid.UUID
    state: Literal["final", "awaiting_second", "disputed", "specialist"]
    needs: str | None = None
    not_before: datetime | None = None


def decide(
    *,
    case: uuid.UUID,
    caller: Caller,
    outcome: str,
    ground: str,
    reason: str,
    referral: dict[str, Any] | None,
    desk: Desk,
    now: datetime,
    if_version: int | None = None,
) -> Decided:
    """Record a person's decision and, if it is final, all that follows: measures, marks, statements, clocks for the answers.

    One person's `remove` or `keep_withheld` is final at once, except against somebody's waiting `no_violation`. Clearing a
    child-safety case needs the signatures of the policy, blind to each other. Raises `Forbidden` (not for this person, and why),
    `Conflict` (closed, or another version than `if_version`), `Invalid` (outcome, ground or reason). Source: practice 1 and 3.
    """
    _check(outcome=outcome, ground=ground, reason=reason, referral=referral, desk=desk, caller=caller)

    def work() -> Decided:
        row = lock_case(case=case)
        if if_version is not None and if_version != (version := _version_for(row, caller)):
            raise Conflict("The case has changed since you read it; read it again and decide.", version=version)
        if not row.undecided:
            raise Conflict("The case is decided; it can be opened again by an appeal or by new facts.", state=row.state)
        return _Decision(row, caller, outcome, ground, reason, referral, desk, now).make()

    return atomically(work)


def _version_for(row: CaseRow, caller: Caller) -> int:
    """The version as this person may know it: another's decision that is not final must not show (practice 1)."""
    return shown_version(
        version=row.version,
        decisions=decisions_of(case=row.id),
        person=caller.id,
        auditor=False,
        row_round=row.round,
        open_=row.undecided,
    )


def _check(*, outcome: str, ground: str, reason: str, referral: dict[str, Any] | None, desk: Desk, caller: Caller) -> None:
    if not caller.decides:
        raise Forbidden("Only a reviewer, a lead, a safety officer or a specialist decides cases.")
    if outcome not in OUTCOMES:
        raise Invalid(f"There is no outcome {outcome!r}.", known=sorted(OUTCOMES))
    if ground not in desk.policy.grounds:
        raise Invalid(f"There is no ground {ground!r}.", known=sorted(desk.policy.grounds))
    if not reason.strip():
        raise Invalid("Give the reason in a sentence; whoever is told of the decision will read it.")
    if len(reason) > _LONGEST_REASON:
        raise Invalid(f"A reason has at most {_LONGEST_REASON} characters.")
    if referral and referral.get("to"):
        raise Invalid("No channel for referrals is set up; say why it is not referred, or leave the referral out.")


class _Decision:
    """One decision, step by step, on a case that is held."""

    def __init__(
        self,
        row: CaseRow,
        caller: Caller,
        outcome: str,
        ground: str,
        reason: str,
        referral: dict[str, Any] | None,
        desk: Desk,
        now: datetime,
    ) -> None:
        self.row, self.caller, self.outcome, self.ground, self.reason = row, caller, outcome, ground, reason.strip()
        self.desk, self.now, self.writes = desk, now, Writes()
        self.because: str = (referral or {}).get("not_because") or ""
        self.referral: dict[str, Any] = {"to": [], "not_because": self.because or _NO_CHANNEL}
        self.earlier = decisions_of(case=row.id)
        self.mine = [d for d in self.earlier if d.round == row.round and d.state in ("awaiting_second", "disputed", "passed_on")]
        self.voting = [d for d in self.mine if d.state != "passed_on"]
        self.running: Mapping[Name, ClockView] = armed(cases=[row.id])[row.id]
        around = surroundings(copysets=copysets_of(case=row.id), now=now)
        self.protected = row.protect_uploader or around.account_minor
        facts = facts_of(case=row, around=around, trigger=Trigger(what="clock"), desk=desk, now=now)
        self.sign: Signatures = clearing(facts=facts, policy=desk.policy)
        self.team = desk.size(now=now)
        self.stated: set[uuid.UUID] = set()

    def make(self) -> Decided:
        """1. May this person? 2. What does it lead to? 3. Write it, with all that follows."""
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
            )
        )
        if self.outcome == "cannot_judge":
            return self._pass_on()
        if self.outcome in CLEARING and not self._enough():
            return self._wait()
        if self.outcome in HIDES and self._against_waiting():
            return self._dispute()
        if self.outcome in CLEARING and any(d.outcome != self.outcome for d in self.voting) and self.row.state != "disputed":
            return self._dispute()
        return self._final()

    # 2. What does it lead to?

    def _enough(self) -> bool:
        """Are there, with this one, enough equal signatures to clear?"""
        same = [d for d in self.voting if d.outcome == self.outcome]
        if self.row.state == "disputed":
            return len({d.person for d in same} | {self.caller.id}) >= max(2, self.sign.people)
        if any(d.outcome != self.outcome for d in self.voting):
            return True
        people = {d.person for d in same} | {self.caller.id}
        wanted = max(self.sign.people, 2 if self.sign.outside else 1)
        return len(people) >= wanted and (len(people) > 1 or len(same) + 1 >= self.sign.rounds)

    def _against_waiting(self) -> bool:
        others = [d for d in self.voting if d.person != self.caller.id]
        if self.row.state == "disputed":
            agree = {d.person for d in others if d.outcome in HIDES} | {self.caller.id}
            return len(agree) < 2 and self.team != "solo"
        return any(d.outcome in CLEARING for d in others)

    # 3. Write it.

    def _add(self, state: str, *, final: bool = False) -> DecisionView:
        text, salted = keep_text(self.writes, text=self.reason, now=self.now)
        # A person's own words are not in the record, only their salted hash.
        because = keep_text(self.writes, text=self.because, now=self.now)[1] if self.because else _NO_CHANNEL
        appeals = open_appeals(case=self.row.id)
        decision = DecisionView(
            id=new_id(now=self.now),
            case=self.row.id,
            round=self.row.round,
            person=self.caller.id,
            outcome=self.outcome,
            ground=self.ground,
            reason=text,
            referral=self.referral,
            at=self.now,
            policy_digest=self.desk.policy.digest,
            state=state,
            final_at=self.now if final else None,
            appeal=appeals[0].id if appeals else None,
        )
        add_decision(self.writes, decision=decision)
        facts = {
            "decision": str(decision.id),
            "outcome": self.outcome,
            "ground": self.ground,
            "reason": salted,
            "state": state,
            "round": self.row.round,
            "policy": self.desk.policy.digest[:16],
            "referral": {"to": [], "not_because": because},
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

    def _pass_on(self) -> Decided:
        decision = self._add("passed_on")
        self._save(self._hidden(replace(self.row, state="specialist"), "cannot_judge"))
        return Decided(decision=decision.id, state="specialist", needs="specialist")

    def _wait(self) -> Decided:
        decision = self._add("awaiting_second")
        state = "disputed" if self.row.state == "disputed" else "awaiting_second"
        self._save(replace(self.row, state=state))
        alone = self.team == "solo" and not self.sign.outside
        needs = "again" if alone else "outside" if self.sign.outside else "second"
        return Decided(
            decision=decision.id,
            state="awaiting_second",
            needs=needs,
            not_before=self.now + self.sign.apart if alone else None,
        )

    def _dispute(self) -> Decided:
        decision = self._add("disputed")
        settle(self.writes, decisions=[d for d in self.voting if d.state == "awaiting_second"], state="disputed", now=self.now)
        self._save(self._hidden(replace(self.row, state="disputed"), "disputed"))
        return Decided(decision=decision.id, state="disputed", needs=self.sign.tie_breaker)

    def _final(self) -> Decided:
        before = verdict_of(case=self.row)
        decision = self._add("final", final=True)
        agree = [d for d in self.voting if d.outcome == self.outcome]
        settle(self.writes, decisions=agree, state="final", now=self.now)
        settle(self.writes, decisions=[d for d in self.voting if d not in agree], state="overruled", now=self.now)
        row = self._carry_out(changed=before is None or before.outcome != self.outcome)
        self._end_clocks()
        self._appeals(before.outcome if before else None)
        after = save_case(self.writes, before=self.row, after=row)
        self.writes.send()
        if before is not None and before.outcome != self.outcome:
            reopen(case=row.id)
        self._tell(after, [*agree, decision])
        return Decided(decision=decision.id, state="final")

    def _carry_out(self, *, changed: bool) -> CaseRow:
        row = replace(self.row, state=_NEXT[self.outcome], decided_at=self.now, protect_uploader=self.protected)
        items = [i for i in items_of(case=row.id) if i.registered and i.platform_id]
        standing = in_force_on(items=[i.id for i in items])
        if self.outcome == "remove":
            wanted = [i for i in items if i.id not in standing or standing[i.id].measure != "remove"]
            self._order(wanted, "remove", keep_until=self.now + KEEP_FOR)
            if not self.protected and row.regime != "other" and self.ground in _MARKING:
                accounts = [i.account for i in items if i.account]
                mark_accounts(
                    self.writes, accounts=accounts, case=row.id, now=self.now, until=self.now + self.desk.policy.marks_expire
                )
            return replace(row, withheld=True)
        if self.outcome == "keep_withheld":
            kept = [i for i in items if covers(standing.get(i.id), "media")]
            self._order([i for i in items if i not in kept], "withhold")
            # What is hidden already stays so, as far as it goes; so far its uploaders have heard of an interim limit only.
            interim = [i for i in kept if standing[i.id].measure == "withhold"] if changed else []
            for scope in ("item", "media"):
                self._state([i for i in interim if standing[i.id].scope == scope], "withhold", scope=scope)
            return replace(row, withheld=True)
        hidden = [i for i in items if i.id in standing and standing[i.id].measure in ("withhold", "remove")]
        self._order(hidden, "restore")
        watch = self.now + self.sign.watch if self.sign.watch else None
        if watch:
            arm(
                self.writes,
                plan=clock(self.desk.policy, "watch", regime=regime_of(case=row), desk=self.team),
                case=row.id,
                running=self.running,
                now=self.now,
            )
        return replace(
            row,
            withheld=False,
            clearances=row.clearances + 1,
            hides_since_clearance=0 if "changed_media" in row.new_facts else row.hides_since_clearance,
            new_facts=frozenset(),
            on_watch_until=watch,
            watch_hide_used=row.watch_hide_used and "changed_media" not in row.new_facts,
            wave_at=None,
        )

    def _order(self, items: list[ItemView], measure: str, *, keep_until: datetime | None = None) -> None:
        if not items:
            return
        orders = [order_on(item=i, measure=measure, scope="item", ground=self.ground, keep_until=keep_until) for i in items]
        order(self.writes, case=self.row.id, orders=orders, actor=self.caller.actor, now=self.now, why=self.outcome)
        self._state(items, measure)

    def _state(self, items: list[ItemView], measure: str, *, scope: str = "item") -> None:
        items = [i for i in items if i.account not in self.stated]
        self.stated |= {i.account for i in items if i.account}
        state_reasons(
            self.writes,
            case=replace(self.row, protect_uploader=self.protected),
            items=items,
            measure=measure,
            scope=scope,
            desk=self.desk,
            now=self.now,
            ground=self.ground,
            reason=self.reason,
            final=True,
        )

    def _end_clocks(self) -> None:
        stop(self.writes, clocks=[c for (n, _), c in self.running.items() if n not in AFTER_A_DECISION], now=self.now)

    def _appeals(self, before: str | None) -> None:
        appeals = open_appeals(case=self.row.id)
        changed = [a for a in appeals if (a.by == "uploader") == (self.outcome in CLEARING)]
        settle_appeals(self.writes, appeals=changed, state="upheld", now=self.now)
        rejected = [a for a in appeals if a not in changed]
        settle_appeals(self.writes, appeals=rejected, state="rejected", now=self.now)
        # An uploader who complained in vain is told so, with the reason, like at first (DSA art. 20(5)).
        accounts = {a.account for a in rejected if a.by == "uploader"} - self.stated
        if accounts:
            items = [i for i in items_of(case=self.row.id) if i.account in accounts]
            self._state(items, "remove" if self.outcome == "remove" else "withhold")
        if self.outcome in CLEARING and before in HIDES:
            unmark_accounts(case=self.row.id, now=self.now)

    def _tell(self, row: CaseRow, signed: list[DecisionView]) -> None:
        writes = Writes()
        handlings = open_handlings(cases=[row.id])[row.id]
        running = armed(cases=[row.id])[row.id]
        tell_or_promise(
            writes,
            case=row,
            handlings=handlings,
            measures=measures_of(case=row.id),
            verdict=verdict_from(signed=signed),
            running=running,
            desk=self.desk,
            now=self.now,
        )
        writes.send()
