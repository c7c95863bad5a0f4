"""A visit of one person: the browser's cookie holds a secret whose hash is kept, and each form a token bound to it.

Visit and person are read anew on each request, so whoever has left, or whose visit was ended, is out at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from odzew.ledger.people import Caller, caller_of_person
from odzew.ledger.visits import LONGEST, VisitView, visit_of_secret

COOKIE: Final = "desk"
PATH: Final = "/console/"
LASTS: Final = int(LONGEST.total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who is here, the visit as it is kept, and the token that their forms carry."""

    caller: Caller
    token: str
    kept: VisitView


def _token(cookie: str) -> str:
    return salted_hmac("console form", cookie, algorithm="sha256").hexdigest()


def browser_of(request: HttpRequest) -> bytes:
    """Return the hash by which a browser is known again: of how it calls itself, under the desk's key."""
    return salted_hmac("console browser", request.headers.get("User-Agent", ""), algorithm="sha256").digest()[:16]


def begin(answer: HttpResponse, *, cookie: str) -> None:
    """Give the browser the cookie of a new visit."""
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=LASTS,
        path=PATH,
        secure=django_settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def end(answer: HttpResponse) -> None:
    """Take the cookie back."""
    answer.delete_cookie(COOKIE, path=PATH, samesite="Strict")


def visit_of(request: HttpRequest, *, now: datetime, used: bool = True) -> Visit | None:
    """Return whose visit this is, or None: no cookie, a forged one, a visit that has ended, or the person has left.

    With `used` it counts as a sign of the person, and the visit lasts on.
    """
    cookie = request.COOKIES.get(COOKIE, "")
    kept = visit_of_secret(secret=cookie, browser=browser_of(request), now=now, used=used) if cookie else None
    if kept is None or not kept.person.enrolled:
        return None
    return Visit(caller=caller_of_person(row_person=kept.person), token=_token(cookie), kept=kept)


def own_form(request: HttpRequest, *, visit: Visit) -> bool:
    """Was this form made for this visit?"""
    return constant_time_compare(request.POST.get("token", ""), visit.token)


def from_elsewhere(request: HttpRequest) -> bool:
    """Does the browser say that another site sends this?"""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("cross-site", "same-site")
