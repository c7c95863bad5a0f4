"""What the platform knows: accounts, posts, pictures and the letters in people's inboxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

Status: TypeAlias = Literal["held", "public", "withheld", "removed"]
KEPT_LETTERS: Final = 200


def stamp(*, now: datetime) -> str:
    """Write a moment the way programs exchange it: RFC 3339, UTC, with a Z."""
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Media:
    """One picture: its bytes lie in the state folder under its id."""

    id: str
    mime: str
    sha256: str
    md5: str


@dataclass
class Letter:
    """Something the desk asked the platform to tell an account: an answer to a report, or a statement of reasons."""

    id: str
    kind: Literal["answer", "statement"]
    at: str
    text: str
    language: str = ""
    notice: str = ""
    item: str = ""
    case: str = ""
    appeal_until: str = ""
    appealed: bool = False
    page: str = ""
    code: str = ""


@dataclass
class Account:
    """Someone who posts. `ordered_at` is the moment of the newest measure that was obeyed."""

    id: str
    suspended: bool = False
    ordered_at: float = 0.0
    inbox: list[Letter] = field(default_factory=list)


@dataclass
class Post:
    """A post with its one picture or film, its counters and what the desk ordered about it.

    A new one is `held`: nobody sees it before the desk was asked about its file.
    """

    id: str
    account: str
    text: str
    created_at: str
    media: Media
    alt: str = ""
    views: int = 0
    reposts: int = 0
    rate: float = 0.0
    repost_of: str | None = None
    private: bool = False
    status: Status = "public"
    scope: str = "item"
    ordered_at: float = 0.0
    measure_id: str = ""
    case: str = ""
    keep_until: str = ""
    registered: bool = False

    @property
    def shown(self) -> bool:
        """Whether a stranger may see all of it."""
        return self.status == "public" and not self.private

    @property
    def refusal(self) -> int:
        """The HTTP status of its page and its picture: 200, or the refusal a stranger gets."""
        if self.status == "removed":
            return 410
        if self.status in ("held", "withheld"):
            return 451
        return 403 if self.private else 200
