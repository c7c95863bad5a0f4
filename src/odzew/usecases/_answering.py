"""Shared: telling reporters, from recorded facts only, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from odzew.answers.api import answers_on, give
from odzew.answers.data import AnswerFacts, AnswerKind, Looked, Outcome
from odzew.answers.reports import compose
from odzew.answers.wordbook import named
from odzew.cases.clocks import Name, arm, stop
from odzew.cases.data import ClockView
from odzew.cases.rows import CaseRow
from odzew.enforcement.api import HIDING
from odzew.enforcement.data import MeasureView
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.outbox import leave
from odzew.notices.api import answered
from odzew.notices.data import OpenHandling
from odzew.policy.clocks import clock
from odzew.policy.data import Regime
from odzew.usecases.desk import Desk

CLOSING: Final = frozenset({"removed", "not_removed", "not_found"})
# A delivery by mail.
MAIL: Final = "mail"
_SETTLED: Final = frozenset({"done", "told"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The final decision of a round as an answer may tell it; `looked` is None unless the record says who looked."""

    outcome: Outcome
    ground: str
    reason: str
    at: datetime
    looked: Looked | None


def hiding(*, measures: list[MeasureView]) -> tuple[datetime | None, datetime | None]:
    """Return since when everything that is ordered hidden was seen hidden, and since when the platform says so.

    The first is None unless every hiding measure in force was seen; both are None while one of them is still on its way.
    """
    standing = [m for m in measures if m.in_force and m.measure in HIDING and m.item]
    if not standing or any(m.state not in _SETTLED for m in standing):
        return None, None
    latest = max(m.ended_at or m.ordered_at for m in standing)
    return (latest, None) if all(m.state == "done" for m in standing) else (None, latest)


def base_facts(
    *,
    kind: AnswerKind,
    case: CaseRow,
    measures: list[MeasureView],
    promise: datetime | None,
    found: bool,
    desk: Desk,
    now: datetime,
) -> AnswerFacts:
    """Return what every answer may rest on: what was seen hidden, what went, what is promised next.

    `found`: a platform has registered what it is about; an address that somebody gave is not found by that.
    """
    seen, told = hiding(measures=measures)
    gone = [m for m in measures if m.in_force and m.measure == "remove"]
    return AnswerFacts(
        kind=kind,
        language=desk.language,
        now=now,
        zone=desk.zone,
        next_promise=promise,
        hidden_since=seen,
        hide_told_since=told,
        copies_removed=len(gone),
        copies_seen_gone=sum(m.state == "done" for m in gone),
        copies_told=sum(m.state == "told" for m in gone),
        measures_failed=sum(m.state in ("failed", "returned") for m in measures if m.in_force),
        receipt=True,
        emergency=desk.emergency,
        found=found,
        threat_only=not case.published,
    )


def tell(
    writes: Writes,
    *,
    case: CaseRow,
    handlings: list[OpenHandling],
    facts: AnswerFacts,
    desk: Desk,
    now: datetime,
    running: Mapping[Name, ClockView],
) -> None:
    """Give each reader the answer in their language; what closes a notice closes it when it is delivered.

    An answer can be read at `/status` by the code at once and is delivered by that, but for a reader whom only the platform or a mail
    can reach, to whom it is delivered when the platform or the mail server has taken it.
    """
    closed: list[uuid.UUID] = []
    for h in handlings:
        text = compose(facts=_for_reader(facts, h, desk))
        elsewhere = reached_elsewhere(handling=h)
        answer = give(
            writes, notice=h.notice, case=case.id, kind=facts.kind, text=text, now=now, delivered_at=None if elsewhere else now
        )
        record(
            writes,
            kind=f"answer.{facts.kind}",
            actor="desk",
            now=now,
            case=case.id,
            facts={"notice": str(h.notice), "answer": str(answer), "clauses": [c.key for c in text.clauses]},
        )
        if elsewhere:
            if h.by_mail:
                # What the mail says is looked up when it goes; those to one reader go in their order.
                about, order = {"notice": str(h.notice)}, mail_order(notice=h.notice)
                leave(writes, kind=MAIL, subject=answer, case=case.id, platform=None, payload=about, now=now, order_key=order)
            else:
                payload = {"notice": str(h.notice), "account": h.account_id, "text": text.text, "language": text.language}
                leave(writes, kind="answer", subject=answer, case=case.id, platform=h.platform, payload=payload, now=now)
            if facts.kind == "receipt":
                plan = clock(desk.policy, "ack", regime=regime_of(case=case), desk=desk.size(now=now))
                arm(writes, plan=plan, case=case.id, running={}, now=now, subject=answer)
        elif facts.kind in CLOSING:
            closed.append(h.id)
            _closing(writes, case=case, handling=h, running=running, desk=desk, now=now)
    answered(writes, handlings=closed, now=now)


def mail_order(*, notice: uuid.UUID) -> str:
    """Return what keeps the mails to one reporter in their order."""
    return f"mail {notice}"


def reached_elsewhere(*, handling: OpenHandling) -> bool:
    """Is this a reader whom the platform or a mail must tell? An answer to them is delivered when that was taken, the receipt too."""
    return handling.by_mail or (handling.platform is not None and handling.account_id is not None)


