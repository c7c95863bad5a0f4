"""Shared: nobody of the desk is left who may decide, so somebody outside is asked for an opinion (practice 1)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from odzew.alarms.api import ring
from odzew.cases.clocks import Name, arm
from odzew.cases.data import ClockView
from odzew.cases.items import copysets_of, covers_registered, surroundings
from odzew.cases.rows import CaseRow
from odzew.decisions.api import add_ask, ask_of, decisions_of
from odzew.enforcement.api import measures_of
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Size, deciders
from odzew.notices.data import OpenHandling
from odzew.policy.clearing import clearing
from odzew.policy.clocks import clock
from odzew.policy.data import Signatures, Trigger
from odzew.usecases._answering import base_facts, regime_of, tell
from odzew.usecases._judging import facts_of
from odzew.usecases.desk import Desk

CLOCK: Final = "outside_opinion"


def nobody_left(*, row: CaseRow, voters: set[uuid.UUID], sign: Signatures, team: Size, now: datetime) -> bool:
    """Have all who may decide said what they say (`voters`), and it is not decided?

    A desk of one that waits only for its own second look is not stuck: the same person may decide again.
    """
    if not {p.id for p in deciders(now=now)} <= voters:
        return False
    return row.state in ("disputed", "specialist") or (row.state == "awaiting_second" and (sign.outside or team != "solo"))


def ask_outside(
    writes: Writes,
    *,
    case: CaseRow,
    waiting: list[OpenHandling],
    running: Mapping[Name, ClockView],
    desk: Desk,
    now: datetime,
) -> datetime:
    """Ask for an opinion from outside, once a round; return by when the reporters were told to hear.

    The case stays as it is. The clock is armed, an alarm tells the desk, and reporters are given the new date: never a dead end.
    """
    plan = clock(desk.policy, CLOCK, regime=regime_of(case=case), desk=desk.size(now=now))
    due = arm(writes, plan=plan, case=case.id, running=running, now=now)
    ask = add_ask(writes, case=case.id, round=case.round, due=due, now=now)
    record(
        writes,
        kind="opinion.asked",
        actor="desk",
        now=now,
        case=case.id,
        facts={"ask": str(ask), "round": case.round, "due": due},
    )
    ring(writes, code="opinion_wanted", now=now, case=case.id)
    facts = base_facts(
        kind="update",
        case=case,
        measures=measures_of(case=case.id),
        promise=due,
        found=covers_registered(case=case.id),
        desk=desk,
        now=now,
    )
    tell(writes, case=case, handlings=waiting, facts=replace(facts, more_time=True), desk=desk, now=now, running=running)
    return due


def ask_if_stuck(
    writes: Writes,
    *,
    case: CaseRow,
    waiting: list[OpenHandling],
    running: Mapping[Name, ClockView],
    desk: Desk,
    now: datetime,
) -> bool:
    """Ask outside if people have left, or a source has come, since the last decision, so that nobody may decide any more."""
    if case.state not in ("awaiting_second", "disputed", "specialist") or ask_of(case=case.id) is not None:
        return False
    around = surroundings(copysets=copysets_of(case=case.id), now=now)
    facts = facts_of(case=case, around=around, trigger=Trigger(what="clock"), desk=desk, now=now)
    sign = clearing(facts=facts, policy=desk.policy)
    standing = [d for d in decisions_of(case=case.id, round=case.round) if d.state in ("awaiting_second", "disputed", "passed_on")]
    voters = {d.person for d in standing if not d.outside}
    if not voters or not nobody_left(row=case, voters=voters, sign=sign, team=desk.size(now=now), now=now):
        return False
    ask_outside(writes, case=case, waiting=waiting, running=running, desk=desk, now=now)
    return True
