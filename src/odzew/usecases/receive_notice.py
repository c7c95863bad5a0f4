"""A report comes in. Model file: the others are written like this one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db import IntegrityError

from odzew.alarms.api import ring
from odzew.cases.clocks import Name, arm, armed_about, stop
from odzew.cases.data import UNDECIDED, ClockView, Found
from odzew.cases.items import copysets_of, hear, heard, items_in, surroundings, unmark_accounts
from odzew.cases.resolve import resolve
from odzew.cases.rows import CaseRow, add_case, cover, lock_cases, now_named, save_case
from odzew.decisions.api import lapse
from odzew.foundation.errors import Conflict, Forbidden, Invalid
from odzew.foundation.ids import new_id
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller, sole_platform
from odzew.notices.api import earlier, store
from odzew.notices.data import NewNotice, OpenHandling, Receipt
from odzew.notices.receipt import new_code
from odzew.policy.assess import advice_to
from odzew.policy.clocks import clock
from odzew.policy.data import Assessment, Trigger
from odzew.policy.vocabulary import CLAIMANTS, FLAGS, KINDS, REGIMES, TRUSTED_SOURCES
from odzew.usecases._answering import base_facts, regime_of, tell
from odzew.usecases._banking import bank_fingerprints
from odzew.usecases._hiding import PROMISING
from odzew.usecases._judging import Judged, carry_out, facts_of, judge, summed_up
from odzew.usecases._opening import new_case, widest
from odzew.usecases._telling import tell_changes, tell_decided
from odzew.usecases.desk import Desk

_PERSON: Final = frozenset({"depicted", "guardian"})
_ONCE: Final = "notices_notice_external"
MOST_PLACES: Final = 100
# How an anonymous reporter is known on a case; what is not known there before is a voice of its own.
Voice = Callable[[uuid.UUID], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnCase:
    """What the notice meets: the case before it, with what the case already covers, or None for a new case."""

    before: CaseRow | None
    copysets: list[uuid.UUID]
    added: list[Found]


def receive_notice(*, notice: NewNotice, caller: Caller, desk: Desk, now: datetime, voice: Voice | None = None) -> Receipt:
    """Store a notice, join or open its case, judge it, act at once where the policy says so, and return the receipt.

    Everything is one transaction: when this returns, the notice is durable, a clock runs or an answer is there, and measures that
    are due are ordered. The same `external_id` with the same content returns the first receipt (its code for 24 hours only).
    `voice` names an anonymous reporter on each case, so that who reports twice is not counted as two; no time they are told shows
    whether somebody was counted before: whoever shares a network may fear who else does (practice 5 and 21).
    Raises `Forbidden` (a source that the key is not enrolled for), `Invalid`, `NotFound` (a case that is not there) and `Conflict`
    (an `external_id` used before for something else). Law: DSA art. 16.
    """
    _check(notice=notice, caller=caller)
    try:
        return atomically(lambda: _receive(notice, caller, desk, now, voice))
    except IntegrityError as error:
        if notice.external_id is None or _ONCE not in str(error):
            raise
    first = earlier(program=caller.id, external_id=notice.external_id, keys=desk.keys, now=now)
    if first is None or first.body_hash != notice.body_hash():
        raise Conflict("This external_id was used before for another notice; give each notice an id of its own.")
    return first.receipt


def _check(*, notice: NewNotice, caller: Caller) -> None:
    if notice.source not in caller.sources:
        raise Forbidden(f"This key may not send notices of the source {notice.source}.", allowed=sorted(caller.sources))
    concern = notice.concern
    for value, known, name in (
        ({concern.kind}, KINDS, "kind"),
        ({concern.claimant}, CLAIMANTS, "claimant"),
        (concern.flags, FLAGS, "flag"),
        (notice.regimes, REGIMES, "regime"),
    ):
        if unknown := sorted(value - known):
            raise Invalid(f"There is no {name} {unknown[0]!r}.", known=sorted(known))
    if not notice.places and notice.case is None and not notice.hashes and not notice.in_words:
        raise Invalid("Say where it is: an item_id or an address, or the case it belongs to; or send its fingerprint.")
    if len(notice.places) > MOST_PLACES:
        raise Invalid(f"A notice names at most {MOST_PLACES} places; send the others in another notice.")


def _receive(notice: NewNotice, caller: Caller, desk: Desk, now: datetime, voice: Voice | None) -> Receipt:
    writes, notice_id, code = Writes(), new_id(now=now), new_code()
    known_as = _reporter(notice, notice_id, caller, desk)
    # 1. What it is about: known items, or places that nobody has registered yet. Held until the end.
    found = resolve(writes, places=notice.places, platform=_platform(notice, caller), now=now)
    # 2. Which cases it joins; the first is the one the reporter is told.
    meets = _meets(notice, found)
    # 3. Each case is raised and judged; measures that are due now are ordered. Who is suspended counts as anybody, and a little less.
    lost = known_as in desk.suspended(now=now)
    told = replace(notice, source="user") if lost and notice.source in TRUSTED_SOURCES else notice
    outcomes = [
        _on_case(writes, m, told, voice or (lambda _case: known_as), caller, desk, now, own=voice is not None, lost=lost)
        for m in meets
    ]
    # 4. The notice as received, and its receipt.
    primary = outcomes[0]
    text_hash = store(
        writes,
        notice=notice,
        program=caller.id,
        cases=[o.case.id for o in outcomes],
        code=code,
        reporter=voice(primary.case.id) if voice else known_as,
        answer_due=primary.promise,
        keys=desk.keys,
        now=now,
        notice_id=notice_id,
    )
    facts = {
        "notice": str(notice_id),
        "source": notice.source,
        "kind": notice.concern.kind,
        "text": text_hash,
        "answer_due": primary.promise,
    }
    record(writes, kind="notice.received", actor=caller.actor, now=now, case=primary.case.id, facts=facts)
    if notice.hashes and primary.case.undecided:
        bank_fingerprints(writes, case=primary.case, hashes=notice.hashes, notice=notice_id, actor=caller.actor, now=now)
    _answer(writes, primary, notice, notice_id, any(f.registered for f in found), caller, desk, now)
    # 5. All of it in one statement.
    writes.send()
    for outcome in outcomes:
        if not outcome.case.undecided:
            named = [f.item for f in found if f.case == outcome.case.id]
            tell_decided(case=outcome.case, notice=notice_id, items=named, desk=desk, now=now)
        elif outcome.case.withheld and not outcome.hidden:
            tell_changes(case=outcome.case, desk=desk, now=now, joined=notice_id)
    return Receipt(notice=notice_id, case=primary.case.id, code=code, answer_due=primary.promise)


def _platform(notice: NewNotice, caller: Caller) -> uuid.UUID | None:
    """Whose item ids the notice means: its program's platform, or else the only one there is."""
    if caller.platform is not None or not any(p.item_id for p in notice.places):
        return caller.platform
    platform = sole_platform()
    if platform is None:
        raise Invalid("Give the address of each item: this key belongs to no platform, so an item_id alone says too little.")
    return platform


