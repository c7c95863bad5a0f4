"""What may be sent to `/c/*`."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StrictBool, StrictInt

from odzew.entrypoints.api.shapes import Shape

Ratio = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]
LONGEST_NOTE: Final = 255
Note = Annotated[str, Field(max_length=LONGEST_NOTE, pattern=r"^[^\x00-\x1f\x7f]*$")]


class BankIn(Shape):
    """A bank to be made."""

    name: str
    enabled_ratio: Ratio | None = None
    enabled: StrictBool | None = None


class BankChangeIn(Shape):
    """What is to be changed of a bank."""

    name: str | None = None
    enabled_ratio: Ratio | None = None
    enabled: StrictBool | None = None


class MetadataIn(Shape):
    """What a client knows of a content: its own id of it."""

    content_id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] | None = None


class ContentChangeIn(Shape):
    """What is to be changed of a content. `disable_until_ts`: 0 disabled, 1 enabled, else disabled until that second."""

    disable_until_ts: Annotated[StrictInt, Field(ge=0)] | None = None
    note: Note | None = None


def ratio_of(*, sent: BankIn | BankChangeIn) -> float | None:
    """Return the share that was asked for: a number, or all or nothing; None if neither."""
    if sent.enabled_ratio is not None:
        return sent.enabled_ratio
    return None if sent.enabled is None else float(sent.enabled)
