"""Who may enter: a key is looked up, its rights are held against the route's, its pace is counted. What no door names is refused."""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from django.db import close_old_connections
from django.http import HttpRequest
from ninja.security.base import AuthBase

from odzew.entrypoints.api.bodies import check_envelope
from odzew.foundation.errors import Forbidden, TooMany, Unauthorised
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import settings
from odzew.ledger.people import DECIDERS, Caller, caller_of_key

READERS: Final = DECIDERS | {"auditor"}
# A revoked key works for at most this long in a process that has just seen it.
REMEMBERED: Final = 2.0
_MOST_REMEMBERED: Final = 4096
_LONGEST_KEY: Final = 200


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


@dataclass(slots=True)
class _Known:
    callers: dict[bytes, tuple[float, Caller]] = field(default_factory=dict)
    buckets: dict[tuple[uuid.UUID, str], _Bucket] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_known = _Known()


def forget() -> None:
    """Drop all keys and paces that this process remembers."""
    with _known.lock:
        _known.callers.clear()
        _known.buckets.clear()


def remembered(*, authorization: str) -> Caller | None:
    """Return who a header belongs to if this process has just looked it up, else None; asks nobody."""
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or len(key) > _LONGEST_KEY or not key.isascii():
        return None
    known = _known.callers.get(hashlib.sha256(key.strip().encode()).digest())
    return known[1] if known is not None and time.monotonic() - known[0] < REMEMBERED else None


def caller_of(*, authorization: str, now: datetime) -> Caller:
    """Return who an `Authorization` header belongs to, at most two seconds old. Raises `Unauthorised`."""
    scheme, _, key = authorization.partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key or len(key) > _LONGEST_KEY or not key.isascii():
        raise Unauthorised("Send your key in the header Authorization: Bearer KEY.")
    name, at = hashlib.sha256(key.encode()).digest(), time.monotonic()
    lately = _known.callers.get(name)
    if lately is not None and at - lately[0] < REMEMBERED:
        return lately[1]
    caller = caller_of_key(key=key, now=now)
    with _known.lock:
        if caller is None:
            _known.callers.pop(name, None)
        else:
            if len(_known.callers) >= _MOST_REMEMBERED:
                _known.callers.clear()
            _known.callers[name] = (at, caller)
    if caller is None:
        raise Unauthorised("This key is unknown, revoked or expired.")
    return caller


def known_caller(*, authorization: str) -> None:
    """Raise `Unauthorised` for a header that belongs to nobody; for a thread in which no request of Django's is being answered."""
    close_old_connections()
    try:
        caller_of(authorization=authorization, now=utc_now())
    finally:
        close_old_connections()


def pace(*, caller: Caller) -> None:
    """Count one call of a key; each process gives it its share of the limit, and one second's worth at once. Raises `TooMany`."""
    _pace(caller, "calls", caller.limit_per_second or settings().notices_per_second)


def pace_checks(*, caller: Caller) -> None:
    """Count one upload check of a key, which has a limit of its own. Raises `TooMany`."""
    _pace(caller, "checks", settings().checks_per_second)


def _pace(caller: Caller, what: str, limit: int) -> None:
    rate = max(limit / settings().web_processes, 1.0)
    at = time.monotonic()
    with _known.lock:
        if len(_known.buckets) >= _MOST_REMEMBERED:
            _known.buckets.clear()
        bucket = _known.buckets.setdefault((caller.id, what), _Bucket(rate, at))
        bucket.left = min(rate, bucket.left + (at - bucket.at) * rate)
        bucket.at = at
        if bucket.left >= 1:
            bucket.left -= 1
            return
    raise TooMany("This key sends more than its limit; wait a second and go on.", retry_after=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Who may use a route: programs with any of the scopes, people with any of the roles; nobody else."""

    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    def check(self, *, caller: Caller) -> None:
        """Raise `Forbidden`, saying why, unless the caller may."""
        if caller.what == "program":
            if not self.scopes:
                raise Forbidden("Only a person's key may do this, not a program's.")
            if not caller.scopes & self.scopes:
                raise Forbidden(f"This key is not enrolled for this; it needs the scope {' or '.join(sorted(self.scopes))}.")
        elif not self.roles:
            raise Forbidden("Only a program's key may do this, not a person's.")
        elif caller.role not in self.roles:
            raise Forbidden(f"The role {caller.role} may not do this; it is for: {', '.join(sorted(self.roles))}.")


class Key(AuthBase):
    """The door of one route: the key, its rights, its pace, and then what the body may look like."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(
        self,
        *,
        rights: Rights,
        body: int = 0,
        type: str | tuple[str, ...] = "application/json",  # noqa: A002 - HTTP's word
        pace: Callable[..., None] = pace,
    ) -> None:
        super().__init__()
        self.rights, self.body, self.type, self.pace = rights, body, type, pace

    def __call__(self, request: HttpRequest) -> Any:
        """Return the caller. Raises `Unauthorised`, `Forbidden`, `TooMany` and what is wrong with the body's envelope."""
        caller = caller_of(authorization=request.headers.get("Authorization", ""), now=utc_now())
        self.rights.check(caller=caller)
        self.pace(caller=caller)
        if self.body:
            check_envelope(meta=request.META, limit=self.body, type=self.type)
        return caller


def caller_in(request: HttpRequest) -> Caller:
    """Return who the door let in."""
    return cast(Caller, request.auth)  # type: ignore[attr-defined]
