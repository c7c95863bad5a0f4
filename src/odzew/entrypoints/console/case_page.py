"""One case as a page. Its facts are those of `case_view`, so that the API and the page are blind by one rule."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from odzew.answers.api import answers_on
from odzew.cases.data import ItemView
from odzew.cases.items import items_of
from odzew.cases.matches import MatchView, matches_of
from odzew.cases.rows import CaseRow
from odzew.decisions.api import decisions_of, statements_of
from odzew.decisions.data import DecisionView
from odzew.entrypoints.api.case_views import TELLING_CLOCKS, case_view
from odzew.entrypoints.console.around_page import accounts, cluster
from odzew.entrypoints.console.queue_page import regime_word
from odzew.entrypoints.console.said import Said
from odzew.entrypoints.console.spread_chart import spread_chart
from odzew.entrypoints.console.thread_page import threads_of
from odzew.ledger.api import events_of
from odzew.ledger.data import Entry
from odzew.ledger.events import read_texts
from odzew.ledger.outbox import attempts_of
from odzew.ledger.people import Caller, platform_names, pseudonyms
from odzew.notices.formal import signed_on
from odzew.policy.rules import Policy
from odzew.policy.vocabulary import OUTCOMES
from odzew.usecases.desk import Desk

# How much of each list a page shows: what may still need somebody first, then the newest. A case may have thousands of each.
NOTICES: Final = 100
_MOST: Final = {"measures": 100, "answers": 50, "statements": 50, "timeline": 200}
ORDER: Final = ("remove", "keep_withheld", "no_violation", "not_found", "cannot_judge")
_KEYS: Final = {"remove": "r", "keep_withheld": "h", "no_violation": "v", "not_found": "t", "cannot_judge": "c"}
_MOST_MATCHES: Final = 50
_EQUAL: Final = 10
_GOOD: Final = 80
# What tells that somebody decided, without being a decision.
_TELLING: Final = frozenset({"case.votes_lapsed"})
# Who sees what a reporter signed as a formal request: whoever must show that it was complete.
_SEE_NAMES: Final = frozenset({"lead", "safety_officer"})
# Who reads of drawn decisions.
_OF_AGREEMENT: Final = frozenset({"lead", "auditor"})
# What tells it, and is shown to those who took part.
_TELLING_OTHERS: Final = frozenset({"opinion.asked"})
# Who of the desk wrote or read is for the auditor: the name must not change when they have answered.
_OF_THE_DESK: Final = frozenset({"message.sent", "message.read"})


def case_page(*, row: CaseRow, caller: Caller, policy: Policy, said: Said, stood: datetime | None = None) -> dict[str, Any] | None:
    """Return all that the page of a case shows to this person, or None if there is no such case for them; of a case as it `stood`
    then nothing that came of the decision made then."""
    items, decisions = items_of(case=row.id), decisions_of(case=row.id)
    view = case_view(row=row, caller=caller, now=said.now, most=NOTICES, items=items, decisions=decisions, stood=stood)
    if view is None:
        return None
    more = {"notices": view["notices_count"] - len(view["notices"])}

    def some(name: str, found: list[Any], *, last: Callable[[Any], bool] = lambda _: False) -> list[Any]:
        """The first of a list, those that are `last` behind the others."""
        more[name] = max(len(found) - _MOST[name], 0)
        return sorted(found, key=last)[: _MOST[name]]

    measures = some("measures", view["measures"], last=lambda m: m["state"] == "done" or not m["in_force"])
    told = [a for a in answers_on(case=row.id, notices=[n["id"] for n in view["notices"]]) if stood is None or a.at < stood]
    answers = some("answers", told[::-1])[::-1]
    stated = [s for s in statements_of(case=row.id) if stood is None or s["at"] < stood]
    statements = some("statements", stated, last=lambda s: s["state"] != "held")
    subjects = [m["measure_id"] for m in measures] + [s["id"] for s in statements] + [a.id for a in answers]
    tries = attempts_of(subjects=subjects)
    places = [p for n in view["notices"] for p in n["where"]]
    running = sorted((c for c in view["clocks"] if c["state"] == "armed"), key=lambda c: (c["due"], c["id"]))
    here = platform_names()
    covered = cluster(row=row, items=items, measures=view["measures"], places=places, here=here, said=said)
    return {
        "id": row.id,
        "short": str(row.id)[-12:],
        "title": said.label("regime", regime_word(row)),
        "state": said.label("case", view["state"]),
        "undecided": row.undecided,
        "hidden": row.withheld,
        "version": view["version"],
        "reasons": _unique([said.reason(r["code"]) for r in view["reasons"]]),
        "clocks": [{"label": said.label("clock", c["name"]), "due": said.due(c["due"])} for c in running],
        "matches": _matches(row, items, said, stood),
        "copies": said.text("copies_unseen", count=covered["unseen"]) if covered["unseen"] else "",
        "spread": spread_chart(row=row, since=min([row.opened_at, *(n["at"] for n in view["notices"])]), said=said),
        "cluster": covered,
        "accounts": accounts(row=row, here=here, said=said, not_marked=stood and stood + policy.marks_expire),
        "notices": [_notice(n, said) for n in view["notices"]],
        "signed": _signed([n["id"] for n in view["notices"]], said) if caller.role in _SEE_NAMES else [],
        "threads": threads_of(case=row.id, caller=caller, said=said),
        "measures": [_measure(m, tries[m["measure_id"]], said) for m in measures],
        "answers": [
            {
                "label": said.label("answer", a.kind),
                "at": said.time(a.at),
                "lang": a.language,
                "clauses": [c["text"] for c in a.clauses],
                "tries": said.tries(tries[a.id]),
            }
            for a in answers
        ],
        "statements": [_statement(s, tries[s["id"]], caller, said) for s in statements],
        "decisions": [_decision(d, policy, caller, said) for d in view["decisions"]],
        "appeals": [
            {
                "by": said.label("appeal", a["by"]),
                "state": said.label("appeal", a["state"]),
                "at": said.time(a["at"]),
                "text": a["text"],
            }
            for a in view["appeals"]
        ],
        "asked": view["asked"] and {"at": said.time(view["asked"]["at"]), "due": said.due(view["asked"]["due"])},
        "timeline": some("timeline", _timeline(row, view, decisions, caller, said, stood)),
        "more": {name: said.text("more", count=count) for name, count in more.items() if count > 0},
    }


def choices(*, desk: Desk, said: Said) -> dict[str, Any]:
    """Return what the form of a decision offers, and the sentences that stand ready for a reason, in the desk's own language."""
    own = Said(language=desk.language, zone=said.zone, now=said.now)
    rules = [(g, label(desk.policy, g, said.language), label(desk.policy, g, desk.language)) for g in desk.policy.grounds]
    return {
        "outcomes": [(o, said.label("outcome", o), said.label("help", o), _KEYS[o]) for o in ORDER if o in OUTCOMES],
        "grounds": rules,
        "ready": {name: own.words[f"ready_{name}"] for name in ("remove", "keep_withheld")},
    }


