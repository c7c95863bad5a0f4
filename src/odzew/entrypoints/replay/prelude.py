"""Before the story: the platform and its keys, the decisions that marked its known accounts, and the people of the story."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.cases.data import Place
from odzew.cases.register import ItemIn, MediaIn
from odzew.entrypoints.replay.platform import HOST, WEBHOOK, file, page
from odzew.entrypoints.replay.staff import Member
from odzew.entrypoints.replay.story import Case, Staffing
from odzew.foundation.secrets import Keys
from odzew.ledger.people import (
    Caller,
    add_person,
    add_platform,
    add_program,
    caller_of_key,
    caller_of_person,
    enrol_second_factor,
    leave_desk,
)
from odzew.notices.data import Concern, NewNotice
from odzew.policy.vocabulary import CHILD_KINDS
from odzew.usecases.decide import decide
from odzew.usecases.desk import Desk
from odzew.usecases.receive_notice import receive_notice
from odzew.usecases.register_items import register_items

_USERS: Final = frozenset({"user", "automatic"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The programs that speak to the desk: the platform, and by source who sends notices of it."""

    platform: Caller
    programs: Mapping[str, Caller]


def enrol(*, case: Case, keys: Keys, now: datetime) -> Cast:
    """Enrol the platform and a program for each source of the story's notices."""
    view, _ = add_platform(name="platform", hosts=[HOST], private_hosts=[], webhook=WEBHOOK, keys=keys, now=now)
    scopes = frozenset({"notices", "items", "read", "appeals"})
    platform = caller_with(key=add_program(name="platform", scopes=scopes, sources=_USERS, platform=view.id, now=now), now=now)
    programs = dict.fromkeys(_USERS, platform)
    for source in sorted({n.source for n in case.notices} - _USERS):
        key = add_program(name=source, scopes=frozenset({"notices"}), sources=frozenset({source}), now=now)
        programs[source] = caller_with(key=key, now=now)
    return Cast(platform=platform, programs=programs)


def caller_with(*, key: str, now: datetime) -> Caller:
    """Return the program whose key was just made."""
    caller = caller_of_key(key=key, now=now)
    if caller is None:
        raise RuntimeError("a key that was just made is not known")
    return caller


def hire(*, name: str, keys: Keys, now: datetime) -> Caller:
    """Let somebody join as a reviewer, with a second factor."""
    person = add_person(name=name, role="reviewer", now=now)
    enrol_second_factor(person=person.id, keys=keys, now=now)
    return caller_of_person(row_person=person)


def earlier_decisions(*, case: Case, cast: Cast, desk: Desk, now: datetime) -> None:
    """Let a person of an earlier staff decide `remove` on something of each known account, and leave.

    A mark rests on a human decision alone, so the accounts are known for the same reason as they would be on a real desk.
    """
    known = [a.id for a in case.accounts if a.known]
    if not known:
        return
    person = hire(name="earlier reviewer", keys=desk.keys, now=now)
    child = not CHILD_KINDS.isdisjoint(n.kind for n in case.notices)
    concern = Concern(kind="csam" if child else "ncii", minor=child, claimant="other")
    for account in known:
        item = f"earlier {account}"
        earlier = ItemIn(id=item, kind="post", url=page(item=item), account_id=account, created_at=now, media=(_media(item, item),))
        register_items(items=[earlier], caller=cast.platform, desk=desk, now=now)
        notice = NewNotice(external_id=None, source="user", concern=concern, places=(Place(item_id=item),))
        receipt = receive_notice(notice=notice, caller=cast.platform, desk=desk, now=now)
        decide(
            case=receipt.case,
            caller=person,
            outcome="remove",
            ground=_ground(desk, "child_safety" if child else "intimate_images"),
            reason="An earlier decision on this account.",
            referral=None,
            desk=desk,
            now=now,
        )
    leave_desk(person=person.id, now=now)


def _ground(desk: Desk, wanted: str) -> str:
    grounds = sorted(desk.policy.grounds)
    return wanted if wanted in grounds else next((g for g in grounds if g != "not_in_scope"), wanted)


def _media(item: str, name: str) -> MediaIn:
    return MediaIn(id=f"file of {item}", url=file(item=item), sha256=hashlib.sha256(name.encode()).digest())


def items_in(*, case: Case, counts: Mapping[str, tuple[int, int]], now: datetime) -> list[ItemIn]:
    """Return the story's items as the platform registers them, with their counts at `now`."""
    return [
        ItemIn(
            id=i.id,
            kind=i.kind,
            url=page(item=i.id),
            account_id=i.account,
            created_at=case.posted,
            media=(_media(i.id, i.media),),
            spread=(*counts[i.id], now),
        )
        for i in case.items
        if i.id in counts
    ]


def staff_of(*, case: Case, staffing: Staffing, keys: Keys, now: datetime) -> list[Member]:
    """Enrol the people of a staffing variant; they count for the desk's size from now on, on duty or not."""
    return [
        Member(
            person=p,
            caller=hire(name=f"reviewer {n}", keys=keys, now=now),
            on_duty=case.first_notice + p.on_duty_after,
            off_duty=case.first_notice + p.on_duty_until if p.on_duty_until is not None else None,
        )
        for n, p in enumerate(staffing.people, 1)
    ]
