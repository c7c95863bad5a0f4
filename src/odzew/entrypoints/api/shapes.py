"""What may be sent in. A field nobody knows, a letter the database cannot keep, a number out of range: refused, with its place."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)

from odzew.foundation.moments import utc_now

BIGGEST: Final = 2**53
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(days=1)
_ANY: Final = r"^[^\x00]*$"
_SOME: Final = r"^[^\x00]*[^\s\x00][^\x00]*$"


def _written(value: Any) -> Any:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("a moment is written as 2026-03-02T09:00:00Z")
    return value


def _likely(value: datetime) -> datetime:
    try:
        moment = value.astimezone(UTC)
    except OverflowError:
        raise ValueError("not a moment we know") from None
    if not _EARLIEST <= moment <= utc_now() + _AHEAD:
        raise ValueError("a moment lies between 1990 and tomorrow")
    return moment


Id = Annotated[str, Field(min_length=1, max_length=200, pattern=_SOME)]
Url = Annotated[str, Field(min_length=1, max_length=4096, pattern=_SOME)]
Word = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9_.\-]+$")]
Count = Annotated[StrictInt, Field(ge=0, le=BIGGEST)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_likely)]
Language = Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class Shape(BaseModel):
    """A JSON object whose fields are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hash(Shape):
    """A hash of a file: hex digits; PDQ with its quality."""

    type: Literal["pdq", "md5", "sha256"]
    value: Annotated[str, Field(min_length=32, max_length=64, pattern=r"^([0-9A-Fa-f]{32}|[0-9A-Fa-f]{64})$")]
    quality: Annotated[StrictInt, Field(ge=0, le=100)] | None = None

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if len(self.value) != (32 if self.type == "md5" else 64):
            raise ValueError("an md5 has 32 hex digits, a pdq or sha256 has 64")
        return self

    def plain(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {"type": self.type, "value": self.value.lower(), **({} if self.quality is None else {"quality": self.quality})}


class ConcernIn(Shape):
    """What the reporter says it is; `minor` must be there, null means that they do not know."""

    kind: Word
    minor: StrictBool | None
    claimant: Word
    flags: Annotated[list[Word], Field(max_length=30)] = []


class PlaceIn(Shape):
    """Where: the platform's id of an item, or an address."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["item_id"]}, {"required": ["url"]}]})

    item_id: Id | None = None
    url: Url | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.item_id is None and self.url is None:
            raise ValueError("give an item_id or an url")
        return self


class ReporterIn(Shape):
    """Who reports, as the platform knows them; leave it out for an anonymous reporter."""

    account_id: Id | None = None


class NoticeIn(Shape):
    """A notice."""

    external_id: Id | None = None
    source: Word
    concern: ConcernIn
    where: Annotated[list[PlaceIn], Field(max_length=100)] = []
    text: Annotated[str, Field(max_length=10_000, pattern=_ANY)] | None = None
    language: Language | None = None
    hashes: Annotated[list[Hash], Field(max_length=100)] = []
    reporter: ReporterIn | None = None
    case: uuid.UUID | None = None
    formal: Annotated[list[Literal["tida", "uk", "au"]], Field(max_length=3)] = []


class AccountIn(Shape):
    """The account an item belongs to, as the platform knows it."""

    id: Id
    handle: Annotated[str, Field(max_length=200, pattern=_ANY)] | None = None
    url: Annotated[str, Field(max_length=4096, pattern=_ANY)] | None = None
    minor: StrictBool | None = None


class MediaIn(Shape):
    """A file of an item."""

    id: Id
    url: Annotated[str, Field(max_length=4096, pattern=_ANY)] | None = None
    hashes: Annotated[list[Hash], Field(max_length=10)] = []


class SpreadIn(Shape):
    """How often it was seen and passed on, counted at a moment."""

    views: Count
    reposts: Count
    at: Moment


class ItemIn(Shape):
    """What the platform hosts under one id."""

    kind: Word
    url: Url
    account: AccountIn
    created_at: Moment
    repost_of: Annotated[str, Field(max_length=200, pattern=_ANY)] | None = None
    media: Annotated[list[MediaIn], Field(max_length=100)] = []
    spread: SpreadIn | None = None
    private: StrictBool = False
    countries: Annotated[list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]], Field(max_length=250)] = []


class ItemLine(ItemIn):
    """One line of a batch: an item with its id."""

    id: Id


class ReferralIn(Shape):
    """Whom the case was referred to, or why not."""

    to: Annotated[list[Word], Field(max_length=20)] = []
    not_because: Annotated[str, Field(min_length=1, max_length=1000, pattern=_SOME)] | None = None


class DecisionIn(Shape):
    """A person's decision."""

    outcome: Word
    ground: Word
    reason: Annotated[str, Field(min_length=1, max_length=4000, pattern=_SOME)]
    referral: ReferralIn | None = None


class OpinionIn(Shape):
    """What somebody outside the desk says of a case they are asked about."""

    outcome: Word
    reason: Annotated[str, Field(min_length=1, max_length=4000, pattern=_SOME)]


class WaveDecisionIn(Shape):
    """One signature for a whole wave."""

    outcome: Word
    ground: Word
    reason: Annotated[str, Field(min_length=1, max_length=4000, pattern=_SOME)]
    leave_out: Annotated[list[uuid.UUID], Field(max_length=10_000)] = []


class AppealIn(Shape):
    """An appeal: by a reporter with their receipt code, or by an uploader through their platform."""

    by: Literal["reporter", "uploader"]
    text: Annotated[str, Field(min_length=1, max_length=10_000, pattern=_SOME)]
    receipt_code: Annotated[str, Field(max_length=60, pattern=_ANY)] | None = None
    account_id: Id | None = None
