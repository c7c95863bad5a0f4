"""What the page of a case says of looking: off, or what there is to look at, and what needs nobody's eyes."""

from __future__ import annotations

from typing import Any, Final

from odzew.cases.rows import CaseRow
from odzew.entrypoints.console.said import Said
from odzew.exposures.api import standing_of
from odzew.exposures.budget import CEILING_VIEWS, used
from odzew.exposures.data import Medium
from odzew.exposures.media import media_of, one_of_each, seen_before
from odzew.exposures.permits import standing
from odzew.ledger.people import Caller
from odzew.usecases.desk import Desk

_OTHERS: Final = 6


def look_card(*, row: CaseRow, caller: Caller, mine: bool, desk: Desk, said: Said) -> dict[str, Any]:
    """Return the card; `mine`: the case is in this person's hands. No address of a file is in it."""
    if standing(country=desk.country, now=said.now) is None:
        return {"why": "looking_off", "more": "looking_why"}
    if not caller.decides or not row.undecided:
        return {"why": "look_not_yours", "more": "look_not_yours_more"}
    if not mine:
        return {"why": "look_take", "more": "look_take_more"}
    first, others = one_of_each(media=media_of(case=row.id))
    seen = seen_before(person=caller.id, media=first)
    return {
        "files": [_file(one, said, again=one.known or one.copy or one.id in seen) for one in first],
        "others": [_file(one, said, again=True) for one in others[:_OTHERS]],
        "copies": said.text("look_copies", count=len(others)) if others else "",
        **budget_words(caller=caller, said=said),
    }


def _file(one: Medium, said: Said, *, again: bool) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.item_name or said.words["unknown_item"],
        "stranger": one.platform is None or not one.url,
        "known": one.known,
        "again": again,
    }


def budget_words(*, caller: Caller, said: Said) -> dict[str, Any]:
    """Return in words what a person looked at, and what is left of their day and week."""
    stands = standing_of(person=caller.id, now=said.now)
    has, most = used(looks=stands.looks, now=said.now), stands.most
    return {
        "used": said.text(
            "look_used", count=has.views, most=most.views, seconds=clock_words(has.seconds), minutes=clock_words(most.seconds)
        ),
        "week": said.text(
            "look_used_week",
            count=has.week_views,
            most=most.week_views,
            seconds=clock_words(has.week_seconds),
            minutes=clock_words(most.week_seconds),
        ),
        "own": stands.own,
        "ceiling": CEILING_VIEWS,
        "ever": stands.ever,
    }


def clock_words(seconds: int) -> str:
    """Say seconds shortly: `41 s`, `15 min`, `2 min 5 s`."""
    minutes, rest = divmod(seconds, 60)
    return " ".join(part for part in (f"{minutes} min" if minutes else "", f"{rest} s" if rest or not minutes else "") if part)
