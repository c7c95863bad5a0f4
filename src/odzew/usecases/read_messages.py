"""A person of the desk says that they have read what a reporter wrote."""

from __future__ import annotations

import uuid
from datetime import datetime

from odzew.cases.rows import lock_case
from odzew.foundation.errors import Forbidden, NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller
from odzew.notices.messages import mark_read, on_case, thread_of
from odzew.usecases.reply_to_reporter import WRITERS


def read_messages(*, case: uuid.UUID, notice: uuid.UUID, messages: list[uuid.UUID], caller: Caller, now: datetime) -> int:
    """Note that these messages of a thread were read, each once; return how many nobody had read before.

    Only what was on the page is named, so a message that came meanwhile stays unread. The reporter is told nothing of it.
    Raises `Forbidden` (a role that does not write to reporters) and `NotFound`.
    """
    if caller.what != "person" or caller.role not in WRITERS:
        raise Forbidden("Only reviewers, leads and safety officers read for the desk.", why="not_a_writer")

    def work() -> int:
        root = thread_of(notice=notice, hold=True)
        row = lock_case(case=case)
        if root is None or not on_case(case=row.id, notice=root):
            raise NotFound("There is no such notice on this case.", why="no_thread")
        done = mark_read(notice=root, messages=messages, person=caller.id, now=now)
        if done:
            writes = Writes()
            facts = {"notice": str(root), "messages": [str(one) for one in done]}
            record(writes, kind="message.read", actor=caller.actor, now=now, case=row.id, facts=facts)
            writes.send()
        return len(done)

    return atomically(work)
