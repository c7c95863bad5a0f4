"""Ids that sort by the time they were made."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime


def new_id(*, now: datetime) -> uuid.UUID:
    """Return a version 7 UUID (RFC 9562, 5.7): milliseconds of `now`, then 74 random bits."""
    milliseconds = int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)
