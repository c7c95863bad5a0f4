"""The operator's page: how the desk runs, from the same functions that `odzew check` and `/metrics` ask. It reads no word of a case."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, Final

from django.db import connection

from odzew.alarms.api import last_confirmed_test
from odzew.cases.clocks import latest_by
from odzew.cases.queue import how_many_wait
from odzew.entrypoints.api.health import overdue, unhashed
from odzew.entrypoints.checks import TEST_LASTS, Finding, check_database, check_surroundings, free_bytes
from odzew.entrypoints.console.said import Said, number, span
from odzew.entrypoints.hashes import quick
from odzew.foundation.settings import Settings
from odzew.ledger.api import latest_checkpoint, tree_state, witnessed
from odzew.ledger.factors import locked_out
from odzew.ledger.outbox import Waiting, standing
from odzew.ledger.people import people
from odzew.matching.api import Standing
from odzew.policy.rules import Policy

_GIB: Final = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line: what it is, how it stands, whether somebody must act, and a moment to go with it."""

    name: str
    text: str
    bad: bool = False
    at: dict[str, str] | None = None


def operation_page(*, chosen: Settings, policy: Policy, held: int, said: Said) -> dict[str, Any]:
    """Return how the desk runs now. `held`: networks that wait because wrong sign-ins came from them."""
    now = said.now
    return {
        "facts": [
            (name, said.label("op", name), list(lines))
            for name, lines in (
                ("work", _work(said)),
                ("record", _record(said)),
                ("machine", _machine(chosen, quick().index.standing(), said)),
                ("people", _people(held, chosen, said)),
                ("versions", _versions(policy, said)),
            )
        ],
        "outbox": [_waiting(w, said) for w in standing(now=now)],
        "findings": [_finding(f, said) for f in (*check_surroundings(chosen=chosen), *check_database(chosen=chosen, now=now))],
    }


def _work(said: Said) -> Iterator[Fact]:
    yield Fact(name=said.words["op_waiting"], text=number(how_many_wait()))
    for what, count in overdue(now=said.now).items():
        yield Fact(name=said.label("op_late", what), text=number(count), bad=count > 0)
    late = latest_by(now=said.now)
    yield Fact(name=said.words["op_latest"], text=_short(late, said), bad=late > timedelta(seconds=30))
    for state, count in sorted(unhashed().items()):
        if state in ("waiting", "given_up"):
            yield Fact(name=said.label("op_files", state), text=number(count), bad=state == "given_up" and count > 0)


def _record(said: Said) -> Iterator[Fact]:
    state, newest = tree_state(), latest_checkpoint()
    yield Fact(name=said.words["op_acts"], text=number(state.size))
    yield Fact(name=said.words["op_unnumbered"], text=number(state.waiting))
    yield _moment(said.words["op_checkpoint"], newest.at if newest else None, said)
    seen = witnessed(now=said.now)
    yield Fact(name=said.words["op_witness"], text=said.words["op_yes" if seen else "unwitnessed"], bad=not seen)


def _machine(chosen: Settings, index: Standing, said: Said) -> Iterator[Fact]:
    free = free_bytes(chosen=chosen)
    yield Fact(name=said.words["op_disk"], text=f"{free / _GIB:,.1f} GiB", bad=free < _GIB)
    yield Fact(name=said.words["op_index"], text=said.label("op_index", index.problem or "whole"), bad=index.problem is not None)
    yield _moment(said.words["op_index_as_of"], index.as_of, said)
    yield Fact(name=said.words["op_hashes"], text=number(index.hashes + index.delta))
    yield Fact(name=said.words["op_searches"], text=number(index.searches))


def _people(held: int, chosen: Settings, said: Said) -> Iterator[Fact]:
    known = people()
    without = sum(not p.enrolled for p in known)
    yield Fact(name=said.words["op_persons"], text=number(len(known)))
    yield Fact(name=said.words["op_without"], text=number(without), bad=without > 0)
    locked = locked_out(now=said.now)
    yield Fact(name=said.words["op_locked"], text=number(locked), bad=locked > 0)
    yield Fact(name=said.words["op_held"], text=number(held), bad=held > 0)
    seen = last_confirmed_test()
    old = seen is None or said.now - seen > TEST_LASTS
    yield _moment(said.words["op_alarm"], seen, said, bad=old and not chosen.demo)


def _versions(policy: Policy, said: Said) -> Iterator[Fact]:
    yield Fact(name="Odzew", text=version("odzew"))
    yield Fact(name=said.words["policy"], text=f"{policy.version}, {policy.name}")
    yield Fact(name="Python", text=platform.python_version())
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        yield Fact(name="PostgreSQL", text=str(cursor.fetchone()[0]))


def _moment(name: str, at: datetime | None, said: Said, *, bad: bool = False) -> Fact:
    return Fact(name=name, text=said.words["op_never"] if at is None else "", bad=bad, at=said.time(at) if at else None)


def _short(late: timedelta, said: Said) -> str:
    return (
        said.words["op_in_time"]
        if late < timedelta(seconds=1)
        else f"{late.seconds} s"
        if late < timedelta(minutes=1)
        else span(length=late)
    )


def _waiting(w: Waiting, said: Said) -> dict[str, Any]:
    return {
        "kind": said.label("outbox", w.kind),
        "waiting": number(w.waiting),
        "oldest": said.time(w.oldest) if w.oldest else None,
        "failing": w.failing,
        "refused": w.refused,
    }


def _finding(found: Finding, said: Said) -> dict[str, Any]:
    return {
        "code": found.code,
        "bad": found.level == "error",
        "text": said.label("finding", found.code),
        "sentence": found.sentence,
    }
