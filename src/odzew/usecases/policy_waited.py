"""The day of a policy that one person signed alone is over: it comes into force, if the desk is still one person's."""

from __future__ import annotations

from datetime import datetime

from odzew.alarms.api import ring
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import desk_size
from odzew.ledger.policies import in_force_before
from odzew.ledger.policy_changes import ChangeView, due_change, hold, wait_on
from odzew.policy.rules import Policy
from odzew.usecases._policy_force import bring_into_force, live
from odzew.usecases._policy_texts import readable
from odzew.usecases.desk import Desk


def policy_waited(*, desk: Desk, now: datetime) -> bool:
    """Put the change whose time has come in force; return whether there was one.

    It does not take force, and waits for signatures with an alarm, if the desk has more people by now, if whoever signed has left, or
    if another policy is in force than it was written for. Safe to call from several workers at once.
    """
    if due_change(now=now) is None:
        return False

    def work() -> bool:
        writes = Writes()
        # 1. One of several workers finds it due.
        hold()
        found = due_change(now=now)
        if found is None:
            return False
        # 2. Everything that was true when it was signed is still true.
        policy, signed = readable(found.text), [p.pseudonym for p in live(change=found, now=now)]
        if policy is None or not signed or (why := _moved(found, desk, now)):
            _stop(writes, found, "gone" if not signed else "unfit" if policy is None else why, now)
        else:
            _start(writes, found, policy, signed, now)
        writes.send()
        return True

    done = atomically(work)
    desk.forget()
    return done


def _moved(found: ChangeView, desk: Desk, now: datetime) -> str:
    if desk_size(now=now) != "solo":
        return "more_people"
    return "" if found.base == (in_force_before() or desk.policy.digest) else "other_policy"


def _stop(writes: Writes, found: ChangeView, why: str, now: datetime) -> None:
    wait_on(writes, change=found.id)
    facts = {"change": str(found.id), "policy": found.digest, "why": why}
    record(writes, kind="policy.wait_ended", actor="clock", now=now, facts=facts)
    ring(writes, code="policy_stopped", now=now)


def _start(writes: Writes, found: ChangeView, policy: Policy, signed: list[str], now: datetime) -> None:
    bring_into_force(writes, change=found, policy=policy, signed=signed, actor="clock", now=now)
    ring(writes, code="policy_in_force", now=now)
