"""A hosted file that its platform gave no PDQ for is fetched, hashed behind the walls, and forgotten; its hashes stay."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from odzew.alarms.api import ring
from odzew.cases.unhashed import (
    Unhashed,
    claim_unhashed,
    extend,
    keep_own,
    platforms_waiting,
    try_later,
    try_no_more,
)
from odzew.enforcement.api import REFUSED
from odzew.foundation.outgoing import Fetching, Reply
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.hashing.data import FileHashes
from odzew.ledger.events import record
from odzew.ledger.hosted import let_rest, may_ring, take_turn, whose_turn
from odzew.ledger.people import PlatformView, platforms
from odzew.matching.decoder.data import Verdict
from odzew.matching.decoder.pool import Decoder
from odzew.usecases._in_memory import InMemory
from odzew.usecases._looking import looks_of
from odzew.usecases.desk import Desk

Clock = Callable[[], datetime]

FETCH_SECONDS: Final = 60.0
_SPARE: Final = timedelta(seconds=60)
# After each failed try, in seconds: quick at first, then for four days.
_PAUSES: Final = (5, 30, 120, 600, 3600, 21600, 86400, 86400, 86400)
_ALARM_EVERY: Final = timedelta(days=7)
# A file that ends its child is not decoded for days: another child is tried, and a third.
_DECODED_AT_MOST: Final = 3
# A platform that is away, or slow, or has too much to do rests, so that it does not hold up the others.
_PLATFORM_RESTS: Final = timedelta(seconds=30)
_AWAY: Final = frozenset({"timeout", "no-answer", "no-such-host", "tls"})
_NEVER: Final = frozenset({"bad-address", "host-not-enrolled", "private-address"})
_FINAL: Final = frozenset[Verdict]({"unreadable", "too_large", "too_many_pixels"})
_NOT_NOW: Final = frozenset[Verdict]({"busy", "refused"})
_REST: Final = {"busy": timedelta(seconds=30), "refused": timedelta(hours=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How hosted files are fetched: at most so many a second from one platform, none above `most_bytes`."""

    per_second: float = 4.0
    most_bytes: int = 64 << 20


def hash_hosted(*, desk: Desk, out: Fetching, decoder: Decoder, clock: Clock, pace: Pace) -> bool:
    """Hash one file whose turn it is; False if there is none. Safe to repeat and to run in several places.

    Only addresses on the platform's enrolled hosts are asked, as a stranger would, so that what is not shown to everybody is not
    looked at either; private items only where the policy's `private_checked` says so. What looks the same as something known is
    found by the search for copies, which sees the new hashes.
    """
    private = desk.jurisdiction in desk.policy.private_checked
    # 1. A platform whose turn it is, and its newest file; the try is written down before it is made.
    found = _claim(decoder, clock(), timedelta(seconds=1 / pace.per_second), private)
    if found is None:
        return False
    platform_id, one = found
    platform = platforms(keys=desk.keys)[platform_id]
    with InMemory() as file:
        # 2. Its bytes, into memory.
        reply = out.fetch(
            url=one.url,
            hosts=platform.hosts,
            private=platform.private_hosts,
            into=file,
            most=pace.most_bytes,
            within=FETCH_SECONDS,
        )
        if reply.status != 200:
            _not_fetched(one, reply, platform, clock())
            return True
        # 3. Its hashes, from a confined child.
        ours = atomically(lambda: extend(one=one, until=clock() + _lease(decoder, film=True)))
        if ours is None:
            return True
        decoded = decoder.hashes(data=file.fd, turned=True)
    # 4. They are kept as our own; the bytes are gone.
    _hashed(ours, decoded.verdict, decoded.hashes, platform, clock())
    return True


def _lease(decoder: Decoder, *, film: bool) -> timedelta:
    return _SPARE + timedelta(seconds=decoder.longest() if film else FETCH_SECONDS)


def _claim(decoder: Decoder, now: datetime, pause: timedelta, private: bool) -> tuple[uuid.UUID, Unhashed] | None:
    waiting = whose_turn(now=now)
    due = platforms_waiting(platforms=waiting, now=now, private=private) if waiting else set()
    for platform in (p for p in waiting if p in due):

        def work(platform: uuid.UUID = platform) -> Unhashed | None:
            if not take_turn(platform=platform, pause=pause, now=now):
                return None
            return claim_unhashed(platform=platform, now=now, lasts=_lease(decoder, film=False), private=private)

        if one := atomically(work):
            return platform, one
    return None


def _not_fetched(one: Unhashed, reply: Reply, platform: PlatformView, now: datetime) -> None:
    why = reply.error or f"status-{reply.status}"
    refused = reply.status in REFUSED
    if reply.error in _AWAY or reply.status == 429 or reply.status >= 500:
        atomically(lambda: let_rest(platform=platform.id, until=now + _PLATFORM_RESTS))
    if reply.error == "too-large":
        _no_more(one, "unfit", why, platform, now)
    elif reply.error in _NEVER or one.tries > len(_PAUSES):
        _no_more(one, "unfit" if refused else "given_up", why, platform, now)
    else:
        _later(one, why, now)


def _hashed(one: Unhashed, verdict: Verdict, hashes: FileHashes | None, platform: PlatformView, now: datetime) -> None:
    """What the decoder said. A file that is not the one its platform names is not taken: it may be anything, the same for many items."""
    if hashes is not None and not _is_the_file(one, hashes):
        if one.tries > len(_PAUSES):
            _no_more(one, "given_up", "other-bytes", platform, now)
        else:
            _later(one, "other-bytes", now)
    elif verdict == "ok" and hashes is not None:
        atomically(lambda: _keep(one, hashes, now))
    elif verdict in _NOT_NOW:
        atomically(lambda: try_later(one=one, at=now + _REST[verdict], why=verdict, counts=False))
    elif verdict in _FINAL or one.tries >= _DECODED_AT_MOST:
        _no_more(one, "unfit", verdict, platform, now)
    else:
        _later(one, verdict, now)


def _is_the_file(one: Unhashed, hashes: FileHashes) -> bool:
    if one.sha256 is not None:
        return one.sha256 == hashes.sha256
    return one.md5 is None or one.md5 == hashes.md5


def _keep(one: Unhashed, hashes: FileHashes, now: datetime) -> None:
    writes = Writes()
    if keep_own(writes, one=one, looks=looks_of(hashes=hashes), now=now):
        writes.send()


def _later(one: Unhashed, why: str, now: datetime) -> None:
    pause = timedelta(seconds=_PAUSES[min(one.tries, len(_PAUSES)) - 1])
    atomically(lambda: try_later(one=one, at=now + pause, why=why))


def _no_more(one: Unhashed, state: str, why: str, platform: PlatformView, now: datetime) -> None:
    """Leave a file for good; what was given up rings an alarm, once a week for each platform."""

    def work() -> None:
        if not try_no_more(one=one, state=state, why=why, now=now) or state != "given_up":
            return
        writes = Writes()
        if may_ring(platform=platform.id, every=_ALARM_EVERY, now=now):
            ring(writes, code="not_hashed", now=now)
            record(writes, kind="hosted.not_hashed", actor="desk", now=now, facts={"platform": str(platform.id), "why": why})
        writes.send()

    atomically(work)
