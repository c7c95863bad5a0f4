"""Shared: a file of an item is near an entry of a bank, or looks the same as files of other items; in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from odzew.banks.quarantine import Sighted
from odzew.cases.clocks import armed, stop
from odzew.cases.data import HIDDEN_FOR_GOOD, ItemView
from odzew.cases.items import case_of_copyset, copysets_of, item, items_in, marking_cases, surroundings
from odzew.cases.likeness import reach_no_further, take_in
from odzew.cases.matches import Near, keep_matches, not_known, with_matches
from odzew.cases.register import Registered
from odzew.cases.rows import CaseRow, add_case, lock_cases, now_named, read_cases, save_case
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.policy.data import Trigger
from odzew.policy.rules import MatchRule
from odzew.usecases._alike import join_alike
from odzew.usecases._claimed import come_under_claims
from odzew.usecases._flood import watch_flood
from odzew.usecases._hiding import hide_case
from odzew.usecases._joining import follow_joined
from odzew.usecases._judging import carry_out, facts_of, judge
from odzew.usecases._opening import new_case, widest
from odzew.usecases.desk import Desk

_POSITIVE: Final = frozenset({"confirmed", "seed", "disputed"})
_KIND: Final = {True: "csam", False: "ncii", None: "other"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What looking at one file of an item gave: entries of banks it is near, the numbers of hosted files that look the same, and what
    the guard against floods counts."""

    item: uuid.UUID
    print: int | None
    near: tuple[Near, ...] = ()
    copies: tuple[int, ...] = ()
    sighted: tuple[Sighted, ...] = ()


def is_equal(*, near: Near, rule: MatchRule) -> bool:
    """Is it the same file or picture, and not only near it (practice 8)?"""
    return near.distance <= (rule.pdq_equal if near.type == "pdq" else 0) and near.quality >= rule.quality


def follow_looked(*, looked: Looked, desk: Desk, now: datetime, actor: str) -> uuid.UUID | None:
    """Let an item share the case of what looks the same, and judge what banks say of it; return its case, if it has one now.

    Equal files share one case, and a decision against them holds at once. What is only near gets a case of its own: it is hidden
    and looked at once. Nothing here marks an account (practice 8).
    """
    # 1. Each match is counted: a hash that suddenly matches everything is stopped.
    if looked.sighted:
        counts = Writes()
        watch_flood(counts, sighted=looked.sighted, now=now)
        counts.send()
    # 2. Files that look the same as what was reported come under its case.
    if looked.print is not None and looked.copies:
        join_alike(number=looked.print, copies=looked.copies, desk=desk, now=now, actor=actor)
    view = item(item=looked.item)
    if view is None:
        return None
    found = [n for n in looked.near if n.opinion in _POSITIVE]
    equal = [n for n in found if is_equal(near=n, rule=desk.policy.match)]
    if looked.print is not None:
        come_under_claims(number=looked.print, equal=equal, desk=desk, now=now, actor=actor)
    _join_cases(view, equal, desk, now, actor)
    # 3. What the banks say that is not known on its case yet.
    copyset = _copyset(view.id)
    case = case_of_copyset(copyset=copyset)
    fresh = not_known(case=case, print_=looked.print, found=found)
    if not fresh:
        return case
    return _judge(view.id, copyset, case, looked.print, fresh, desk, now, actor)


def _join_cases(view: ItemView, equal: Sequence[Near], desk: Desk, now: datetime, actor: str) -> None:
    """An entry that a case of this desk made, and that the file equals: the item is that case's, whatever became of it."""
    named = [n.from_case for n in equal if n.from_case and n.opinion == "confirmed"]
    for origin in dict.fromkeys(named):
        target = now_named(case=origin)
        copyset = _copyset(view.id)
        case = case_of_copyset(copyset=copyset)
        rows = {row.id: row for row in lock_cases(ids=sorted({target} | ({case} if case else set())))}
        if target == case or rows[target].state not in HIDDEN_FOR_GOOD:
            continue
        done = Registered(touched={target})
        if case is None:
            done.joined = [(i, target) for i in take_in(case=target, copysets=[copyset])]
        else:
            reach_no_further(copysets=copysets_of(case=case))
            done.merges = [(target, case)]
        follow_joined(done=done, actor=actor, desk=desk, now=now, alike=True)


def _copyset(item_id: uuid.UUID) -> uuid.UUID:
    view = item(item=item_id)
    if view is None:
        raise RuntimeError("the item is gone while its copy set is held")
    return view.copyset


