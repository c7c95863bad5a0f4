"""Values that other rooms see."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

UNDECIDED: Final = frozenset({"open", "awaiting_second", "disputed", "specialist"})
HIDDEN_FOR_GOOD: Final = frozenset({"removed", "kept_withheld"})

# From each state, where a case may go. A reopened case goes back to `open` in a new round.
MOVES: Final[dict[str, frozenset[str]]] = {
    "open": frozenset({"awaiting_second", "disputed", "specialist", "removed", "kept_withheld", "cleared", "not_found", "merged"}),
    "awaiting_second": frozenset(
        {"open", "disputed", "specialist", "removed", "kept_withheld", "cleared", "not_found", "merged", "awaiting_second"}
    ),
    "disputed": frozenset({"disputed", "specialist", "removed", "kept_withheld", "cleared", "not_found", "merged"}),
    "specialist": frozenset(
        {"awaiting_second", "disputed", "removed", "kept_withheld", "cleared", "not_found", "merged", "specialist"}
    ),
    "removed": frozenset({"open", "merged"}),
    "kept_withheld": frozenset({"open", "merged", "removed"}),
    "cleared": frozenset({"open", "merged"}),
    "not_found": frozenset({"open", "merged"}),
    "merged": frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a notice says it is: an item by its id on a platform, or an address as given."""

    item_id: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An item that a place led to, with its copy set and, if there is one, the case of that set.

    `platform_id` and `external_id` are None while no platform has registered it; `fresh`: the copy set is not written yet.
    """

    item: uuid.UUID
    copyset: uuid.UUID
    case: uuid.UUID | None
    platform_id: uuid.UUID | None
    external_id: str | None
    registered: bool
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known of everything a case covers: its spread, accounts and privacy.

    Sums are over all registered items of the copy sets; `views_per_hour` is their sum as well. `public`: an item with a file, not in
    private, is there; `own`: the account that was asked for published one of them.
    """

    items: int
    views: int
    reposts: int
    views_per_hour: float
    private: bool
    account_marked: bool
    account_minor: bool
    registered: bool
    public: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One item as the desk and the measures see it."""

    id: uuid.UUID
    external_id: str | None
    platform_id: uuid.UUID | None
    url: str
    kind: str
    account: uuid.UUID | None
    account_external: str | None
    media: tuple[tuple[str, str], ...]
    baseline: str
    private: bool
    views: int
    reposts: int
    views_per_hour: float
    registered: bool
    copyset: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """A clock as people and programs see it."""

    id: uuid.UUID
    name: str
    due: datetime
    state: str
    subject: uuid.UUID | None
    started: datetime
    statutory: bool
    hides: bool = False
    ended: datetime | None = None
