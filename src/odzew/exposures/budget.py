"""How much one person may look at. Plain arithmetic over what they looked at: no database, no clock.

The numbers here are the caps. Nothing reads them from a setting, a screen or a call, so nothing there can raise them. A person may
lower their own; nobody can raise another's. "A day" is any 24 hours, "a week" any seven days: no midnight gives a second helping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

DAY: Final = timedelta(hours=24)
WEEK: Final = timedelta(days=7)
# How long one view lasts at most; the page goes by itself then.
LONGEST: Final = 30
# What nobody looks at more of, whoever they are.
CEILING_VIEWS: Final = 60
CEILING_SECONDS: Final = 60 * 60
WEEK_DAYS: Final = 4
# A graded start: how many different days somebody has looked before, and what a day may hold from then on.
GRADES: Final = ((0, 10, 15 * 60), (5, 20, 30 * 60), (15, 40, 45 * 60), (30, CEILING_VIEWS, CEILING_SECONDS))
# Whoever is new sees this many, none of them both severe and clearer, before the first that is.
LIGHT_FIRST: Final = 5
WORK: Final = timedelta(minutes=50)
REST: Final = timedelta(minutes=10)

Stop = Literal["", "day", "week", "break", "light_first"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One view that counts: when it was asked for and for how many seconds it counts."""

    at: datetime
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a person's day and week may hold."""

    views: int
    seconds: int

    @property
    def week_views(self) -> int:
        """Views of a week."""
        return self.views * WEEK_DAYS

    @property
    def week_seconds(self) -> int:
        """Seconds of a week."""
        return self.seconds * WEEK_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a person looked at in the last day and week."""

    views: int
    seconds: int
    week_views: int
    week_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Whether somebody may look now: `stop` is empty or says why not, `again` from when on they may."""

    stop: Stop
    again: datetime | None = None


def graded(*, days: int) -> Limits:
    """Return what somebody may look at who has looked on so many different days before."""
    _, views, seconds = max(grade for grade in GRADES if grade[0] <= days)
    return Limits(views=min(views, CEILING_VIEWS), seconds=min(seconds, CEILING_SECONDS))


def limits(*, days: int, own_views: int | None, own_minutes: int | None) -> Limits:
    """Return what applies: the grade, or what the person set for themselves if that is less."""
    most = graded(days=days)
    views = most.views if own_views is None else max(0, min(own_views, most.views))
    return Limits(views=views, seconds=most.seconds if own_minutes is None else max(0, min(own_minutes * 60, most.seconds)))


def used(*, looks: Sequence[Look], now: datetime) -> Used:
    """Sum up the looks of the last day and week. One that seems to come later than now counts too: a clock was set back."""
    day = [look.seconds for look in looks if look.at > now - DAY]
    week = [look.seconds for look in looks if look.at > now - WEEK]
    return Used(views=len(day), seconds=sum(day), week_views=len(week), week_seconds=sum(week))


def room(*, looks: Sequence[Look], most: Limits, heavy: bool, ever: int, now: datetime) -> Room:
    """Say whether one more look of the longest time fits; `heavy`: severe and clearer; `ever`: views of this person in all time.

    `looks` are those of the last week, in any order.
    """
    has = used(looks=looks, now=now)
    if has.views + 1 > most.views or has.seconds + LONGEST > most.seconds:
        return Room(stop="day", again=_frees(looks, now, DAY, most.views, most.seconds))
    if has.week_views + 1 > most.week_views or has.week_seconds + LONGEST > most.week_seconds:
        return Room(stop="week", again=_frees(looks, now, WEEK, most.week_views, most.week_seconds))
    if rest := _rest(sorted(look.at for look in looks if look.at > now - DAY), now):
        return Room(stop="break", again=rest)
    if heavy and ever < LIGHT_FIRST:
        return Room(stop="light_first")
    return Room(stop="")


def _frees(looks: Sequence[Look], now: datetime, span: timedelta, views: int, seconds: int) -> datetime | None:
    """When enough of the looks is older than `span`; None where no time helps, as for somebody whose limit is nothing."""
    inside = sorted((look for look in looks if look.at > now - span), key=lambda look: look.at)
    for gone in range(len(inside) + 1):
        left = inside[gone:]
        if len(left) + 1 <= views and sum(look.seconds for look in left) + LONGEST <= seconds:
            return inside[gone - 1].at + span if gone else now
    return None


def _rest(times: Sequence[datetime], now: datetime) -> datetime | None:
    """Until when to rest: after 50 minutes of looks without ten minutes between two of them."""
    if not times or now - times[-1] >= REST:
        return None
    began = times[-1]
    for at in reversed(times):
        if began - at >= REST:
            break
        began = at
    return times[-1] + REST if now - began >= WORK else None
