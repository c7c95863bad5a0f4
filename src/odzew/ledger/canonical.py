"""One value, one row of bytes: the canonical JSON that is hashed into the tree, and salted hashes for what may be erased."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from hashlib import sha256
from uuid import UUID

from odzew.foundation.errors import Invalid

MAX_DEPTH = 32
MAX_INT = 2**53 - 1
MIN_SALT_BYTES = 16


class NotCanonical(Invalid):
    """A value that has no single canonical form (a float, a naive time, a key that is no text, ...)."""

    code = "not-canonical"


def canonical(*, value: object) -> bytes:
    """Return the canonical JSON of an event: keys sorted by code point, no spaces, UTF-8, nothing escaped that need not be.

    Takes text, booleans, None, whole numbers within +-(2**53 - 1) (RFC 7493 2.2), lists, tuples, mappings with text keys,
    enum members (as their value), UUIDs, dates, and aware datetimes (ISO 8601 in UTC with microseconds and `Z`).
    Raises NotCanonical for all else: floats and decimals, naive times, bytes, sets, lone surrogates, more than 32 levels.
    """
    try:
        return json.dumps(_plain(value, depth=0), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("Text with a lone surrogate cannot be written as UTF-8.") from error


def utc_text(*, at: datetime) -> str:
    """Return an aware time as `2026-01-31T08:05:00.000000Z`; raises NotCanonical for a naive one."""
    if at.utcoffset() is None:
        raise NotCanonical("A time in the record names its zone.")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def salted(*, text: str, salt: bytes) -> str:
    """Return the hash that stands in the record for personal text: 64 hex digits.

    SHA-256(length of salt as 2 bytes || salt || text as UTF-8). The salt is random, at least 16 bytes, one per text, and kept
    beside the text, outside the tree: when both are erased the hash tells nothing and every proof still holds.
    Raises NotCanonical for a short salt or text that is not valid Unicode.
    """
    if not MIN_SALT_BYTES <= len(salt) < 1 << 16:
        raise NotCanonical("A salt has at least 16 random bytes.", length=len(salt))
    try:
        return sha256(len(salt).to_bytes(2, "big") + salt + text.encode()).hexdigest()
    except UnicodeEncodeError as error:
        raise NotCanonical("Text with a lone surrogate cannot be written as UTF-8.") from error


def _plain(value: object, *, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise NotCanonical("An event is nested too deeply.", depth=depth)
    if isinstance(value, Enum):
        return _plain(value.value, depth=depth + 1)
    if value is None or isinstance(value, bool | str | int):
        return _scalar(value)
    if isinstance(value, datetime):
        return utc_text(at=value)
    if isinstance(value, UUID | date):
        return str(value)
    if isinstance(value, Mapping):
        return {_key(key): _plain(inner, depth=depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, depth=depth + 1) for inner in value]
    raise NotCanonical("The record holds no value of that type.", type=type(value).__name__)


def _scalar(value: bool | str | int | None) -> bool | str | int | None:
    if isinstance(value, int) and abs(value) > MAX_INT:
        raise NotCanonical("A whole number in the record fits in 53 bits; write a larger one as text.", value=str(value))
    return value


def _key(key: object) -> str:
    if type(key) is not str:
        raise NotCanonical("The keys of an event are text.", type=type(key).__name__)
    return key
