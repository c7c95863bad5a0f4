"""Shared: a person of the desk at a thread, in the caller's transaction."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from odzew.cases.rows import CaseRow, lock_case
from odzew.foundation.errors import Forbidden, NotFound
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller
from odzew.notices.messages import mark_read, on_case, thread_of

WRITERS: Final = frozenset({"reviewer", "lead", "safety_officer"})


def only_writers(*, caller: Caller) -> None:
    """Let nobody pass who does not write to reporters. Raises `Forbidden`."""
    if caller.what != "person" or caller.role not in WRITERS:
        raise Forbidden("Only reviewers, leads and safety officers read and write for the desk.", why="not_a_writer")


def held_thread(*, case: uuid.UUID, notice: uuid.UUID) -> tuple[uuid.UUID, CaseRow]:
    """Hold the thread of a notice, then the case, as everybody does; return both. Raises `NotFound`: it is not on this case."""
    root = thread_of(notice=notice, hold=True)
    row = lock_case(case=case)
    if root is None or not on_case(case=row.id, notice=root):
        raise NotFound("There is no such notice on this case.", why="no_thread")
    return root, row


def note_read(writes: Writes, *, root: uuid.UUID, case: uuid.UUID, messages: list[uuid.UUID], caller: Caller, now: datetime) -> int:
    """Note who read these messages of a reporter, and on the record too; return how many nobody had read before."""
    done = mark_read(notice=root, messages=messages, person=caller.id, now=now)
    if done:
        facts = {"notice": str(root), "messages": [str(one) for one in done]}
        record(writes, kind="message.read", actor=caller.actor, now=now, case=case, facts=facts)
    return len(done)
