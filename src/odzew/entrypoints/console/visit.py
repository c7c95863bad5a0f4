"""A visit of one person: a signed cookie that names them, and a form token bound to it. Nothing is kept on the server.

The person is read anew on each request, so whoever has left, or has another role, is so at once. A visit ends after 12 hours.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from django.conf import settings as django_settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from odzew.ledger.people import Caller, caller_of_person, person

COOKIE: Final = "desk"
PATH: Final = "/console/"
LASTS: Final = 12 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who is here, and the token that their forms carry."""

    caller: Caller
    token: str


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="console")


def _token(cookie: str) -> str:
    return salted_hmac("console form", cookie, algorithm="sha256").hexdigest()


def begin(answer: HttpResponse, *, who: uuid.UUID) -> None:
    """Give the browser the cookie of a new visit."""
    answer.set_cookie(
        COOKIE,
        _signer().sign(who.hex),
        max_age=LASTS,
        path=PATH,
        secure=django_settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def end(answer: HttpResponse) -> None:
    """Take the cookie back."""
    answer.delete_cookie(COOKIE, path=PATH, samesite="Strict")


def visit_of(request: HttpRequest) -> Visit | None:
    """Return whose visit this is, or None: no cookie, a forged or old one, or the person has left."""
    cookie = request.COOKIES.get(COOKIE, "")
    try:
        who = person(person=uuid.UUID(hex=_signer().unsign(cookie, max_age=LASTS)))
    except (BadSignature, ValueError):
        return None
    return Visit(caller=caller_of_person(row_person=who), token=_token(cookie)) if who and who.enrolled else None


def own_form(request: HttpRequest, *, visit: Visit) -> bool:
    """Was this form made for this visit?"""
    return constant_time_compare(request.POST.get("token", ""), visit.token)


def from_elsewhere(request: HttpRequest) -> bool:
    """Does the browser say that another site sends this?"""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("cross-site", "same-site")
