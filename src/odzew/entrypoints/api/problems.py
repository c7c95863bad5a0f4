"""Every error as one problem document (RFC 9457), in the caller's language where the sentence is known in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from uuid import uuid4

from django.db import DatabaseError, DataError, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from pydantic import ValidationError

from odzew.answers.wordbook import REFERENCE, codes, say
from odzew.entrypoints.logs import describe
from odzew.foundation.errors import Invalid, OdzewError, Unavailable

TYPE: Final = "application/problem+json"
_RESERVED: Final = frozenset({"type", "title", "status", "detail", "reason", "fields", "instance", "known_as"})
log = logging.getLogger("odzew.api")


class Unreadable(OdzewError):
    """The body is not what its type says."""


class WrongMethod(OdzewError):
    """The address is right, the method is not."""

    status = 405
    code = "wrong-method"


class NoLength(OdzewError):
    """A body came without saying how long it is."""

    status = 411
    code = "no-length"


class TooLarge(OdzewError):
    """The body is larger than the call takes."""

    status = 413
    code = "too-large"


class WrongType(OdzewError):
    """The body is of a type the call does not take."""

    status = 415
    code = "wrong-type"


class Internal(OdzewError):
    """Our own fault; `detail["instance"]` finds it in the log."""

    status = 500
    code = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes out: independent of any framework, so that the fast path and Django send the same."""

    status: int
    body: bytes
    type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=256)
def language_of(accept: str) -> str:
    """Return which of the languages the desk knows an `Accept-Language` header prefers; the reference if none."""
    wanted: list[tuple[float, int, str]] = []
    for n, part in enumerate(accept[:500].split(",")[:20]):
        name, _, rest = part.partition(";")
        quality = rest.strip().removeprefix("q=") if rest else "1"
        try:
            weight = float(quality)
        except ValueError:
            continue
        code = name.strip().lower().partition("-")[0]
        if weight > 0 and code in codes():
            wanted.append((-weight, n, code))
    return min(wanted)[2] if wanted else REFERENCE


def invalid(*, error: ValidationError | Iterable[Mapping[str, Any]], drop: int = 0) -> Invalid:
    """Turn what pydantic found into one error: a sentence for the first, all as fields; what was sent is never repeated."""
    found = (
        error.errors(include_url=False, include_context=False, include_input=False) if isinstance(error, ValidationError) else error
    )
    fields = []
    for e in list(found)[:20]:
        place = ".".join(str(p) for p in e["loc"][drop:]) or "body"
        fields.append({"at": place, "problem": str(e["msg"]).removeprefix("Value error, ")})
    first = fields[0] if fields else {"at": "body", "problem": "cannot be read"}
    return Invalid(f"{first['at']}: {first['problem']}", fields=fields)


def known_error(error: BaseException) -> OdzewError:
    """Return the error as one of the family; what nobody expected is logged under a number, without anybody's words in it."""
    if isinstance(error, OdzewError):
        return error
    if isinstance(error, ValidationError):
        return invalid(error=error)
    if isinstance(error, DataError):
        _note(error)
        return Invalid("A value in it cannot be stored.")
    if isinstance(error, OperationalError | InterfaceError):
        _note(error)
        return Unavailable("The database does not answer; nothing was stored. Try again in a few seconds.", retry_after=2)
    if isinstance(error, InternalError):  # the server could not write: a disk that is full or failing
        _note(error)
        return Unavailable("The database cannot store it now; nothing was stored. Try again in a minute.", retry_after=60)
    number = _note(error)
    what = "The database refused it" if isinstance(error, DatabaseError) else "Something went wrong on our side"
    return Internal(f"{what}; nothing was stored. Tell the operator the number {number}.", instance=f"urn:uuid:{number}")


def _note(error: BaseException) -> str:
    """Log where it happened, never what was in it: messages of the database quote what people typed."""
    number = str(uuid4())
    log.error("unexpected error", extra={"number": number, "error": describe(error=(type(error), error, error.__traceback__))})
    return number


def problem(*, error: BaseException, accept_language: str) -> Reply:
    """Return the problem document of an error."""
    known = known_error(error)
    language = language_of(accept_language)
    title = say(key=f"problem.{known.code}", language=language)
    body: dict[str, Any] = {
        "type": f"urn:odzew:problem:{known.code}",
        "title": title,
        "status": known.status,
        "detail": known.sentence if language == REFERENCE else title,
        "reason": known.sentence,
    }
    headers = {"Content-Language": language}
    for name, value in known.detail.items():
        if name == "retry_after":
            headers["Retry-After"] = str(value)
        elif name == "allow":
            headers["Allow"] = str(value)
        elif name not in _RESERVED or name in ("fields", "instance"):
            body[name] = value
    if known.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Reply(status=known.status, body=json.dumps(body, ensure_ascii=True, default=str).encode(), type=TYPE, headers=headers)


def response(reply: Reply) -> HttpResponse:
    """Return a reply as Django sends it."""
    answer = HttpResponse(reply.body, status=reply.status, content_type=reply.type, headers=dict(reply.headers))
    # Django would log the address of every refused request; addresses hold ids of items and cases.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def refuse(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Return the problem document of an error for a request."""
    return response(problem(error=error, accept_language=request.headers.get("Accept-Language", "")))
