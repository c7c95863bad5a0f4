"""Dates as words in the reader's language and time zone: "Tuesday 14 January, 18:00", "do wtorku, 14 stycznia, godz. 18"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWords:
    """The `[times]` of a language file. `weekdays` has a list of seven for `plain` and for every other form (grammatical case)."""

    pattern: str
    year: str
    full_hour: str
    part_hour: str
    months: tuple[str, ...]
    weekdays: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time ready to be put into a sentence: `{next_promise}` gives the plain form, `{next_promise:genitive}` another."""

    at: datetime
    now: datetime
    zone: str
    words: TimeWords
    up: bool = False

    def __format__(self, form: str) -> str:
        return say_time(at=self.at, now=self.now, zone=self.zone, words=self.words, form=form or "plain", up=self.up)


def say_time(*, at: datetime, now: datetime, zone: str, words: TimeWords, form: str = "plain", up: bool = False) -> str:
    """Say `at` to the minute; the year only where it is not this year. `up` rounds up, so a promise is never said too early."""
    if up and (at.second or at.microsecond):
        at = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    there = time_zone(name=zone)
    local, today = at.astimezone(there), now.astimezone(there)
    clock = words.part_hour if local.minute else words.full_hour
    return words.pattern.format(
        weekday=words.weekdays[form][local.weekday()],
        day=local.day,
        month=words.months[local.month - 1],
        year=words.year.format(year=local.year) if local.year != today.year else "",
        clock=clock.format(hour=local.hour, minute=local.minute),
    )


def time_zone(*, name: str) -> tzinfo:
    """Return the zone, or UTC where the name or the machine's zone data is missing."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def zone_place(*, name: str, places: Mapping[str, str]) -> str:
    """Return the place whose clock is meant, in the reader's words where there are any: `Europe/Warsaw` -> "Warsaw"."""
    if time_zone(name=name) is UTC:
        return "UTC"
    return places.get(name) or name.rpartition("/")[2].replace("_", " ")
