"""Clocks: rows with a due time and a deed. Arming only ever brings a ring forward; only a decision or an answer stops one."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.cases.data import UNDECIDED, ClockView
from odzew.cases.models import Clock
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none
from odzew.policy.data import ClockPlan
from odzew.policy.rules import HIDING_DEEDS

Name = tuple[str, uuid.UUID | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A step of a clock that is due: `deed` is to be done, `last` says that the clock ends with it."""

    clock: uuid.UUID
    case: uuid.UUID | None
    name: str
    subject: uuid.UUID | None
    deed: str
    due: datetime
    last: bool
    step: int
    steps: tuple[tuple[datetime, str], ...]


_ARMED: Final = """
SELECT id, case_id, name, subject_id, state, started_at, due_at, steps, step, statutory FROM cases_clock
WHERE case_id = ANY(%s) AND state = 'armed'
"""


def armed(*, cases: list[uuid.UUID]) -> dict[uuid.UUID, dict[Name, ClockView]]:
    """Return the running clocks of each case by name and subject."""
    return _views(cases, fetch_all(_ARMED, [cases]))


def armed_about(*, case: uuid.UUID, subject: uuid.UUID | None, names: Collection[str]) -> dict[Name, ClockView]:
    """Return the running clocks of the case itself, those about one subject, and those of these names; no other.

    A case with thousands of notices has as many clocks about one notice each.
    """
    sql = _ARMED + " AND (subject_id IS NULL OR subject_id = %s OR name = ANY(%s))"
    return _views([case], fetch_all(sql, [[case], subject, sorted(names)]))[case]


def _views(cases: list[uuid.UUID], rows: list[tuple[Any, ...]]) -> dict[uuid.UUID, dict[Name, ClockView]]:
    out: dict[uuid.UUID, dict[Name, ClockView]] = {case: {} for case in cases}
    for clock, case, name, subject, state, started, due, steps, step, statutory in rows:
        hides = any(deed in HIDING_DEEDS for _, deed in _parse(steps)[step:])
        out[case][(name, subject)] = ClockView(
            id=clock, name=name, due=due, state=state, subject=subject, started=started, statutory=statutory, hides=hides
        )
    return out


def clocks_of(*, case: uuid.UUID) -> list[ClockView]:
    """Return all clocks a case ever had, by due time."""
    rows = Clock.objects.filter(case_id=case).order_by("due_at", "id")
    return [
        ClockView(
            id=c.id,
            name=c.name,
            due=c.due_at,
            state=c.state,
            subject=c.subject_id,
            started=c.started_at,
            statutory=c.statutory,
            ended=c.ended_at,
        )
        for c in rows
    ]


def _steps(*, plan: ClockPlan, start: datetime, due: datetime) -> list[list[str]]:
    """Absolute steps, squeezed so that the last is at `due`: a step that would come later than that is dropped."""
    steps = sorted(((start + s.after, s.deed) for s in plan.steps), key=lambda s: s[0])
    final = steps[-1][1]
    return [[at.isoformat(), deed] for at, deed in steps[:-1] if at < due] + [[due.isoformat(), final]]


def arm(
    writes: Writes,
    *,
    plan: ClockPlan,
    case: uuid.UUID | None,
    running: Mapping[Name, ClockView],
    now: datetime,
    subject: uuid.UUID | None = None,
    start: datetime | None = None,
) -> datetime:
    """Arm a clock of a case, or bring the one that runs forward; return when it is due.

    `start` is the moment its length counts from (default `now`). Call it once for a name and subject in one transaction.
    """
    begin = start or now
    due = begin + plan.length
    known = running.get((plan.name, subject))
    if known is not None:
        left = known.due - now
        if plan.halve and left > plan.floor:
            due = min(due, now + max(left / 2, plan.floor))
        must_hide = not known.hides and any(s.deed in HIDING_DEEDS for s in plan.steps)
        if due >= known.due and not must_hide:
            return known.due
        # 1. What was promised on the way keeps its time: steps count from the first start.
        due = min(due, known.due)
        steps = _steps(plan=plan, start=min(begin, known.started), due=due)
        steps = [s for s in steps if datetime.fromisoformat(s[0]) > now] or steps[-1:]
        writes.update(Clock, {"id": known.id, "due_at": due, "wake_at": steps[0][0], "steps": steps, "step": 0})
        return due
    steps = _steps(plan=plan, start=begin, due=due)
    writes.insert(
        Clock,
        {
            "id": new_id(now=now),
            "case_id": case,
            "name": plan.name,
            "subject_id": subject,
            "state": "armed",
            "started_at": begin,
            "due_at": due,
            "wake_at": steps[0][0],
            "steps": steps,
            "step": 0,
            "statutory": plan.statutory,
            "ended_at": None,
        },
    )
    return due


def stop(writes: Writes, *, clocks: Iterable[ClockView], now: datetime) -> None:
    """Stop running clocks: what they guarded has happened."""
    writes.update(Clock, *({"id": c.id, "state": "stopped", "ended_at": now} for c in clocks))


