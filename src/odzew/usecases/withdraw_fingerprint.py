"""A reporter takes back the fingerprint that their own device made."""

from __future__ import annotations

from datetime import datetime

from odzew.foundation.errors import NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.notices.api import by_receipt, fingerprints_of, thread
from odzew.notices.receipt import clean
from odzew.usecases._banking import take_back_fingerprints
from odzew.usecases.desk import Desk


def withdraw_fingerprint(*, code: str, desk: Desk, now: datetime) -> bool:
    """Look no more for what came with the reports of a code; return whether there was anything. Safe to do twice.

    The report stays, and so does what is hidden (practice 8 and 21). Raises `NotFound` for a code that opens nothing.
    """
    digits = clean(typed=code)
    first = by_receipt(lookup=desk.keys.receipt_lookup(code=digits)) if digits else None
    told = thread(notice=first) if first else []
    if not told:
        raise NotFound("This code opens no report.")

    def work() -> bool:
        writes = Writes()
        gone = [
            take_back_fingerprints(
                writes, case=one.cases[0], hashes=fingerprints_of(notice=one.id), notice=one.id, actor="reporter", now=now
            )
            for one in told
        ]
        writes.send()
        return any(gone)

    return atomically(work)
