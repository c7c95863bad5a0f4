"""How well the desk's people agree, by queue and by rule, and what waits for a lead to settle. No figure on it is of one person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from odzew.decisions.agreement import (
    LEAST_LOOKS,
    LEAST_PEOPLE,
    Agreement,
    Overturned,
    agreements,
    differing,
    found_worse,
    looks_wanted,
    overturned,
)
from odzew.decisions.api import decisions_of
from odzew.decisions.data import DoubleView
from odzew.entrypoints.console import views
from odzew.entrypoints.console.case_page import label
from odzew.entrypoints.console.rights import may
from odzew.entrypoints.console.said import Said, number
from odzew.entrypoints.console.tables import Table, as_file
from odzew.entrypoints.console.visit import Visit
from odzew.foundation.errors import OdzewError
from odzew.ledger.events import read_texts
from odzew.ledger.stored import unchanging
from odzew.policy.rules import Policy
from odzew.usecases.settle_disagreement import settle_disagreement

NAMES: Final = ("queues", "rules")
WINDOWS: Final = (30, 90, 365)
USUAL: Final = 90
_MOST: Final = 50


@views.guarded("agreement", "GET")
def agreement(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How well people agree, what was overturned, and what waits."""
    return _page(request, visit)


@views.guarded("agreement", "GET")
def agreement_table(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """One of its tables, as a file."""
    said, days = views.said_to(request), _days(request)
    table = next((t for t in _tables(days, said) if t.name == name), None) if name in NAMES else None
    if table is None:
        return views.show(request, "told", visit=visit, status=404, sentence="not_here")
    return as_file(table=table, days=days)


@views.guarded("settle", "POST")
def settle(request: HttpRequest, visit: Visit, double: uuid.UUID) -> HttpResponse:
    """The decision stands, or the case is decided anew."""
    try:
        choice = request.POST.get("choice", "")
        settle_disagreement(double=double, choice=choice, caller=visit.caller, desk=views.our_desk(), now=views.moment())
    except OdzewError as error:
        return _page(request, visit, status=error.status, refused=views.why(request, error))
    return views.see("/console/agreement#differ")


def _days(request: HttpRequest) -> int:
    """The window that was asked for; what is none of ours is the usual one."""
    return next((days for days in WINDOWS if request.GET.get("days") == str(days)), USUAL)


def _page(request: HttpRequest, visit: Visit, *, status: int = 200, **facts: Any) -> HttpResponse:
    said, days, policy = views.said_to(request), _days(request), views.our_desk().policy
    with unchanging():
        tables = _tables(days, said)
        differ = differing(most=_MOST + 1)
        worse = found_worse(since=_since(days, said), until=said.now, most=_MOST)
        wanted = looks_wanted()
    return views.show(
        request,
        "agreement",
        visit=visit,
        status=status,
        sections=[{"name": t.name, "title": said.words[f"agr_{t.name}"], "note": _note(t.name, said), "table": t} for t in tables],
        windows=[(d, said.text("fig_days", count=d)) for d in WINDOWS],
        days=days,
        as_of=said.time(said.now),
        wanted=said.text("agr_wanted", count=number(wanted)),
        shares=_shares(policy, said),
        differ=_differences(differ[:_MOST], policy, said),
        more=len(differ) > _MOST,
        worse=[{"case": d.case, "short": str(d.case)[-12:], "at": said.time(d.given_at or said.now)} for d in worse],
        settles=may(role=visit.caller.role, page="settle", method="POST"),
        **facts,
    )


def _since(days: int, said: Said) -> datetime:
    return said.now - timedelta(days=days)


def _tables(days: int, said: Said) -> list[Table]:
    since = _since(days, said)
    return [
        _queues(agreements(since=since, until=said.now), said),
        _rules(overturned(since=since, until=said.now), views.our_desk().policy, said),
    ]


def _note(name: str, said: Said) -> str:
    return said.text(f"agr_{name}_note", people=LEAST_PEOPLE, looks=LEAST_LOOKS)


def _shares(policy: Policy, said: Said) -> str:
    """What part of the decisions the policy draws, in one line."""
    rule = policy.double
    named: Mapping[str, float] = {
        **{said.label("regime", queue): share for queue, share in rule.queues.items()},
        **{said.label("kind", kind): share for kind, share in rule.kinds.items()},
    }
    parts = [f"{name} {_percent(share, said)}" for name, share in named.items()]
    return said.text("agr_share", share=_percent(rule.share, said)) + (f" ({', '.join(parts)})" if parts else "")


def _percent(share: float, said: Said) -> str:
    return f"{share * 100:g}\N{NO-BREAK SPACE}%".replace(".", said.words["agr_point"])


def _queues(found: list[Agreement], said: Said) -> Table:
    return Table(
        name="queues",
        columns=("queue", "drawn", "looks", "agreed", "unsure", "worse", "people", "kappa", "kappa_low", "kappa_high"),
        rows=[
            (a.queue, a.drawn, a.looks, a.agreed, a.unsure, a.worse, a.people,
             *((round(a.kappa.value, 4), round(a.kappa.low, 4), round(a.kappa.high, 4)) if a.kappa else (None, None, None)))
            for a in found
        ],
        heads=tuple(said.words[f"agr_{k}"] for k in ("queue", "kappa", "drawn", "looks", "agreed", "unsure", "worse", "people")),
        lines=[
            (said.label("regime", a.queue), _kappa(a, said), number(a.drawn), number(a.looks), number(a.agreed), number(a.unsure),
             number(a.worse), number(a.people))
            for a in found
        ],
    )  # fmt: skip


def _kappa(a: Agreement, said: Said) -> str:
    """How well they agree, in words where it cannot be said in figures."""
    if a.few:
        return said.words["fig_few"]
    if a.kappa is None:
        return said.words["agr_all_same"]
    value, low, high = (f"{v:.2f}".replace(".", said.words["agr_point"]) for v in (a.kappa.value, a.kappa.low, a.kappa.high))
    return said.text("agr_kappa_low" if a.low else "agr_kappa_is", value=value, low=low, high=high)


def _rules(found: list[Overturned], policy: Policy, said: Said) -> Table:
    return Table(
        name="rules",
        columns=("ground", "appeals", "overturned", "looks", "differed"),
        rows=[(o.ground, o.appeals, o.upheld, o.looks, o.differed) for o in found],
        heads=tuple(said.words[f"agr_{k}"] for k in ("rule", "overturned", "differed")),
        lines=[
            (label(policy, o.ground, said.language), _of(o.upheld, o.appeals, said), _of(o.differed, o.looks, said)) for o in found
        ],
    )


def _of(count: int, among: int, said: Said) -> str:
    return said.text("fig_of", count=number(count), among=number(among)) if among else "–"


def _differences(found: list[DoubleView], policy: Policy, said: Said) -> list[dict[str, Any]]:
    """The two answers side by side, by nobody: what is at stake is the rule."""
    firsts = {d.id: next(e for e in decisions_of(case=d.case) if e.id == d.decision) for d in found}
    reasons = read_texts(ids=[t for d in found for t in (firsts[d.id].reason, d.reason) if t])

    def answer(name: str, outcome: str, ground: str, reason: uuid.UUID | None) -> dict[str, Any]:
        return {
            "name": said.words[f"agr_{name}"],
            "outcome": said.label("outcome", outcome),
            "ground": label(policy, ground, said.language),
            "reason": reasons.get(reason, "") if reason else "",
        }

    return [
        {
            "id": d.id,
            "case": d.case,
            "short": str(d.case)[-12:],
            "title": said.label("regime", d.queue),
            "at": said.time(d.given_at or d.at),
            "answers": [
                answer("first", d.outcome, d.ground, firsts[d.id].reason),
                answer("second", d.second_outcome, d.second_ground, d.reason),
            ],
        }
        for d in found
    ]
