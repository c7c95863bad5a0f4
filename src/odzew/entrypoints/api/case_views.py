"""What of a case each caller sees.

People see the case, but until it is final a decision only if they made it, or are the auditor: neither the state nor the version
tells others that somebody has decided. On a desk of one, even its author is not shown the answer again before the second look.
Programs see what concerns their platform's own items and what they sent themselves; never other notices, reasons, sources, places
in the queue, or who decided (practice 1 and 5).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from odzew.cases.clocks import clocks_of
from odzew.cases.data import ClockView, ItemView
from odzew.cases.items import items_of
from odzew.cases.rows import CaseRow
from odzew.decisions.api import appeals_of, ask_of, decisions_of
from odzew.decisions.blind import sees, shown_version
from odzew.decisions.data import AppealView, DecisionView
from odzew.decisions.doubles import as_it_stood
from odzew.enforcement.api import measures_of, probes_of
from odzew.enforcement.data import MeasureView
from odzew.entrypoints.api.context import the_desk
from odzew.ledger.events import read_texts
from odzew.ledger.people import Caller, pseudonyms
from odzew.notices.api import NoticeView, views_of
from odzew.policy.vocabulary import TRUSTED_SOURCES
from odzew.usecases.give_opinion import CLOCK

# What a platform may know of the time that runs: none of these tells who reported, how often, or what else is known.
_FOR_PROGRAMS: Final = frozenset(
    {
        "child_withhold",
        "child_decide",
        "ncii_policy",
        "ncii_decide",
        "ncii_tida",
        "ncii_uk",
        "au_complaint",
        "other_decide",
        "appeal_decide",
    }
)
_BLIND: Final = frozenset({"awaiting_second", "disputed"})
# A case may have thousands of notices; whoever floods it must not make it too long to be read.
NOTICES: Final = 200
# That an opinion from outside is asked for tells that somebody decided.
TELLING_CLOCKS: Final = frozenset({CLOCK})


def case_view(
    *,
    row: CaseRow,
    caller: Caller,
    now: datetime,
    most: int = NOTICES,
    items: list[ItemView] | None = None,
    decisions: list[DecisionView] | None = None,
    stood: datetime | None = None,
) -> dict[str, Any] | None:
    """Return a case as this caller may see it, or None if there is no such case for them; at most `most` notices (see `weightiest`).

    All its `items` and `decisions` are read here unless the caller has read them. `stood`: the row is as it stood then, and so is all
    else that is shown; that somebody was handed it as a drawn decision is found here too (docs/decisions/0037).
    """
    items = items_of(case=row.id) if items is None else items
    if caller.what == "person":
        if stood is None:
            known = as_it_stood(rows=[row], person=caller.id)[0]
            row, stood = known.row, known.at
        decisions = decisions_of(case=row.id) if decisions is None else decisions
        return _for_person(row, items, decisions, caller, now, most, stood)
    mine = [i for i in items if caller.platform is not None and i.platform_id == caller.platform]
    return _for_program(row, mine, caller, most) if mine else None


def weightiest(*, notices: list[NoticeView], most: int) -> list[NoticeView]:
    """Return `most` of the notices in the order they came: danger first, then trusted sources, then those concerned, then the newest."""
    ranked = sorted(
        notices,
        key=lambda n: ("imminent" in n.flags, n.source in TRUSTED_SOURCES, n.claimant != "other", n.received_at, n.id),
        reverse=True,
    )
    return sorted(ranked[:most], key=lambda n: (n.received_at, n.id))


def _for_person(
    row: CaseRow,
    items: list[ItemView],
    decisions: list[DecisionView],
    caller: Caller,
    now: datetime,
    most: int,
    stood: datetime | None,
) -> dict[str, Any]:
    auditor = caller.role == "auditor"
    decisions = _made_before(decisions, row, stood)
    visible = [
        d for d in decisions if sees(decision=d, person=caller.id, auditor=auditor, row_round=row.round, open_=row.undecided)
    ]
    took_part = _took_part(row, decisions, caller)
    every, appeals = views_of(case=row.id), appeals_of(case=row.id)
    notices = weightiest(notices=every, most=most)
    texts = read_texts(
        ids=[t for t in (*(n.text_id for n in notices), *(d.reason for d in visible), *(t for a in appeals for t in a.texts)) if t]
    )
    names = pseudonyms(people=[d.person for d in visible if not d.program])
    ask = ask_of(case=row.id) if took_part and row.undecided else None
    solo = the_desk().size(now=now) == "solo" and not auditor
    return {
        "id": row.id,
        "state": row.state if took_part or row.state not in _BLIND else "open",
        "severity": row.severity,
        "priority": round((now - row.queue_at).total_seconds() / 3600, 4) if row.undecided else None,
        "reasons": row.reasons,
        "clocks": [_clock(c) for c in _clocks(row, took_part, stood)],
        "items": [_item(i) for i in items],
        "notices": [_notice(n, texts, waits=stood is not None) for n in notices],
        "notices_count": len(every),
        "measures": _measures(row.id, items, stood=stood),
        "decisions": [_decision(d, texts, names, hide=solo and d.state == "awaiting_second") for d in visible],
        "appeals": [_appeal(a, texts, state=_appeal_state(a, row, stood)) for a in appeals],
        "asked": {"at": ask.at, "due": ask.due} if ask else None,
        "version": _version(row, decisions, caller),
    }


def now_of(*, row: CaseRow, caller: Caller) -> tuple[int, list[ClockView]]:
    """Return the version and the clocks of a case as this person may see them."""
    known = as_it_stood(rows=[row], person=caller.id)[0]
    row, stood = known.row, known.at
    decisions = _made_before(decisions_of(case=row.id), row, stood)
    return _version(row, decisions, caller), _clocks(row, _took_part(row, decisions, caller), stood)


def _made_before(decisions: list[DecisionView], row: CaseRow, stood: datetime | None) -> list[DecisionView]:
    """Of a case as it stood no decision of its round is known: the last of them was final."""
    return decisions if stood is None else [d for d in decisions if d.round < row.round]


def _took_part(row: CaseRow, decisions: list[DecisionView], caller: Caller) -> bool:
    return caller.role == "auditor" or any(d.person == caller.id and d.round == row.round for d in decisions)


def _clocks(row: CaseRow, took_part: bool, stood: datetime | None) -> list[ClockView]:
    found = _ran(clocks_of(case=row.id), stood)
    return [c for c in found if took_part or not row.undecided or c.name not in TELLING_CLOCKS]


def _version(row: CaseRow, decisions: list[DecisionView], caller: Caller) -> int:
    return shown_version(
        version=row.version,
        decisions=decisions,
        person=caller.id,
        auditor=caller.role == "auditor",
        row_round=row.round,
        open_=row.undecided,
    )


def _for_program(row: CaseRow, mine: list[ItemView], caller: Caller, most: int) -> dict[str, Any]:
    own = [n for n in views_of(case=row.id) if n.program == caller.id]
    final = [d for d in decisions_of(case=row.id) if d.state == "final" and not d.outside]
    return {
        "id": row.id,
        "state": "open" if row.undecided else row.state,
        "severity": None,
        "priority": None,
        "reasons": [],
        "clocks": [_clock(c) for c in clocks_of(case=row.id) if c.name in _FOR_PROGRAMS],
        "items": [_item(i) for i in mine],
        "notices": [{"id": n.id, "state": n.state, "at": n.received_at} for n in weightiest(notices=own, most=most)],
        "notices_count": len(own),
        "measures": _measures(row.id, mine, all_of_them=False),
        "decisions": [{"id": d.id, "outcome": d.outcome, "ground": d.ground, "at": d.final_at, "state": d.state} for d in final],
        "appeals": [],
        "asked": None,
        "version": None,
    }


def _appeal(a: AppealView, texts: dict[uuid.UUID, str], *, state: str) -> dict[str, Any]:
    said = [texts[t] for t in a.texts if t in texts]
    return {"id": a.id, "by": a.by, "at": a.at, "state": state, "text": "\n\n".join(said), "erased": len(said) < len(a.texts)}


def _ran(clocks: list[ClockView], stood: datetime | None) -> list[ClockView]:
    """The clocks that run or ran; of a case as it stood those from before, those that the decision stopped as running while they would."""
    if stood is None:
        return clocks
    before = [c for c in clocks if c.started is not None and c.started < stood]
    return [replace(c, state="armed") if c.state == "stopped" and c.ended == stood else c for c in before]


def _appeal_state(a: AppealView, row: CaseRow, stood: datetime | None) -> str:
    """What the decision that must not be known made of an appeal must not be known either."""
    return "open" if stood is not None and a.against_round == row.round - 1 else a.state


def _clock(c: ClockView) -> dict[str, Any]:
    return {"id": c.id, "name": c.name, "due": c.due, "state": c.state}


def _item(i: ItemView) -> dict[str, Any]:
    return {
        "item_id": i.external_id,
        "url": i.url,
        "kind": i.kind,
        "account": i.account_external,
        "registered": i.registered,
        "private": i.private,
        "views": i.views,
        "reposts": i.reposts,
        "views_per_hour": i.views_per_hour,
    }


def _notice(n: NoticeView, texts: dict[uuid.UUID, str], *, waits: bool = False) -> dict[str, Any]:
    return {
        "id": n.id,
        "state": "open" if waits else n.state,
        "at": n.received_at,
        "source": n.source,
        "kind": n.kind,
        "minor": n.minor,
        "claimant": n.claimant,
        "flags": list(n.flags),
        "where": n.places,
        "language": n.language,
        "text": texts.get(n.text_id, "") if n.text_id else "",
        "erased": n.text_id is not None and n.text_id not in texts,
        "answer_due": n.answer_due,
    }


def _measures(
    case: uuid.UUID, items: Iterable[ItemView], *, all_of_them: bool = True, stood: datetime | None = None
) -> list[dict[str, Any]]:
    names = {i.id: i.external_id for i in items}
    found: list[MeasureView] = [m for m in measures_of(case=case) if all_of_them or m.item in names]
    if stood is not None:
        found = _in_force_then([m for m in found if m.ordered_at < stood])
    proofs = probes_of(measures=[m.id for m in found])
    return [
        {
            "measure_id": m.id,
            "measure": m.measure,
            "item": names.get(m.item) if m.item else None,
            "scope": m.scope,
            "state": m.state,
            "in_force": m.in_force,
            "ordered_at": m.ordered_at,
            "proofs": [p for p in proofs[m.id] if stood is None or p["at"] < stood],
        }
        for m in found
    ]


def _in_force_then(measures: list[MeasureView]) -> list[MeasureView]:
    """Of the measures of a time, the last on each item was in force at its end."""
    last = {m.item: m.id for m in sorted(measures, key=lambda m: (m.ordered_at, m.id))}
    return [replace(m, in_force=last[m.item] == m.id) for m in measures]


def _decision(d: DecisionView, texts: dict[uuid.UUID, str], names: dict[uuid.UUID, str], *, hide: bool) -> dict[str, Any]:
    return {
        "id": d.id,
        "by": "program" if d.program else names.get(d.person, ""),
        "outcome": None if hide else d.outcome,
        "ground": None if hide else d.ground,
        "reason": None if hide else texts.get(d.reason, ""),
        "referral": None if hide else d.referral,
        "at": d.at,
        "final_at": d.final_at,
        "state": d.state,
        "round": d.round,
        "outside": d.outside,
    }
