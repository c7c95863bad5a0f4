"""Values that other rooms see."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

HashType = Literal["pdq", "md5", "sha256"]
BankOpinion = Literal["confirmed", "seed", "negative"]
Mode = Literal["exact", "fast"]

SIZES: Final[dict[str, int]] = {"pdq": 32, "md5": 16, "sha256": 32}
OPINIONS: Final = ("confirmed", "seed", "negative")
MOST_DISTANCE: Final = 31
LEAST_QUALITY: Final = 50
OWN: Final = "own"
CLEARED: Final = "cleared"
REPORTED: Final = "reported"
# How the name of an entry ends that holds the frames of a film: then the film is what counts, not one frame.
FILM: Final = "#film"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankView:
    """A bank as it stands.

    `opinion` is what its entries say unless an entry says otherwise. `distance`: a PDQ hash matches up to so many bits, 0..31.
    `enabled_share`: the part of all queries that it answers, 0..1, for a gradual start. `jurisdictions`: where it holds, empty for
    everywhere. `child`: it lists child sexual abuse material (True), adult intimate images (False), or does not say (None).
    `private_too`: it is used for private messages too, where the policy lets those be checked at all. `own`: fed by the desk
    itself. More than `max(flood_floor, flood_times x usual)` different things an hour quarantine an entry.
    """

    id: uuid.UUID
    name: str
    source: str
    opinion: BankOpinion
    distance: int
    enabled_share: float
    hash_types: frozenset[str]
    jurisdictions: frozenset[str]
    child: bool | None
    private_too: bool
    own: bool
    flood_floor: int
    flood_times: float
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHash:
    """One hash of an entry as a source gives it.

    `entry_id` with `member` names the entry at its source; empty: the hash stands for itself. `opinion` None: the bank's. `child`
    None: the bank's. `quality` 0..100 or None (not known). `forms`: the same picture's hash turned and mirrored, which the index is to
    find too (PDQ only).
    """

    type: HashType
    value: bytes
    member: str = ""
    entry_id: str = ""
    category: str = ""
    opinion: BankOpinion | None = None
    child: bool | None = None
    quality: int | None = None
    mode: Mode = "exact"
    forms: tuple[bytes, ...] = ()
    first_seen: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A stored hash of a bank, not withdrawn. `id` is the owner's number in the index; `opinion` and `child` are its own or its bank's.

    `released_at`: a person let it out of quarantine. `disabled_until`: it matches nothing before then.
    """

    id: int
    bank: BankView
    member: str
    entry_id: str
    type: HashType
    value: bytes
    category: str
    opinion: BankOpinion
    child: bool | None
    quality: int | None
    mode: Mode
    turned: bool
    first_seen: datetime
    updated: datetime
    quarantined_at: datetime | None
    released_at: datetime | None
    from_case: uuid.UUID | None
    disabled_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a call did to a bank: numbers of the entries that are new, whose facts changed, and that were withdrawn; and how many
    were there already, the same."""

    added: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    withdrawn: tuple[int, ...] = ()
    same: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMedia:
    """One file that a decision is about: the platform's name of it (or any stable name) and its hashes."""

    name: str
    hashes: tuple[NewHash, ...]


def types_of(*, value: bytes) -> tuple[HashType, ...]:
    """Return the types that a bare hash may be of, by its length: 16 bytes MD5, 32 bytes PDQ or SHA-256."""
    return ("md5",) if len(value) == SIZES["md5"] else ("pdq", "sha256")
