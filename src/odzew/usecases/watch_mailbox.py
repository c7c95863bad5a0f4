"""A mailbox that nobody could read for an hour rings: reports may lie in it unread."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from odzew.alarms.api import ring_once
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.notices.contacts import read_whole, whole_since
from odzew.usecases.desk import Desk

LATE: Final = timedelta(hours=1)
_AGAIN: Final = timedelta(hours=6)


def mailbox_read(*, mailbox: str, desk: Desk, now: datetime) -> None:
    """Note that everything in a mailbox became notices, and none of it is left there."""
    read_whole(mailbox=_name(mailbox, desk), now=now)


def watch_mailbox(*, mailbox: str, desk: Desk, now: datetime) -> bool:
    """Ring if a mailbox was last read whole more than an hour ago; return whether it rang. Again every six hours."""

    def work() -> bool:
        # 1. Since when; one that was never read counts from when it was first looked after.
        since = whole_since(mailbox=_name(mailbox, desk), now=now)
        if now - since < LATE:
            return False
        # 2. The alarm and the event, together.
        writes = Writes()
        facts: dict[str, int | str] = {"minutes": int((now - since).total_seconds() // 60)}
        if ring_once(writes, code="mail_unread", every=_AGAIN, now=now, facts=facts) is None:
            return False
        record(writes, kind="mail.unread", actor="desk", now=now, facts=facts)
        writes.send()
        return True

    return atomically(work)


def _name(mailbox: str, desk: Desk) -> str:
    return desk.keys.reporter_key(of=f"mailbox {mailbox}")