def _judge(
    item_id: uuid.UUID,
    copyset: uuid.UUID,
    case: uuid.UUID | None,
    print_: int | None,
    found: list[Near],
    desk: Desk,
    now: datetime,
    actor: str,
) -> uuid.UUID:
    before = next(iter(lock_cases(ids=[case])), None) if case else None
    writes = Writes()
    raised = _raise(before or new_case(desk=desk, now=now), found, desk, reopens=before is not None, now=now)
    keep_matches(writes, case=raised.id, item=item_id, print_=print_, found=found, now=now)
    for near in found:
        facts = {"item": str(item_id), "bank": near.bank, "entry": near.entry, "opinion": near.opinion, "type": near.type}
        record(
            writes,
            kind="match.found",
            actor=actor,
            now=now,
            case=raised.id,
            facts={**facts, "distance": near.distance, "wide": near.wide},
        )
    copysets = copysets_of(case=raised.id) if before else [copyset]
    if not raised.undecided:
        save_case(writes, before=before or raised, after=raised)
        writes.send()
        return raised.id
    around = surroundings(copysets=copysets, now=now)
    raised = replace(raised, published=raised.published or around.public)
    running = armed(cases=[raised.id])[raised.id] if before else {}
    facts_now = facts_of(case=raised, around=around, trigger=Trigger(what="match"), desk=desk, now=now)
    judged = carry_out(
        writes,
        case=raised,
        assessment=judge(facts=facts_now, desk=desk, wave_at=raised.wave_at),
        running=running,
        desk=desk,
        now=now,
        actor=actor,
        fresh_items=None if before else items_in(copysets=copysets),
    )
    if before is None:
        add_case(writes, row=judged.case, copysets=copysets, fresh=frozenset())
        record(
            writes, kind="case.opened", actor=actor, now=now, case=judged.case.id, facts={"why": "match", "hide_now": judged.hidden}
        )
    else:
        if before.state in ("cleared", "not_found"):
            stop(writes, clocks=[c for (n, _), c in running.items() if n == "watch"], now=now)
            record(writes, kind="case.reopened", actor=actor, now=now, case=before.id, facts={"why": "match"})
        save_case(writes, before=before, after=judged.case)
    writes.send()
    return judged.case.id


def hold_upload(*, item_id: uuid.UUID, held: bool, marked: bool, desk: Desk, now: datetime, actor: str) -> uuid.UUID | None:
    """Hide an upload that is held until somebody decides, so that a decision can let it out; return the item's case, if it has one.

    An upload by an account that a person marked gets a case for that alone: what the marking case was about is what is feared.
    """
    copyset = _copyset(item_id)
    case = case_of_copyset(copyset=copyset)
    if case is None and marked:
        case = _open_for_mark(item_id, copyset, desk, now, actor)
    if case is None or not (held or marked):
        return case
    (row,) = lock_cases(ids=[case])
    if row.undecided and not row.withheld:
        writes = Writes()
        running = armed(cases=[case])[case]
        after = hide_case(
            writes, case=row, scope="media", unverified=False, actor=actor, why="held_upload", running=running, desk=desk, now=now
        )
        save_case(writes, before=row, after=after)
        writes.send()
    return case


def _open_for_mark(item_id: uuid.UUID, copyset: uuid.UUID, desk: Desk, now: datetime, actor: str) -> uuid.UUID:
    origins = read_cases(ids=marking_cases(item=item_id, now=now))
    row = replace(
        new_case(desk=desk, now=now),
        kinds=frozenset[str]().union(*(o.kinds for o in origins)) or frozenset({"other"}),
        minor=widest(*(o.minor for o in origins)) if origins else None,
        sources=frozenset({"automatic"}),
        claimants=frozenset({"other"}),
    )
    writes = Writes()
    around = surroundings(copysets=[copyset], now=now)
    facts = facts_of(case=row, around=around, trigger=Trigger(what="account_marked"), desk=desk, now=now)
    judged = carry_out(
        writes,
        case=replace(row, published=row.published or around.public),
        assessment=judge(facts=facts, desk=desk),
        running={},
        desk=desk,
        now=now,
        actor=actor,
        fresh_items=items_in(copysets=[copyset]),
    )
    add_case(writes, row=judged.case, copysets=[copyset], fresh=frozenset())
    opened = {"why": "account_marked", "hide_now": judged.hidden}
    record(writes, kind="case.opened", actor=actor, now=now, case=judged.case.id, facts=opened)
    writes.send()
    return judged.case.id


def _raise(row: CaseRow, found: list[Near], desk: Desk, *, reopens: bool, now: datetime) -> CaseRow:
    """Sum up what the banks say. A confirmed entry is a new fact for a case that was cleared; a seed or a dispute alone is not.

    Only an equal entry says what the item is; what is near leaves its kind and the age open.
    """
    strong = any(n.opinion == "confirmed" for n in found)
    if row.notices == 0 and not reopens:
        row = _what_it_is(row, found, desk)
    reopened = reopens and strong and row.state in ("cleared", "not_found")
    return replace(
        row,
        sources=row.sources | {"automatic"},
        claimants=row.claimants or frozenset({"other"}),
        matches=with_matches(row=row, found=found),
        new_facts=row.new_facts | {"match"} if strong and row.clearances else row.new_facts,
        raised_by_trusted=row.raised_by_trusted or strong,
        state="open" if reopened else row.state,
        round=row.round + 1 if reopened else row.round,
        reopened_at=now if reopened else row.reopened_at,
        queue_at=now if reopened else row.queue_at,
        decided_at=None if reopened else row.decided_at,
    )


def _what_it_is(row: CaseRow, found: list[Near], desk: Desk) -> CaseRow:
    """Say of a case that nobody reported what equal entries are lists of; else what the cases say that the entries come from."""
    says = {n.child for n in found if n.opinion == "confirmed" and is_equal(near=n, rule=desk.policy.match)}
    if says:
        return replace(
            row, kinds=frozenset(_KIND[child] for child in says), minor=True if True in says else None if None in says else False
        )
    claims = read_cases(ids=sorted({n.from_case for n in found if n.from_case}))
    kinds = frozenset[str]().union(*(c.kinds for c in claims))
    return replace(row, kinds=kinds or frozenset({"other"}), minor=widest(*(c.minor for c in claims)) if claims else None)