def _reporter(notice: NewNotice, notice_id: uuid.UUID, caller: Caller, desk: Desk) -> str:
    """An opaque name: the account a platform knows them by, the trusted program itself, or one name for each anonymous notice."""
    if notice.account_id is not None:
        return desk.keys.reporter_key(of=f"{caller.platform} {notice.account_id}")
    if notice.source in TRUSTED_SOURCES:
        return desk.keys.reporter_key(of=f"program {caller.id}")
    return notice_id.hex


def _meets(notice: NewNotice, found: list[Found]) -> list[_OnCase]:
    """Return the cases it joins, the first to be told, with the places that nobody reported before.

    Those join an open case only while nothing of it is hidden: else an item that nobody judged would be hidden with the others.
    """
    while True:
        named = now_named(case=notice.case) if notice.case else None
        known = lock_cases(ids=sorted({f.case for f in found if f.case} | ({named} if named else set())))
        if all(row.merged_into is None for row in known):
            break  # else the named one became part of another while we waited for it
    loose = [f for f in found if f.case is None]
    meets = [_OnCase(before=row, copysets=copysets_of(case=row.id), added=[]) for row in known]
    meets.sort(key=lambda m: m.before is None or m.before.id != named)
    open_at = next((n for n, m in enumerate(meets) if m.before and _takes_more(m.before)), None)
    if loose or not meets:
        if open_at is None:
            meets.insert(0, _OnCase(before=None, copysets=[], added=loose))
        else:
            meets[open_at] = replace(meets[open_at], added=loose)
    meets.sort(key=lambda m: (m.before is not None and m.before.state not in UNDECIDED, -(m.before.severity if m.before else 0)))
    return meets