def take_over(*, source: uuid.UUID, target: uuid.UUID, now: datetime) -> None:
    """Let the running clocks of one case run on for another; of two with one name and subject the earlier runs on."""
    fetch_none(
        "UPDATE cases_clock c SET state = 'stopped', ended_at = %s FROM cases_clock o WHERE c.state = 'armed' AND o.state = 'armed' "
        "AND c.name = o.name AND c.subject_id IS NOT DISTINCT FROM o.subject_id "
        "AND ((c.case_id = %s AND o.case_id = %s AND c.due_at > o.due_at) OR (c.case_id = %s AND o.case_id = %s AND c.due_at >= o.due_at))",
        [now, target, source, source, target],
    )
    fetch_none("UPDATE cases_clock SET case_id = %s WHERE case_id = %s AND state = 'armed'", [target, source])


def due_cases(*, now: datetime, limit: int) -> list[tuple[uuid.UUID, uuid.UUID | None]]:
    """Return clocks whose next step is due, the longest waiting first, as (clock, case)."""
    sql = "SELECT id, case_id FROM cases_clock WHERE state = 'armed' AND wake_at <= %s ORDER BY wake_at LIMIT %s"
    return [(clock, case) for clock, case in fetch_all(sql, [now, limit])]


_CLAIM: Final = """
UPDATE cases_clock c SET
  step = c.step + 1,
  state = CASE WHEN c.step + 1 >= jsonb_array_length(c.steps) THEN 'fired' ELSE c.state END,
  ended_at = CASE WHEN c.step + 1 >= jsonb_array_length(c.steps) THEN %s ELSE NULL END,
  wake_at = CASE WHEN c.step + 1 >= jsonb_array_length(c.steps) THEN c.wake_at
            ELSE (c.steps -> (c.step + 1) ->> 0)::timestamptz END
WHERE c.id = ANY(%s) AND c.state = 'armed' AND c.wake_at <= %s
RETURNING c.id, c.case_id, c.name, c.subject_id, c.step - 1, c.steps, c.state
"""


def claim(*, clocks: list[uuid.UUID], now: datetime) -> list[Ring]:
    """Take the due step of each clock, once: whoever comes second gets nothing. The caller holds the clocks' cases."""
    rings = []
    for clock, case, name, subject, step, steps, state in fetch_all(_CLAIM, [now, clocks, now]):
        parsed = _parse(steps)
        rings.append(
            Ring(
                clock=clock,
                case=case,
                name=name,
                subject=subject,
                deed=parsed[step][1],
                due=parsed[step][0],
                last=state == "fired",
                step=step,
                steps=parsed,
            )
        )
    return rings


def _parse(steps: Any) -> tuple[tuple[datetime, str], ...]:
    import json

    value = json.loads(steps) if isinstance(steps, str) else steps
    return tuple((datetime.fromisoformat(at), deed) for at, deed in value)


def postpone(*, clock: uuid.UUID, now: datetime, least: timedelta, most: timedelta) -> None:
    """Let a clock whose deed failed ring again, the later it is the more slowly; its due time stays, so that it shows as overdue."""
    sql = (
        "UPDATE cases_clock SET wake_at = %s + least(%s, greatest(%s, (%s - (steps -> step ->> 0)::timestamptz) / 2)) "
        "WHERE id = %s AND state = 'armed'"
    )
    fetch_none(sql, [now, most, least, now, clock])


def overdue(*, now: datetime, by: timedelta) -> int:
    """Return how many running clocks are late by more than `by`."""
    return int(fetch_all("SELECT count(*) FROM cases_clock WHERE state = 'armed' AND wake_at < %s", [now - by])[0][0])


def clock_near(*, until: datetime, quiet: Collection[str]) -> bool:
    """Does a running clock of a case that nobody has decided end by then, other than those that are nobody's next step?"""
    sql = (
        "SELECT EXISTS (SELECT 1 FROM cases_clock k JOIN cases_case c ON c.id = k.case_id AND c.state = ANY(%s) "
        "WHERE k.state = 'armed' AND k.wake_at <= %s AND k.due_at <= %s AND k.name <> ALL(%s))"
    )
    return bool(fetch_all(sql, [sorted(UNDECIDED), until, until, sorted(quiet)])[0][0])


def next_wake() -> datetime | None:
    """Return when the next clock wants to ring."""
    at: datetime | None = fetch_all("SELECT min(wake_at) FROM cases_clock WHERE state = 'armed'", [])[0][0]
    return at


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """What clocks will do by themselves: `count` deeds of one kind of one clock, the first of them at `first`."""

    name: str
    deed: str
    count: int
    first: datetime


def coming(*, until: datetime) -> list[Coming]:
    """Return what the running clocks will do until then if nobody does anything, the soonest first."""
    sql = (
        "SELECT c.name, s.value ->> 1, count(*), min((s.value ->> 0)::timestamptz) FROM cases_clock c "
        "CROSS JOIN LATERAL jsonb_array_elements(c.steps) WITH ORDINALITY AS s (value, n) "
        "WHERE c.state = 'armed' AND s.n > c.step AND (s.value ->> 0)::timestamptz <= %s GROUP BY 1, 2 ORDER BY 4, 1, 2"
    )
    return [Coming(name=name, deed=deed, count=n, first=first) for name, deed, n, first in fetch_all(sql, [until])]


def latest_by(*, now: datetime) -> timedelta:
    """Return by how much the most overdue running clock is late; nothing if none is."""
    wake = next_wake()
    return max(now - wake, timedelta(0)) if wake else timedelta(0)
