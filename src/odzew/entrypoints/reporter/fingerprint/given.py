"""What comes back in the form: the hidden field `hashes`, written by the script, or by anybody who pretends to be it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from odzew.entrypoints.api.shapes import Hash

MOST_HASHES: Final = 100
"""Of all files together; the script keeps to it, and looks at long films in wider steps."""
LONGEST: Final = 16_000
_HASHES: Final = TypeAdapter(Annotated[list[Hash], Field(max_length=MOST_HASHES)])


def read_hashes(*, text: str) -> tuple[dict[str, Any], ...]:
    """Return the hashes of the field in the form a notice has them; none if it holds anything else.

    A fingerprint is an extra: no report is refused because of one that cannot be read.
    """
    if not text or len(text) > LONGEST:
        return ()
    try:
        found = _HASHES.validate_json(text)
    except ValidationError:
        return ()
    return tuple({hash_.value.lower(): hash_.plain() for hash_ in found}.values())