def _takes_more(row: CaseRow) -> bool:
    return row.undecided and not row.withheld


def _on_case(
    writes: Writes,
    meets: _OnCase,
    notice: NewNotice,
    voice: Voice,
    caller: Caller,
    desk: Desk,
    now: datetime,
    *,
    own: bool,
    lost: bool,
) -> Judged:
    """Raise one case by the notice and judge it.

    `own`: the reporter is promised what somebody new would be. `lost`: what they claim hides nothing at once.
    """
    added = list(dict.fromkeys(f.copyset for f in meets.added))
    copysets = [*meets.copysets, *added]
    around = surroundings(copysets=copysets, now=now, platform=caller.platform, account=notice.account_id)
    before = meets.before
    row = before or new_case(desk=desk, now=now, published="threat_to_publish" not in notice.concern.flags)
    reporter = voice(row.id)
    times = heard(case=before.id, reporter=reporter) if before else 0
    raised = _raise(
        row,
        notice,
        first=before is None,
        times=times,
        lost=lost,
        now=now,
    )
    trigger = Trigger(
        what="notice",
        source=notice.source,
        kind=notice.concern.kind,
        minor=notice.concern.minor,
        claimant=notice.concern.claimant,
        flags=notice.concern.flags,
        heard_before=times > 0,
        instant_lost=lost,
    )
    raised = replace(raised, published=raised.published or around.public)
    facts = facts_of(case=raised, around=around, trigger=trigger, desk=desk, now=now, reporter_is_uploader=around.own)
    assessment = judge(facts=facts, desk=desk, wave_at=raised.wave_at)
    running = armed_about(case=before.id, subject=None, names=PROMISING) if before else {}
    hear(writes, case=raised.id, reporter=reporter)
    fresh = frozenset(f.copyset for f in meets.added if f.fresh)
    if before and not raised.undecided:
        return _on_decided(writes, before, raised, assessment, running, caller, desk, now)
    if before and added and lapse(case=before.id):
        raised = replace(raised, state="open" if raised.state == "awaiting_second" else raised.state)
        record(writes, kind="case.votes_lapsed", actor="desk", now=now, case=before.id, facts={"why": "places_added"})
    items = items_in(copysets=copysets) if assessment.hide_now and not raised.withheld else []
    judged = carry_out(
        writes, case=raised, assessment=assessment, running=running, desk=desk, now=now, actor=caller.actor, fresh_items=items
    )
    if own or times == 0:
        judged = replace(judged, promise=_own_promise(judged, now))
    if before is None:
        add_case(writes, row=judged.case, copysets=added, fresh=fresh)
        record(writes, kind="case.opened", actor=caller.actor, now=now, case=judged.case.id, facts=_said(judged))
        return judged
    if before.state in ("cleared", "not_found"):
        stop(writes, clocks=[c for (n, _), c in running.items() if n in ("watch",)], now=now)
    cover(writes, case=before.id, copysets=added, fresh=fresh)
    after = save_case(writes, before=before, after=judged.case)
    kind = "case.joined" if before.undecided else "case.reopened"
    record(writes, kind=kind, actor=caller.actor, now=now, case=after.id, facts=_said(judged))
    return replace(judged, case=after)


def _on_decided(
    writes: Writes,
    before: CaseRow,
    raised: CaseRow,
    assessment: Assessment,
    running: Mapping[Name, ClockView],
    caller: Caller,
    desk: Desk,
    now: datetime,
) -> Judged:
    """What stands decided stays so; what the notice says of the case is kept, danger is called out, and who may be a child is spared."""
    after = save_case(writes, before=before, after=summed_up(case=raised, assessment=assessment))
    record(writes, kind="case.joined", actor=caller.actor, now=now, case=after.id, facts={"state": after.state})
    for plan in assessment.clocks:
        if plan.name == "danger":
            ring(writes, code="danger", now=now, case=after.id)
            arm(writes, plan=plan, case=after.id, running=running, now=now)
    if after.protect_uploader and not before.protect_uploader and unmark_accounts(case=after.id, now=now):
        record(writes, kind="account.mark_ended", actor="desk", now=now, case=after.id, facts={"why": "uploader_may_be_child"})
    promise = now + clock(desk.policy, "decision_notice", regime=regime_of(case=after), desk=desk.size(now=now)).length
    return Judged(case=after, promise=promise, assessment=assessment, hidden=False)


