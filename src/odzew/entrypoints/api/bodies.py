"""Reading what was sent: never more than announced and allowed, never a crash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from django.http import HttpRequest
from ninja.parser import Parser
from pydantic_core import from_json

from odzew.entrypoints.api.problems import NoLength, TooLarge, Unreadable, WrongType
from odzew.foundation.errors import Invalid

KB: Final = 1024
NOTICE: Final = 64 * KB
ITEM: Final = 256 * KB
BATCH: Final = 32 * KB * KB
JSON: Final = "application/json"
_PART: Final = 64 * KB
MULTIPART: Final = "multipart/form-data"
NDJSON: Final = "application/x-ndjson"


def check_envelope(*, meta: Mapping[str, Any], limit: int, type: str | tuple[str, ...]) -> None:  # noqa: A002 - HTTP's word
    """Raise `WrongType`, `NoLength`, `TooLarge` or `Unreadable` before a byte of the body is read."""
    types = (type,) if isinstance(type, str) else type
    media, _, parameters = str(meta.get("CONTENT_TYPE") or "").partition(";")
    media = media.strip().lower()
    if media not in types or not (media == MULTIPART or _utf8(parameters)):
        raise WrongType(f"Send the body as {' or '.join(types)} in UTF-8.")
    if str(meta.get("HTTP_CONTENT_ENCODING") or "identity").strip().lower() != "identity":
        raise WrongType("Send the body as it is, not compressed.")
    length = str(meta.get("CONTENT_LENGTH") or "")
    if not (length.isascii() and length.isdigit()):
        raise NoLength("Say how long the body is: send Content-Length.")
    if len(length) > 12 or int(length) > limit:
        raise TooLarge(f"This call takes at most {limit // KB} kB.", limit=limit)
    if int(length) == 0 and media == JSON:
        raise Unreadable("The body is empty; send a JSON object.")


def _utf8(parameters: str) -> bool:
    name, _, value = parameters.strip().lower().partition("=")
    return name.strip() != "charset" or value.strip(' "') in ("utf-8", "utf8")


def read_json(*, body: bytes) -> Any:
    """Return the JSON value of a body. Raises `Unreadable`, and `Invalid` for letters that Unicode does not have."""
    if not body.strip():
        raise Unreadable("The body is empty; send a JSON object.")
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        if "surrogate" in str(error) or "end of hex escape" in str(error):
            raise Invalid("A text holds half of a letter (a lone surrogate); send whole letters.") from None
        raise Unreadable("The body is not JSON in UTF-8, or it is nested too deep.") from None


class Bodies(Parser):
    """How the API reads bodies."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the value of the body, which the door has already found to be of the right type and size."""
        return read_json(body=request.body)


class Readable(Protocol):
    """Anything that a body can be read from, part by part."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes of what is left, nothing at the end."""


def _split(source: Readable, longest: int) -> Iterator[bytes]:
    """Yield lines without their ends; the last may be longer than `longest`, which is for the caller to refuse.

    Parts are joined here: not every server's `readline` keeps what it has read beyond the line.
    """
    rest = b""
    while part := source.read(_PART):
        *whole, rest = (rest + part).split(b"\n")
        yield from whole
        if len(rest) > longest:
            break
    yield rest


def lines(*, source: Readable, longest: int, most: int) -> Iterator[tuple[int, Any]]:
    """Yield (number, value) for each line of an NDJSON body as it comes in; empty lines are skipped.

    Raises `Unreadable`, `Invalid` and `TooLarge`, each with the number of the line.
    """
    count = 0
    for number, line in enumerate(_split(source, longest), start=1):
        if len(line) > longest:
            raise TooLarge(f"Line {number} is longer than {longest // KB} kB.", line=number)
        if not line.strip():
            continue
        count += 1
        if count > most:
            raise Invalid(f"One call takes at most {most} lines; send the others in another call.", line=number)
        try:
            yield number, read_json(body=line)
        except (Unreadable, Invalid) as error:
            raise type(error)(f"Line {number}: {error.sentence}", line=number) from None
