"""Shared: what follows a decision that is final: measures, marks, statements, clocks, appeals and answers, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from odzew.cases.clocks import Name, arm, armed, stop
from odzew.cases.data import ClockView, ItemView
from odzew.cases.items import items_of, mark_accounts, removed_of, unmark_accounts
from odzew.cases.rows import CaseRow, read_cases, save_case
from odzew.decisions.api import open_appeals, settle_appeals
from odzew.decisions.data import DecisionView
from odzew.enforcement.api import in_force_on, measures_of, order
from odzew.foundation.writes import Writes
from odzew.ledger.people import Caller, Size
from odzew.notices.api import open_handlings, reopen
from odzew.policy.clocks import clock
from odzew.policy.data import Signatures
from odzew.usecases._answering import regime_of, tell_or_promise
from odzew.usecases._banking import bank_decision
from odzew.usecases._hiding import AFTER_A_DECISION, KEEP_FOR, covers, order_on
from odzew.usecases._may_decide import CLEARING, HIDES
from odzew.usecases._statements import state_reasons
from odzew.usecases._verdicts import verdict_from, verdict_of
from odzew.usecases.desk import Desk

# A mark is for whoever uploaded what harms a child or a person, not for another rule that was broken (practice 8).
_MARKING: Final = frozenset({"child_safety", "intimate_images", "sextortion", "grooming"})
_NEXT: Final = {"remove": "removed", "keep_withheld": "kept_withheld", "no_violation": "cleared", "not_found": "not_found"}


class Following:
    """A case that follows a final decision: `outcome`, `ground` and `reason` are those of the desk's own people."""

    def __init__(
        self,
        *,
        row: CaseRow,
        caller: Caller,
        outcome: str,
        ground: str,
        reason: str,
        protected: bool,
        sign: Signatures,
        team: Size,
        running: Mapping[Name, ClockView],
        writes: Writes,
        desk: Desk,
        now: datetime,
    ) -> None:
        self.row, self.caller, self.outcome, self.ground, self.reason = row, caller, outcome, ground, reason
        self.protected, self.sign, self.team, self.running = protected, sign, team, running
        self.writes, self.desk, self.now = writes, desk, now
        self.stated: set[uuid.UUID] = set()

    def follow(self, *, signed: list[DecisionView]) -> None:
        """Do all that the decision asks for, write it with the signatures, and tell those who wait."""
        before = verdict_of(case=self.row)
        row = self._carry_out(changed=before is None or before.outcome != self.outcome)
        bank_decision(self.writes, case=row, outcome=self.outcome, ground=self.ground, actor=self.caller.actor, now=self.now)
        self._end_clocks()
        self._appeals(before.outcome if before else None)
        after = save_case(self.writes, before=self.row, after=row)
        self.writes.send()
        if before is not None and before.outcome != self.outcome:
            reopen(case=row.id)
        self._tell(after, signed)

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
            self._unmark()

    def _unmark(self) -> None:
        """The marks that this case made end; an account that another decision stands against is marked by that one."""
        free = unmark_accounts(case=self.row.id, now=self.now)
        for account, case, at in removed_of(accounts=free, other_than=self.row.id):
            verdict = verdict_of(case=read_cases(ids=[case])[0])
            until = at + self.desk.policy.marks_expire
            if account in free and verdict is not None and verdict.ground in _MARKING and until > self.now:
                mark_accounts(self.writes, accounts=[account], case=case, now=at, until=until)
                free.remove(account)

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
