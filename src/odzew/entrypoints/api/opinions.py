"""Opinions from outside: what somebody outside the desk is asked about, and what they say.

They see what may be judged without media, and nothing that tells who reported or what anybody of the desk decided in this round: a
source its own notices only; a person the words of all notices without their reporters. Both see hashes and what has happened.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from odzew.cases.items import hashes_of, items_of
from odzew.cases.rows import CaseRow, read_cases
from odzew.decisions.api import decisions_of
from odzew.decisions.data import AskView, DecisionView
from odzew.entrypoints.api.context import the_desk
from odzew.entrypoints.api.notices import to_json
from odzew.entrypoints.api.problems import Reply
from odzew.entrypoints.api.shapes import OpinionIn
from odzew.ledger.api import events_of
from odzew.ledger.events import read_texts
from odzew.ledger.people import Caller
from odzew.notices.api import NoticeView, views_of
from odzew.policy.vocabulary import TRUSTED_SOURCES
from odzew.usecases.give_opinion import asked_of, give_opinion

# Acts on a case that tell neither who acted nor what anybody of the desk thinks of it.
_HISTORY: Final = frozenset(
    {"notice.received", "case.opened", "case.joined", "case.reopened", "case.withheld", "case.media_changed", "case.items_joined"}
    | {"measure.ordered", "measure.done", "measure.returned", "appeal.lodged"}
)
# With several sources on a case, a source is told of what happened to the item, not of others' notices (practice 5).
_OF_OTHERS: Final = frozenset({"notice.received", "case.joined", "case.opened", "case.reopened"})


def list_opinions(*, caller: Caller, now: datetime) -> Reply:
    """Return what this caller is asked about, the oldest first."""
    return Reply(status=200, body=to_json({"asked": briefs(caller=caller, now=now)}))


def post_opinion(*, case: uuid.UUID, sent: OpinionIn, caller: Caller, now: datetime) -> Reply:
    """Record an opinion. Raises what `give_opinion` raises."""
    done = give_opinion(case=case, caller=caller, outcome=sent.outcome, reason=sent.reason, desk=the_desk(), now=now)
    return Reply(status=201, body=to_json({"opinion": done.opinion, "state": done.state}))


def briefs(*, caller: Caller, now: datetime) -> list[dict[str, Any]]:
    """Return each case that this caller is asked about, as they may see it."""
    asks = asked_of(caller=caller, now=now)
    rows = {row.id: row for row in read_cases(ids=[a.case for a in asks])}
    return [_brief(ask, rows[ask.case], caller) for ask in asks]


def _brief(ask: AskView, row: CaseRow, caller: Caller) -> dict[str, Any]:
    source = caller.what == "program"
    notices = [n for n in views_of(case=row.id) if not source or (n.program == caller.id and n.source in TRUSTED_SOURCES)]
    mine = [d for d in decisions_of(case=row.id, round=row.round) if d.person == caller.id and d.state != "lapsed"]
    texts = read_texts(ids=[t for t in (*(n.text_id for n in notices), *(d.reason for d in mine)) if t])
    items = items_of(case=row.id)
    return {
        "case": row.id,
        "asked_at": ask.at,
        "due": ask.due,
        "hidden": row.withheld,
        "notices": [_notice(n, texts, places=source) for n in notices],
        "items": dict(Counter(i.kind or "unknown" for i in items)),
        "views": sum(i.views for i in items),
        "hashes": hashes_of(case=row.id),
        "history": _history(row, source=source),
        "mine": _mine(mine[-1], texts) if mine else None,
    }


def _notice(n: NoticeView, texts: Mapping[uuid.UUID, str], *, places: bool) -> dict[str, Any]:
    return {
        "at": n.received_at,
        "source": n.source,
        "kind": n.kind,
        "minor": n.minor,
        "claimant": n.claimant,
        "flags": list(n.flags),
        "language": n.language,
        "text": texts.get(n.text_id, "") if n.text_id else "",
        "where": n.places if places else [],
    }


def _history(row: CaseRow, *, source: bool) -> list[dict[str, Any]]:
    shown = _HISTORY - _OF_OTHERS if source else _HISTORY
    return [
        {"at": e.at, "kind": e.kind, "what": str(e.facts["what"]) if e.kind == "measure.ordered" and "what" in e.facts else None}
        for e in events_of(case=row.id)
        if e.kind in shown
    ]


def _mine(d: DecisionView, texts: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    return {"outcome": d.outcome, "reason": texts.get(d.reason, ""), "at": d.at}
