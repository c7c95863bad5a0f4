"""Somebody signs a change of the policy: the first signature proposes it, the second puts it in force."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final, Literal

from odzew.alarms.api import ring
from odzew.foundation.errors import Conflict, Forbidden
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller, desk_size, signers
from odzew.ledger.policies import in_force_before
from odzew.ledger.policy_changes import ChangeView, hold, open_change, sign
from odzew.usecases._policy_force import bring_into_force, live
from odzew.usecases._policy_texts import usable
from odzew.usecases.desk import Desk

ALONE: Final = timedelta(hours=24)
Became = Literal["proposed", "waits", "in_force"]


def sign_policy(*, change: uuid.UUID, digest: str, caller: Caller, desk: Desk, now: datetime) -> Became:
    """Sign the open change, word for word as `digest` names it; return what became of it.

    In force by the signatures of two different people who may sign now. On a desk of one it `waits` 24 hours, and an alarm says so at
    once. The caller has checked the fresh second factor. Raises `Forbidden` (who may not), `Conflict` (another text, or another policy
    in force, than was signed; the first again), and `Invalid` if the text may not take force.
    """

    def work() -> Became:
        writes = Writes()
        # 1. Nobody else writes or signs meanwhile. Who signs counts by now, so that nobody makes a second person to sign with.
        hold()
        if caller.id not in {p.id for p in signers(now=now)}:
            raise Forbidden("A lead or a safety officer who counts by now signs.", why="policy_role")
        found = _as_signed(change, digest, desk)
        policy = usable(text=found.text)
        # 2. Two different people, or one on a desk of one; nobody twice.
        alone = desk_size(now=now) == "solo"
        others = [p for p in live(change=found, now=now) if p.id != caller.id]
        if not others and not alone and any(s.person == caller.id for s in found.signatures):
            raise Conflict("You have signed it; somebody else signs next.", why="policy_signed")
        # 3. The signature, and what becomes of the change by it.
        due = now + ALONE if alone and not others else None
        sign(writes, change=found, person=caller.id, due=due, now=now)
        facts = {"change": str(found.id), "policy": found.digest, "due": due or ""}
        kind = "policy.signed" if found.signatures else "policy.proposed"
        record(writes, kind=kind, actor=caller.actor, now=now, facts=facts)
        if due is not None:
            ring(writes, code="policy_waits", now=now)
        writes.send()
        if not others:
            return "waits" if due else "proposed"
        # 4. In force, by two.
        names = [caller.actor, *(p.pseudonym for p in others)]
        bring_into_force(writes, change=found, policy=policy, signed=names, actor=caller.actor, now=now)
        writes.send()
        return "in_force"

    became = atomically(work)
    desk.forget()
    return became


def _as_signed(change: uuid.UUID, digest: str, desk: Desk) -> ChangeView:
    found = open_change()
    if found is None or found.id != change or found.digest != digest:
        raise Conflict("This draft has ended or was written anew meanwhile; look at it again.", why="policy_moved")
    if found.base != (in_force_before() or desk.policy.digest):
        raise Conflict("Another policy is in force than this was written for; look at the draft anew.", why="policy_base")
    return found
