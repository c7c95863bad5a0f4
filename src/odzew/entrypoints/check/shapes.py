"""The question and the answer of the upload check."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from odzew.entrypoints.api.shapes import Hash, ItemLine, Shape

KNOWN_AT_ONCE = 1000


class CheckIn(Shape):
    """Hashes of the files that are to be published, and the item they will be."""

    hashes: Annotated[list[Hash], Field(max_length=KNOWN_AT_ONCE, default_factory=list)]
    item: ItemLine | None = None


class MatchOut(Shape):
    """One entry of a bank that is near. `distance` in bits of PDQ, 0 for equal bytes."""

    bank: str
    entry: str
    hash: str
    opinion: Literal["confirmed", "seed", "disputed", "negative"]
    type: Literal["pdq", "md5", "sha256"]
    distance: int


class CheckOut(Shape):
    """What to do. `checked` is false where the law keeps the desk from looking; `as_of`: the banks as they were then;
    `ask_again_after`: seconds, where not everything could be asked and it is held for that alone; `note`: why a file was not seen."""

    verdict: Literal["allow", "hold", "block"]
    matches: list[MatchOut] | None = None
    as_of: str | None
    checked: bool = True
    ask_again_after: int | None = None
    note: str | None = None