def label(policy: Policy, ground: str, language: str) -> str:
    """Return a ground of the policy in the reader's language."""
    names = policy.grounds.get(ground, {})
    return names.get(language) or names.get("en") or ground


def _unique(found: list[str]) -> list[str]:
    return list(dict.fromkeys(found))


def _matches(row: CaseRow, items: list[ItemView], said: Said, stood: datetime | None) -> list[dict[str, Any]]:
    """What its files are near to, the nearest first, each in words; equal ones and near ones are told apart."""
    found = matches_of(case=row.id, most=_MOST_MATCHES)
    names = {i.id: i.external_id or said.words["unknown_item"] for i in items}
    return [
        {
            "bank": said.words.get(f"bank_{m.bank}", said.text("bank_list", which=m.bank)),
            "near": said.text(_how_near(m), bits=m.distance),
            "how": said.words[f"how_{m.how}"] if m.how else "",
            "opinion": said.label("opinion", m.opinion),
            "wide": m.wide,
            "item": names.get(m.item, "") if m.item else "",
            "at": said.time(m.at),
        }
        for m in found
        if stood is None or m.at < stood
    ]


def _how_near(m: MatchView) -> str:
    if m.how == "film":
        return "near_film"  # the distance that is kept of it only says that it is not equal
    if m.type != "pdq" or m.distance == 0:
        return "near_file" if m.type != "pdq" else "near_picture"
    return "near_equal" if m.distance <= _EQUAL and m.quality >= _GOOD else "near_similar"


def _notice(n: dict[str, Any], said: Said) -> dict[str, Any]:
    minor = {True: "minor_yes", False: "minor_no", None: "minor_unknown"}[n["minor"]]
    return {
        "id": n["id"],
        "at": said.time(n["at"]),
        "due": said.time(n["answer_due"]),
        "open": n["state"] == "open",
        "source": said.label("source", n["source"]),
        "kind": said.label("kind", n["kind"]),
        "claimant": said.label("claimant", n["claimant"]),
        "minor": said.words[minor],
        "flags": [said.label("flag", f) for f in sorted(n["flags"])],
        "where": [p.get("url") or p.get("item_id") or "" for p in n["where"]],
        "language": n["language"],
        "text": n["text"],
        "erased": n["erased"],
    }


def _signed(notices: list[uuid.UUID], said: Said) -> list[dict[str, Any]]:
    """What reporters signed under a law; of what was erased only that it was signed."""
    found = signed_on(notices=notices)
    texts = read_texts(ids=[one.text_id for one in found])
    return [
        {
            "law": said.words[f"law_{one.law}"],
            "at": said.time(one.at),
            **{name: text.get(name, "") for name in ("signature", "contact")},
        }
        for one in found
        for text in [json.loads(texts.get(one.text_id, "{}"))]
    ]


def _measure(m: dict[str, Any], tries: list[dict[str, Any]], said: Said) -> dict[str, Any]:
    return {
        "label": said.label("measure", m["measure"]),
        "item": m["item"] or said.words["account"],
        "state": said.label("mstate", m["state"] if m["in_force"] or m["state"] != "ordered" else "replaced"),
        "good": m["state"] == "done",
        "at": said.time(m["ordered_at"]),
        "tries": said.tries(tries),
        "proofs": [
            {"at": said.time(p["at"]), "url": p["url"], "status": p["status"] or said.words["no_reply"]} for p in m["proofs"]
        ],
    }


