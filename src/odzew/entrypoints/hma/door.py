"""Who may use a word, and how errors are said to clients of Hasher-Matcher-Actioner: a problem document with a `message`."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse

from odzew.entrypoints.api.bodies import JSON, KB, check_envelope
from odzew.entrypoints.api.door import Rights, caller_of, pace, pace_checks
from odzew.entrypoints.api.problems import Reply, Unreadable, WrongMethod, known_error, refuse, response
from odzew.foundation.errors import Forbidden, Invalid, OdzewError
from odzew.foundation.moments import utc_now
from odzew.ledger.people import Caller

LOOKUP: Final = Rights(scopes=frozenset({"lookup"}))
HASH: Final = Rights(scopes=frozenset({"check", "lookup"}))
BANK: Final = Rights(scopes=frozenset({"bank"}))
SMALL: Final = 64 * KB
_LONGEST_BASIC: Final = 600


class Wrong(OdzewError):
    """What was sent cannot be used: Hasher-Matcher-Actioner says 400 where the desk's own interface says 422."""

    code = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One method of one address: who may use it, what its body may be (`body` in bytes, 0 for none), and what answers it.

    `fetches`: Hasher-Matcher-Actioner takes an address in the parameter `url` here.
    """

    method: str
    path: str
    rights: Rights
    answer: Callable[..., Reply]
    body: int = 0
    type: str = JSON
    fetches: bool = False


def authorization_of(*, header: str) -> str:
    """Return an `Authorization` header with the key as bearer: clients without a field for a key send it as the password of Basic."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "basic" or len(rest) > _LONGEST_BASIC:
        return header
    try:
        user, _, password = b64decode(rest.strip(), validate=True).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        return header
    return f"Bearer {password or user}"


def view(*, words: Mapping[str, Word]) -> Callable[..., HttpResponse]:
    """Return the Django view of one address, by method."""

    def answer(request: HttpRequest, **place: Any) -> HttpResponse:
        try:
            word = words.get(request.method or "")
            if word is None:
                allow = ", ".join(sorted(words))
                raise WrongMethod(f"This address takes {allow}.", allow=allow)
            now = utc_now()
            caller = _enter(request, word, now)
            return response(word.answer(request=request, caller=caller, now=now, **place))
        except Exception as error:
            return _refuse(request, error)

    return answer


def _enter(request: HttpRequest, word: Word, now: datetime) -> Caller:
    caller = caller_of(authorization=authorization_of(header=request.headers.get("Authorization", "")), now=now)
    word.rights.check(caller=caller)
    (pace if word.rights is BANK else pace_checks)(caller=caller)
    if word.fetches and "url" in request.GET:
        raise Forbidden("This desk fetches nothing from an address that a caller names; send the file itself with POST.")
    if word.body:
        check_envelope(meta=request.META, limit=word.body, type=word.type)
    return caller


def _refuse(request: HttpRequest, error: Exception) -> HttpResponse:
    known = Unreadable("This request cannot be read.") if isinstance(error, SuspiciousOperation) else known_error(error)
    said = Wrong(known.sentence, **known.detail) if isinstance(known, Invalid) else known
    said.detail["message"] = said.sentence
    return refuse(request, said)
