"""What people wrote ends: some time after all that they asked for has ended, unless somebody says that it must be kept."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from odzew.cases.rows import lock_cases
from odzew.decisions.api import appeals_over, erase_appeal
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.notices.erasure import cases_of_threads, erase_thread, hold_threads, still_over, threads_over
from odzew.usecases.desk import Desk

MOST: Final = 20


def erase_words(*, desk: Desk, now: datetime, most: int = MOST) -> int:
    """Erase the words of threads and appeals that are over; return how many of them, at most `most` of each. Safe to repeat.

    Erased are a reporter's own text, the messages of both sides, what was signed, the address of their mail, and what was written in an
    appeal. The reports, what was decided and answered, and the record stay: they hold no words, and the record proves them with the
    words gone. Source: practice 14; GDPR art. 5(1)(e); docs/decisions/0041.
    """
    before = now - desk.policy.words_kept

    def work() -> int:
        # 1. What seems to be over is held, the threads before their cases, and looked at again.
        found = threads_over(before=before, now=now, most=most)
        hold_threads(notices=found)
        complaints = appeals_over(before=before, now=now, most=most)
        lock_cases(ids=sorted({*cases_of_threads(notices=found), *(a.case for a in complaints)}))
        writes = Writes()
        # 2. Threads: the words go, and the record says so.
        over = still_over(notices=found, before=before, now=now)
        for notice in over:
            done = erase_thread(notice=notice, now=now)
            facts: dict[str, Any] = {"notice": str(notice), "texts": done.texts, "addresses": done.addresses}
            _note(writes, next(iter(cases_of_threads(notices=[notice])), None), facts, now)
        # 3. Appeals likewise.
        still = {a.id for a in appeals_over(before=before, now=now, most=most)}
        ended = [a for a in complaints if a.id in still]
        for one in ended:
            _note(writes, one.case, {"appeal": str(one.id), "texts": erase_appeal(appeal=one, now=now)}, now)
        writes.send()
        return len(over) + len(ended)

    return atomically(work)


def _note(writes: Writes, case: uuid.UUID | None, facts: dict[str, Any], now: datetime) -> None:
    record(writes, kind="words.erased", actor="desk", now=now, case=case, facts=facts)
