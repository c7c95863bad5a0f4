"""A person who has a case in hand is shown one of its files: little of it, for half a minute, and it is on the record."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from odzew.cases.rows import CaseRow, read_cases
from odzew.enforcement.api import REFUSED
from odzew.exposures.api import ask, exposure_of, hold_looker, settle_not_shown, settle_shown, standing_of, used_up
from odzew.exposures.budget import LONGEST, room
from odzew.exposures.data import CLEAR, Clear, Medium, Why
from odzew.exposures.media import medium, seen_before
from odzew.exposures.permits import standing
from odzew.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from odzew.foundation.outgoing import Fetching
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import keep_text, record
from odzew.ledger.people import Caller, PlatformView, platforms
from odzew.matching.decoder.pool import Decoder
from odzew.matching.decoder.preview import Small
from odzew.usecases._in_hand import in_hand
from odzew.usecases._in_memory import InMemory
from odzew.usecases.desk import Desk

Clock = Callable[[], datetime]

FETCH_SECONDS: Final = 20.0
# A clearer view is asked for while the veiled one is before somebody's eyes.
CLEARER_WITHIN: Final = timedelta(seconds=30)
MOST_REASON: Final = 500
_SEVERE_FLAGS: Final = frozenset({"violence", "infant", "animal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to be shown. `before`: the veiled view that a clearer one follows; `fresh`: a second factor just now."""

    case: uuid.UUID
    media: uuid.UUID
    clear: str
    reason: str = ""
    before: uuid.UUID | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One view: small grey pixels and the second they are shown at; without pictures, `fault` says in a word why not."""

    exposure: uuid.UUID
    at: datetime
    pictures: tuple[Small, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    exposure: uuid.UUID
    one: Medium
    platform: PlatformView
    row: CaseRow


def severe(*, row: CaseRow) -> bool:
    """Is what a case is about of a kind that asks for a fresh second factor before it is looked at?"""
    return row.child_safety or bool(row.flags & _SEVERE_FLAGS)


def look_at(*, wish: Wish, caller: Caller, desk: Desk, out: Fetching, decoder: Decoder, clock: Clock, most_bytes: int) -> Shown:
    """Show a file of a case to the person who has it in hand, if the desk may look and this person's day has room for it.

    It is fetched once, as a stranger would, from its platform's enrolled hosts into memory; a confined child makes small grey pixels of
    it. Raises `Forbidden`, `Conflict`, `Invalid` and `NotFound` before anything is fetched. What cannot be fetched or decoded is a
    `fault`, costs nothing of the day, and is on the record. Never call it in a transaction.
    """
    # 1. The intent, and its place in the person's day: on the record before anything is asked of the platform.
    asked = atomically(lambda: _ask(wish, caller, desk, clock()))
    try:
        # 2. The file, into memory; and little of it, out of the child.
        pictures, sha256, fault = _fetched(asked, out, decoder, most_bytes)
    except BaseException:
        atomically(lambda: _settle(wish, asked, caller, desk, "failed", b"", clock()))
        raise
    # 3. What came of it, on the record before anybody sees it.
    now = clock()
    fault = atomically(lambda: _settle(wish, asked, caller, desk, fault, sha256, now))
    return Shown(exposure=asked.exposure, at=now, pictures=() if fault else pictures, fault=fault)


def _ask(wish: Wish, caller: Caller, desk: Desk, now: datetime) -> _Asked:
    if not caller.decides:
        raise Forbidden("Only somebody who decides cases is shown anything.", why="look_role")
    if standing(country=desk.country, now=now) is None:
        raise Forbidden("Looking is off on this desk. Nothing is shown to anybody.", why="look_off")
    if wish.clear not in CLEAR:
        raise Invalid("There is no such view.", why="look_view")
    clear: Clear = "clearer" if wish.clear == "clearer" else "veiled"
    lease = in_hand(case=wish.case, caller=caller, now=now)
    one = medium(case=lease.case, media=wish.media)
    if one is None:
        raise NotFound("There is no such file on this case.", why="look_file")
    row = read_cases(ids=[lease.case])[0]
    platform = platforms(keys=desk.keys).get(one.platform) if one.platform else None
    if platform is None or not one.url:
        raise Conflict("No platform has registered this address, so nothing is fetched from it.", why="look_stranger")
    hold_looker(person=caller.id)
    why, reason, before = _why(wish, clear, one, caller, now)
    if severe(row=row) and not wish.fresh and before is None:
        raise Forbidden("This needs a fresh second factor.", why="look_code")
    writes = Writes()
    reason_id, hashed = keep_text(writes, text=reason, now=now) if reason else (None, "")
    _has_room(row, clear, caller, now)
    exposure = ask(
        writes,
        person=caller.id,
        one=one,
        kind="child" if row.child_safety else row.regime,
        severe=severe(row=row),
        clear=clear,
        why=why,
        reason=reason_id,
        before=before,
        now=now,
    )
    facts = {
        "exposure": str(exposure),
        "media": str(one.id),
        "clear": clear,
        "why": why,
        "round": row.round,
        **({"reason": hashed} if hashed else {}),
    }
    record(writes, kind="media.asked", actor=caller.actor, now=now, case=row.id, facts=facts)
    writes.send()
    return _Asked(exposure=exposure, one=one, platform=platform, row=row)


def _why(wish: Wish, clear: Clear, one: Medium, caller: Caller, now: datetime) -> tuple[Why, str, uuid.UUID | None]:
    """Return why this view is one: the first of its cluster, the clearer one of it, or another with a reason."""
    if clear == "clearer":
        first = exposure_of(exposure=wish.before, person=caller.id) if wish.before else None
        good = first is not None and (first.media, first.case, first.clear, first.state) == (one.id, one.case, "veiled", "shown")
        if first is None or not good or first.shown_at is None or not timedelta(0) <= now - first.shown_at <= CLEARER_WITHIN:
            raise Conflict("A clearer view follows a veiled one within half a minute. Look at that first.", why="look_late")
        if used_up(before=first.id):
            raise Conflict("You asked for the clearer view already. It is given once.", why="look_once")
        return "clearer", "", first.id
    reason = " ".join(wish.reason.replace("\x00", "").split())
    if len(reason) > MOST_REASON:
        raise Invalid(f"A reason has at most {MOST_REASON} characters.", why="reason_long", most=MOST_REASON)
    if one.copy or one.known or seen_before(person=caller.id, media=[one]):
        if not reason:
            raise Conflict(
                "You saw this, or it equals what people decided before: nobody needs to look. Say why you must.", why="look_reason"
            )
        return "again", reason, None
    return "first", reason, None


def _has_room(row: CaseRow, clear: Clear, caller: Caller, now: datetime) -> None:
    stands = standing_of(person=caller.id, now=now)
    heavy = clear == "clearer" and severe(row=row)
    found = room(looks=stands.looks, most=stands.most, heavy=heavy, ever=stands.ever, now=now)
    again = found.again.isoformat() if found.again else ""
    if found.stop == "light_first":
        raise Forbidden("Your first five views are blurred ones. The clearer one comes after them.", why="look_light_first")
    if found.stop == "break":
        raise Forbidden("You have looked for 50 minutes. Rest for ten; the case goes on.", why="look_break", not_before=again)
    if found.stop and not again:
        raise Forbidden("Your own limit lets nothing more be shown to you; the case goes on.", why="look_own")
    if found.stop == "week":
        raise Forbidden("That is enough for a week. Nothing is shown now; the case goes on.", why="look_week", not_before=again)
    if found.stop == "day":
        raise Forbidden("That is enough for a day. Nothing is shown now; the case goes on.", why="look_day", not_before=again)


def _fetched(asked: _Asked, out: Fetching, decoder: Decoder, most_bytes: int) -> tuple[tuple[Small, ...], bytes, str]:
    with InMemory() as file:
        reply = out.fetch(
            url=asked.one.url,
            hosts=asked.platform.hosts,
            private=asked.platform.private_hosts,
            into=file,
            most=most_bytes,
            within=FETCH_SECONDS,
        )
        if reply.status in REFUSED:
            return (), b"", "hidden"
        if reply.status != 200:
            return (), b"", {"too-large": "too_large", "host-not-enrolled": "not_enrolled"}.get(reply.error, "away")
        found = decoder.preview(data=file.fd)
    if asked.one.sha256 not in (None, found.sha256) or (asked.one.sha256 is None and asked.one.md5 not in (None, found.md5)):
        return (), b"", "other_bytes"
    if found.verdict == "busy":
        return (), b"", "busy"
    return (found.pictures, found.sha256, "") if found.verdict == "ok" else ((), b"", "unreadable")


def _settle(wish: Wish, asked: _Asked, caller: Caller, desk: Desk, fault: str, sha256: bytes, now: datetime) -> str:
    """Write what came of it; who ended looking meanwhile is heard."""
    if not fault and standing(country=desk.country, now=now) is None:
        fault = "off"
    writes = Writes()
    facts: dict[str, object] = {"exposure": str(asked.exposure), "media": str(asked.one.id), "round": asked.row.round}
    if fault:
        settle_not_shown(exposure=asked.exposure, fault=fault)
        facts["fault"] = fault
    else:
        settle_shown(exposure=asked.exposure, sha256=sha256, now=now)
        facts |= {"clear": wish.clear, "seconds": LONGEST}
    kind = "media.not_shown" if fault else "media.shown"
    record(writes, kind=kind, actor=caller.actor, now=now, case=asked.one.case, facts=facts)
    writes.send()
    return fault
