"""Values that other rooms see."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureView:
    """A measure as it stands. `done`: seen at the platform's own addresses; `told`: only the platform's word; `returned`: it was
    seen open again. `in_force`: no later measure on the same item or account has taken its place.
    """

    id: uuid.UUID
    case: uuid.UUID
    item: uuid.UUID | None
    account: uuid.UUID | None
    measure: str
    scope: str
    ground: str
    state: str
    ordered_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    in_force: bool
    unverified: bool
    probe_step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be ordered. `item_external` and `media` are the platform's own names, sent to it."""

    measure: str
    scope: str
    ground: str
    platform: uuid.UUID
    item: uuid.UUID | None = None
    item_external: str = ""
    url: str = ""
    media: tuple[tuple[str, str], ...] = ()
    account: uuid.UUID | None = None
    account_external: str = ""
    until: datetime | None = None
    keep_until: datetime | None = None
    unverified: bool = False
    wave: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one address answered: `status` 0 means no answer."""

    url: str
    status: int
