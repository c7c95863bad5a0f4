"""A recorded history as values: what is alleged, what is assumed, and who is on duty when it is played again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Shape = Literal["steady", "early", "late"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the platform; `known`: people decided against something of it before the story begins."""

    id: str
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One post. Items with the same `media` are copies of one file; `share` is its part of all views, the shares sum to 1."""

    id: str
    account: str
    media: str
    share: float
    kind: str = "post"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryNotice:
    """A notice; two of the same `reporter` come from one person. `items` are those it names."""

    at: datetime
    reporter: str
    claimant: str
    kind: str
    minor: bool | None
    source: str
    flags: frozenset[str]
    items: tuple[str, ...]
    regimes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What happened without this desk: totals counted at a moment, and when, if ever, somebody decided, answered, took it down."""

    counted_at: datetime
    views: int
    reposts: int
    decided_at: datetime | None
    answered_at: datetime | None
    gone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """An assumed course of the views; `after` is the part of them that came after the first notice (of an early burst)."""

    name: str
    shape: Shape
    after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on duty from `on_duty_after` the first notice on, up to `on_duty_until` (None: to the end), who decides `takes` after
    a case is before them."""

    on_duty_after: timedelta
    on_duty_until: timedelta | None
    takes: timedelta
    decides: str
    ground: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """Who is at the desk while the story is played."""

    name: str
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One history. `sources` say how far the facts can be trusted, `assumed` what is not known and was chosen."""

    name: str
    title: str
    sources: tuple[str, ...]
    assumed: tuple[str, ...]
    jurisdiction: str
    posted: datetime
    accounts: tuple[Account, ...]
    items: tuple[Item, ...]
    notices: tuple[StoryNotice, ...]
    then: Then
    curves: tuple[Curve, ...]
    staffing: tuple[Staffing, ...]

    @property
    def first_notice(self) -> datetime:
        """When the first notice came in."""
        return self.notices[0].at

    @property
    def ends(self) -> datetime:
        """When the story is over: the last moment that it knows, and a day for what still follows from the last notice."""
        then = self.then
        known = [then.counted_at, then.decided_at, then.answered_at, then.gone_at, self.notices[-1].at + timedelta(days=1)]
        return max(at for at in known if at is not None)
