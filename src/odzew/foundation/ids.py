"""Ids that sort by the time they were made."""

from __future__ import annotations

import secrets
import threading
import uuid
from datetime import datetime

_lock = threading.Lock()
_last = (0, 0)


def new_id(*, now: datetime) -> uuid.UUID:
    """Return a version 7 UUID (RFC 9562, 5.7 and 6.2): milliseconds of `now`, a counter within them, then 62 random bits.

    Ids made by one process within one millisecond sort in the order they were made; more than 4,096 of them run into the next.
    """
    global _last
    milliseconds = int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    with _lock:
        count = _last[1] + 1 if _last[0] == milliseconds else 0
        _last = (milliseconds, count)
    moment, part = milliseconds + (count >> 12), count & 0xFFF
    value = moment << 80 | 0x7 << 76 | part << 64 | 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)
