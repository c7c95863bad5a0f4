"""Values that other rooms see."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

Clear = Literal["veiled", "clearer"]
Why = Literal["first", "clearer", "again"]
CLEAR: Final[tuple[Clear, ...]] = ("veiled", "clearer")
# Within how many bits of PDQ two pictures are the same to somebody who saw one of them.
SAME_BITS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitView:
    """The statement of a country; it stands while `ended_at` is None and `until` is to come. `care`: the helpline for staff."""

    id: uuid.UUID
    country: str
    version: int
    form: int
    text: uuid.UUID
    care: str
    at: datetime
    until: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """One file of an item that a case covers, as far as looking at it goes.

    `copy`: only its looks brought it under the case; `known`: it equals what a confirmed list or a decision knows. `platform` is None
    for an address that somebody gave and no platform registered.
    """

    id: uuid.UUID
    case: uuid.UUID
    item: uuid.UUID
    item_name: str
    copyset: uuid.UUID
    platform: uuid.UUID | None
    url: str
    sha256: bytes | None
    md5: bytes | None
    pdq: bytes | None
    turned: tuple[bytes, ...]
    copy: bool
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LookerView:
    """What a person set for themselves, as it applies now."""

    own_views: int | None
    own_minutes: int | None
    not_today: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureView:
    """One view, as its person and the auditor may know it."""

    id: uuid.UUID
    person: uuid.UUID
    case: uuid.UUID
    item: uuid.UUID
    media: uuid.UUID
    kind: str
    severe: bool
    clear: str
    why: str
    reason: uuid.UUID | None
    state: str
    fault: str
    seconds: int
    held_ms: int | None
    at: datetime
    shown_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The desk's own: `used` views; of `copies` decided, `avoided` were decided with zero views."""

    used: int
    copies: int
    avoided: int