def _for_reader(facts: AnswerFacts, h: OpenHandling, desk: Desk) -> AnswerFacts:
    """What this reader may be told: nothing that another's report or an earlier hide would show (practice 5).

    Another's report may have started or brought forward the clock that rings now: late is only what this reader was promised, and
    while that time is ahead they are not told an earlier one.
    """
    since, told, promise = facts.hidden_since, facts.hide_told_since, facts.next_promise
    return replace(
        facts,
        late=facts.late and h.answer_due <= facts.now,
        next_promise=max(promise, h.answer_due) if promise and facts.kind == "hidden" else promise,
        language=h.language or desk.language,
        child=h.minor is True,
        hidden_since=max(since, h.at) if since else None,
        hide_told_since=max(told, h.at) if told else None,
    )


def _closing(
    writes: Writes, *, case: CaseRow, handling: OpenHandling, running: Mapping[Name, ClockView], desk: Desk, now: datetime
) -> None:
    regime = regime_of(case=case)
    stop(writes, clocks=[c for (n, s), c in running.items() if n == "decision_notice" and s == handling.notice], now=now)
    plan = clock(desk.policy, "appeal_window", regime=regime, desk=desk.size(now=now), claimant=handling.claimant)
    arm(writes, plan=plan, case=case.id, running=running, now=now, subject=handling.notice)


def closing_of(
    writes: Writes, *, case: CaseRow, handling: OpenHandling, running: Mapping[Name, ClockView], desk: Desk, now: datetime
) -> None:
    """Close a notice whose answer the platform has just taken."""
    answered(writes, handlings=[handling.id], now=now)
    _closing(writes, case=case, handling=handling, running=running, desk=desk, now=now)


def regime_of(*, case: CaseRow) -> Regime:
    """Return the regime of a case as the policy's word."""
    return "child" if case.regime == "child" else "intimate" if case.regime == "intimate" else "other"


def arm_notices_of_decision(
    writes: Writes,
    *,
    case: CaseRow,
    handlings: list[OpenHandling],
    running: Mapping[Name, ClockView],
    desk: Desk,
    now: datetime,
) -> None:
    """Arm the clock by which each reporter must know what was decided."""
    plan = clock(desk.policy, "decision_notice", regime=regime_of(case=case), desk=desk.size(now=now))
    for h in handlings:
        arm(writes, plan=plan, case=case.id, running=running, now=now, subject=h.notice)


def tell_or_promise(
    writes: Writes,
    *,
    case: CaseRow,
    handlings: list[OpenHandling],
    measures: list[MeasureView],
    verdict: Verdict,
    running: Mapping[Name, ClockView],
    desk: Desk,
    now: datetime,
) -> None:
    """Tell reporters what was decided; for those who are not reached by that yet, arm the clock by which they must be."""
    told = tell_verdict(
        writes, case=case, handlings=handlings, measures=measures, verdict=verdict, running=running, desk=desk, now=now
    )
    late = [h for h in handlings if not told or reached_elsewhere(handling=h)]
    arm_notices_of_decision(writes, case=case, handlings=late, running=running, desk=desk, now=now)


def tell_verdict(
    writes: Writes,
    *,
    case: CaseRow,
    handlings: list[OpenHandling],
    measures: list[MeasureView],
    verdict: Verdict,
    running: Mapping[Name, ClockView],
    desk: Desk,
    now: datetime,
    anyway: bool = False,
) -> bool:
    """Tell reporters what was decided, once the measures that it needs are settled; return whether they were told.

    With `anyway` (the time for the answer has run out) an `update` says what is true so far, and the notice stays open.
    """
    standing = [m for m in measures if m.in_force and m.item]
    settled = all(m.state in _SETTLED for m in standing)
    kind: AnswerKind = {"no_violation": "not_removed", "not_found": "not_found"}.get(verdict.outcome, "removed")  # type: ignore[assignment]
    if verdict.outcome == "keep_withheld":
        kind = "removed"
    if not settled and verdict.outcome not in ("no_violation", "not_found"):
        if not anyway:
            return False
        kind = "update"
    window = clock(desk.policy, "appeal_window", regime=regime_of(case=case), desk=desk.size(now=now))
    promise = now + timedelta(hours=24) if kind == "update" else None
    knew = {a.notice for a in answers_on(case=case.id, notices=[h.notice for h in handlings]) if a.kind == "hidden"}
    for h in handlings:
        facts = base_facts(
            kind=kind,
            case=case,
            measures=measures,
            promise=promise,
            found=verdict.outcome != "not_found",
            desk=desk,
            now=now,
        )
        mine = clock(desk.policy, "appeal_window", regime=regime_of(case=case), desk=desk.size(now=now), claimant=h.claimant)
        facts = replace(
            facts,
            decided_at=verdict.at,
            outcome=verdict.outcome,
            rule=named(ground=verdict.ground, labels=desk.policy.grounds, language=h.language or desk.language),
            restored=verdict.outcome == "no_violation" and h.notice in knew and any(m.measure == "restore" for m in standing),
            looked=verdict.looked,
            reason=verdict.reason if verdict.outcome == "no_violation" else "",
            appeal_until=now + max(window.length, mine.length),
            appeal_decider="new_person" if desk.size(now=now) != "solo" else "same_later",
        )
        tell(writes, case=case, handlings=[h], facts=facts, desk=desk, now=now, running=running)
    return True