def _own_promise(judged: Judged, now: datetime) -> datetime:
    """What somebody new is promised: as if theirs were the first notice. A clock that another started would tell of the other.

    That clock ends no later, so what is promised holds.
    """
    return max([judged.promise, *sorted(now + p.length for p in judged.assessment.clocks if p.name in PROMISING)[:1]])


def _said(judged: Judged) -> dict[str, object]:
    return {
        "policy": judged.case.policy_digest[:16],
        "severity": judged.case.severity,
        "hide_now": judged.hidden,
        "clocks": [p.name for p in judged.assessment.clocks],
        "reasons": [r.code for r in judged.assessment.reasons],
    }


def _raise(row: CaseRow, notice: NewNotice, *, first: bool, times: int, lost: bool, now: datetime) -> CaseRow:
    """Sum the notice up in the case. Nothing here ever takes something back."""
    concern = notice.concern
    minor = concern.minor if row.notices == 0 else widest(row.minor, concern.minor)
    trusted = notice.source in TRUSTED_SOURCES
    reopened = row.state in ("cleared", "not_found")
    new_facts = row.new_facts | ({notice.source} if trusted and row.clearances else frozenset())
    return replace(
        row,
        kinds=row.kinds | {concern.kind},
        flags=row.flags | concern.flags,
        claimants=row.claimants | {concern.claimant},
        sources=row.sources | {notice.source},
        regimes=row.regimes | notice.regimes,
        published=row.published or "threat_to_publish" not in concern.flags,
        minor=minor,
        claimed_by_person=row.claimed_by_person or (concern.claimant in _PERSON and not row.clearances and not lost),
        raised_by_trusted=row.raised_by_trusted or trusted,
        notices=row.notices + 1,
        independent=row.independent + (1 if times == 0 else 0),
        same_reporter=max(row.same_reporter, times + 1),
        new_facts=new_facts,
        state="open" if reopened else row.state,
        round=row.round + 1 if reopened else row.round,
        reopened_at=now if reopened or first else row.reopened_at,
        queue_at=now if reopened or first else row.queue_at,
        decided_at=None if reopened else row.decided_at,
    )


def _answer(
    writes: Writes, judged: Judged, notice: NewNotice, notice_id: uuid.UUID, found: bool, caller: Caller, desk: Desk, now: datetime
) -> None:
    """The receipt now; on a case that is decided already, the decision as well."""
    case = judged.case
    handling = OpenHandling(
        id=new_id(now=now),
        notice=notice_id,
        language=notice.language or desk.language,
        claimant=notice.concern.claimant,
        account_id=notice.account_id,
        program=caller.id,
        platform=caller.platform,
        minor=notice.concern.minor,
        at=now,
        answer_due=judged.promise,
        by_mail=notice.contact is not None,
    )
    facts = base_facts(
        kind="receipt",
        case=case,
        measures=[],
        promise=judged.promise,
        found=found,
        desk=desk,
        now=now,
    )
    facts = replace(
        facts,
        advice=advice_to(kinds=frozenset({notice.concern.kind}), flags=notice.concern.flags),
        hide_by=_hide_by(judged, found, now),
    )
    tell(writes, case=case, handlings=[handling], facts=facts, desk=desk, now=now, running={})


def _hide_by(judged: Judged, found: bool, now: datetime) -> datetime | None:
    """When a clock hides it; of what no platform has registered that cannot be promised, for nobody can be told to hide it."""
    if not found or judged.hidden or judged.case.withheld:
        return None
    times = [now + s.after for p in judged.assessment.clocks for s in p.steps if s.deed in ("withhold", "withhold_item")]
    return min(times) if times else None
