"""What goes into the index and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from odzew.foundation.errors import Invalid

KNOWN: Final = "known"
HOSTED: Final = "hosted"
COLLECTIONS: Final = (KNOWN, HOSTED)
PDQ: Final = "pdq"
SHA256: Final = "sha256"
MD5: Final = "md5"
# Bytes of a hash of each type.
WIDTHS: Final = {PDQ: 32, SHA256: 32, MD5: 16}
# The furthest that a search may reach: beyond 31 bits only for people who look for what is similar.
FURTHEST: Final = {PDQ: 47, SHA256: 0, MD5: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A hash that belongs to `owner`, a number >= 0 that is never used for anything else again."""

    collection: str
    type: str
    hash: bytes
    owner: int

    def __post_init__(self) -> None:
        """Refuse what no search could find."""
        check_collection(collection=self.collection)
        check_hash(type=self.type, hash=self.hash)
        if not 0 <= self.owner < 1 << 63:
            raise Invalid("The owner of a hash is a number from 0 to 2^63 - 1.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Everything of this type within `radius` bits of `hash` is looked for; `sha256` and `md5` are only ever equal."""

    type: str
    hash: bytes
    radius: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be looked for."""
        if len(self.hash) != WIDTHS.get(self.type):
            check_hash(type=self.type, hash=self.hash)
        if not 0 <= self.radius <= FURTHEST[self.type]:
            raise Invalid(f"A {self.type} hash is looked for within 0 to {FURTHEST[self.type]} bits.")


class Hit(NamedTuple):
    """One hash of one owner, `distance` bits from the question."""

    owner: int
    hash: bytes
    distance: int


class Answer(NamedTuple):
    """The hits of each query, the nearest first. All that was committed before `as_of` was searched if `complete`.

    `complete` is False when a part of the index is not there, failed its own test, or was not read anew for too long: "no hit" then
    means "not known". `as_of` is None while nothing was ever read.
    """

    hits: tuple[tuple[Hit, ...], ...]
    complete: bool
    as_of: datetime | None


def check_collection(*, collection: str) -> None:
    """Raise `Invalid` for a collection that is not there."""
    if collection not in COLLECTIONS:
        raise Invalid(f"There is no collection {collection!r}; there are {' and '.join(COLLECTIONS)}.")


def check_hash(*, type: str, hash: bytes) -> None:  # noqa: A002 - the field's names
    """Raise `Invalid` for an unknown type or a hash that is not as long as its type says."""
    if type not in WIDTHS:
        raise Invalid(f"There is no hash type {type!r}; there are {', '.join(WIDTHS)}.")
    if len(hash) != WIDTHS[type]:
        raise Invalid(f"A {type} hash has {WIDTHS[type]} bytes, not {len(hash)}.")
