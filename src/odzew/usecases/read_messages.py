"""A person of the desk says that they have read what a reporter wrote."""

from __future__ import annotations

import uuid
from datetime import datetime

from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.people import Caller
from odzew.usecases._threads import held_thread, note_read, only_writers


def read_messages(*, case: uuid.UUID, notice: uuid.UUID, messages: list[uuid.UUID], caller: Caller, now: datetime) -> int:
    """Note that these messages of a thread were read, each once; return how many nobody had read before.

    Only what was on the page is named, so a message that came meanwhile stays unread. The reporter is told nothing of it.
    Raises `Forbidden` (a role that does not write to reporters) and `NotFound`.
    """
    only_writers(caller=caller)

    def work() -> int:
        root, row = held_thread(case=case, notice=notice)
        writes = Writes()
        done = note_read(writes, root=root, case=row.id, messages=messages, caller=caller, now=now)
        writes.send()
        return done

    return atomically(work)