def _statement(s: dict[str, Any], tries: list[dict[str, Any]], caller: Caller, said: Said) -> dict[str, Any]:
    return {
        "id": s["id"],
        "label": said.label("statement", s["form"]),
        "state": said.label("state", s["state"]),
        "at": said.time(s["at"]),
        "lines": s["text"].split("\n"),
        "release": s["state"] == "held" and caller.role == "safety_officer",
        "tries": said.tries(tries),
    }


def _decision(d: dict[str, Any], policy: Policy, caller: Caller, said: Said) -> dict[str, Any]:
    return {
        "by": said.words["you"] if d["by"] == caller.actor else said.words["actor_program"] if d["by"] == "program" else d["by"],
        "outside": d["outside"],
        "outcome": said.label("outcome", d["outcome"]) if d["outcome"] else None,
        "ground": label(policy, d["ground"], said.language) if d["ground"] else "",
        "reason": d["reason"] or "",
        "at": said.time(d["at"]),
        "state": said.label("decision", d["state"]),
    }


def _timeline(
    row: CaseRow, view: dict[str, Any], decisions: list[DecisionView], caller: Caller, said: Said, stood: datetime | None
) -> list[dict[str, Any]]:
    """The acts on record, the newest first, without those that would tell of a decision this person may not know of."""
    seen = {str(d["id"]): d for d in view["decisions"]}
    blind = _unseen(decisions, seen)
    lines = []
    for e in reversed(events_of(case=row.id)):
        if e.kind == "case.decided" and str(e.facts.get("decision")) not in seen:
            continue
        if e.kind in _TELLING and caller.role != "auditor":
            continue
        if (stood is not None and e.at >= stood and e.actor != caller.actor) or _of_a_drawn(e, row, caller):
            continue
        if e.kind.startswith(("lease.", "media.")) and not _may_know(e, row, caller):
            continue
        about_asking = e.kind in _TELLING_OTHERS or e.facts.get("name") in TELLING_CLOCKS
        if about_asking and row.undecided and view["asked"] is None:
            continue
        lines.append(
            {
                "at": said.time(e.at),
                "label": said.label("event", _kind(e.kind)),
                "what": _what(e, seen, said),
                "by": _by(e.actor, blind | {e.actor} if e.kind in _OF_THE_DESK else blind, caller, said),
                "seal": said.text("seal", count=e.seq) if e.seq is not None else said.words["unsealed"],
                "mark": "done" if e.kind in ("measure.done", "case.decided") else "due" if e.kind.startswith("clock.") else "",
            }
        )
    return lines


def _of_a_drawn(e: Entry, row: CaseRow, caller: Caller) -> bool:
    """That a decision was drawn, and who has it in hand, is for those who read of agreement: its author must not know."""
    after = row.decided_at is not None and e.at > row.decided_at and int(str(e.facts.get("round", 0))) == row.round
    if e.kind.startswith("double."):
        return caller.role not in _OF_AGREEMENT
    return e.kind.startswith(("lease.", "media.")) and after and e.actor != caller.actor and caller.role not in _OF_AGREEMENT


def _may_know(e: Entry, row: CaseRow, caller: Caller) -> bool:
    """Who had the case in hand in this round tells that somebody has said something by now; later it tells nothing."""
    over = not row.undecided or int(str(e.facts.get("round", 0))) < row.round
    return over or e.actor == caller.actor or caller.role == "auditor"


def _kind(kind: str) -> str:
    first = kind.partition(".")[0]
    known = kind.replace(".", "_")
    return "answer" if first == "answer" and known not in ("answer_accepted", "answer_refused") else known


def _unseen(decisions: list[DecisionView], seen: dict[str, Any]) -> frozenset[str]:
    people: list[uuid.UUID] = [d.person for d in decisions if str(d.id) not in seen]
    return frozenset(pseudonyms(people=people).values()) if people else frozenset()


def _by(actor: str, blind: frozenset[str], caller: Caller, said: Said) -> str:
    if actor == caller.actor:
        return said.words["you"]
    kind = "person" if actor in blind and caller.role != "auditor" else actor.partition(":")[0]
    return said.words.get(f"actor_{kind}", kind)


def _what(e: Entry, seen: dict[str, Any], said: Said) -> str:
    """What an act was about, from facts that tell nothing of an answer this person may not know."""
    facts = e.facts
    if e.kind == "case.decided":
        outcome = seen[str(facts["decision"])]["outcome"]
        return said.label("outcome", outcome) if outcome else said.words["own_hidden"]
    if e.kind == "clock.rang":
        return f"{said.label('clock', str(facts.get('name')))}: {said.label('deed', str(facts.get('deed')))}"
    if e.kind.startswith("answer.") and e.kind.partition(".")[2] not in ("accepted", "refused"):
        return said.label("answer", e.kind.partition(".")[2])
    if "what" in facts:
        return said.label("measure", str(facts["what"]))
    return ""
