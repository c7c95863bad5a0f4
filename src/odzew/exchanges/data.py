"""Values that other rooms see, and what every form of service must be able to do."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from odzew.banks.data import BankOpinion, NewHash

Name = tuple[str, str]
State = Literal["running", "paused", "leaving"]
Word = Literal["matched", "confirmed", "not_confirmed"]

EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
LONGEST_ID: Final = 200


class Unreadable(ValueError):
    """A page that is not what its form says; the text is a word or two, never what was in the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One request to a service: `path` follows the exchange's base address and begins with a slash."""

    path: str
    method: Literal["GET", "POST", "PUT"] = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a list is read: what changed from `since` until `until` (None: until now), from the page that `token` names on."""

    since: datetime
    until: datetime | None = None
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a source says of one entry at `at` (None: it does not say when); without hashes the entry is withdrawn."""

    member: str
    entry_id: str
    at: datetime | None
    hashes: tuple[NewHash, ...] = ()

    @property
    def name(self) -> Name:
        """Who gave the entry, and its id there."""
        return self.member, self.entry_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list.

    `unusable`: how many hashes are of a type that is not matched here, by type. `malformed`: ids of records, as far as they have one,
    that are not what they should be; the others are used. `token` names the next page, empty: this was the last of the stretch.
    `resume`: from when the service wants to be asked next, where it says so.
    """

    records: tuple[Record, ...]
    unusable: Mapping[str, int] = field(default_factory=dict)
    malformed: tuple[str, ...] = ()
    token: str = ""
    resume: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a service knows of one hash that it was asked about: its own word, and whether that is the very same or only near."""

    value: bytes
    classification: str
    exact: bool


class Form(Protocol):
    """What every form of service is and needs.

    `environments`: its addresses by name, the first is the usual one. `secrets`: what it must be given to be let in; `more_secrets`
    what it may be given. `settings`: what else it must be told. `opinion`, `child`: what a bank made for it says.
    """

    name: str
    title: str
    environments: Mapping[str, str]
    secrets: tuple[str, ...]
    more_secrets: tuple[str, ...]
    settings: tuple[str, ...]
    opinion: BankOpinion

    def child(self, *, environment: str) -> bool | None:
        """Does it list child abuse material, intimate images of adults, or does it not say?"""
        ...


class ListForm(Form, Protocol):
    """A service whose list is fetched page by page.

    `bounded`: a stretch of its list can be asked for by its end too. `whole_after`: withdrawals are kept for so long only; whoever was
    away for longer reads everything anew (None: they are kept).
    """

    bounded: bool
    whole_after: timedelta | None

    def ask(self, *, place: Place, settings: Mapping[str, str], secrets: Mapping[str, str]) -> Asking:
        """Return the request for the page at a place."""
        ...

    def read(self, *, body: bytes, base: str, settings: Mapping[str, str]) -> Page:
        """Return what a page says. Raises `Unreadable`."""
        ...


class LookupForm(Form, Protocol):
    """A service that is asked about hashes, at most `at_once` in one request."""

    at_once: int

    def ask_about(self, *, values: tuple[bytes, ...], secrets: Mapping[str, str]) -> Asking:
        """Return the request about PDQ hashes."""
        ...

    def read_answers(self, *, body: bytes, values: tuple[bytes, ...]) -> tuple[Answered, ...]:
        """Return what it said of each of these hashes that it knows. Raises `Unreadable`."""
        ...


class TellForm(Form, Protocol):
    """A service that wants to hear what became of its own entries."""

    def tell(
        self, *, member: str, entry_id: str, type_: str, value: bytes, word: Word, secrets: Mapping[str, str]
    ) -> Asking | None:
        """Return the request that says it, or None for what it has no word for or no key to."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a list that is being read. `gap`: it could not be read, and is tried again. `mark`: a page's name from before, by which
    paging in a circle is noticed. `tries`: how often its page has failed since the last that was read."""

    id: uuid.UUID
    since: datetime
    until: datetime | None
    token: str = ""
    token_at: datetime | None = None
    pages: int = 0
    mark: str = ""
    tries: int = 0
    gap: bool = False
    why: str = ""
    resume: datetime | None = None
    opened_at: datetime = EPOCH

    @property
    def place(self) -> Place:
        """Where its next page is."""
        return Place(since=self.since, until=self.until, token=self.token)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeView:
    """An enrolled exchange.

    `since`: all that changed before is read. `target`: how far the fetch that is under way reaches, None if none is. `reading`: the
    whole list is read anew under this id, until what it does not name has ended. `through_at`: when the last fetch that came to the
    end began. `complete_at`: when the last fetch that left
    nothing out began. `turn` counts who works on it; a write under an older turn is refused. Times of alarms: `*_rung_at`.
    """

    id: uuid.UUID
    name: str
    form: str
    bank: uuid.UUID
    base: str
    private: bool
    settings: Mapping[str, str]
    secrets: bytes
    every: timedelta
    stale_after: timedelta
    state: State
    created_at: datetime
    turn: int
    next_at: datetime
    lease_until: datetime | None
    since: datetime
    target: datetime | None
    begun_at: datetime | None
    span: timedelta
    reading: uuid.UUID | None
    through_at: datetime | None
    complete_at: datetime | None
    fault: str
    fault_status: int
    fault_at: datetime | None
    failures: int
    added: int
    changed: int
    withdrawn: int
    unusable: Mapping[str, int]
    malformed: int
    bad_ids: tuple[str, ...]
    refused_rung_at: datetime | None
    gap_rung_at: datetime | None
    stale_rung_at: datetime | None

    def stale(self, *, now: datetime) -> bool:
        """Has no fetch left nothing out for longer than it may?"""
        return now - (self.complete_at or self.created_at) >= self.stale_after
