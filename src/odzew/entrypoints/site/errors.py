"""What no view answers: a calm page for a person with a browser, a problem document for a program."""

from __future__ import annotations

import sys
from typing import Final, cast

from django.http import HttpRequest, HttpResponse

from odzew.entrypoints.api.edge import headers
from odzew.entrypoints.api.problems import Internal, known_error, refuse
from odzew.entrypoints.reporter.pages import sorry
from odzew.foundation.errors import NotFound, OdzewError

_PROGRAMS: Final = ("/api/", "/h/", "/m/", "/c/", "/healthz", "/readyz", "/metrics")


class Unreadable(OdzewError):
    """The request is not one that can be read."""


# What a page says of it; of everything else that it is our fault.
_SENTENCES: Final = {
    400: "error_broken",
    408: "error_too_slow",
    411: "error_broken",
    413: "error_too_long",
    503: "error_busy",
}


def _person(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith(_PROGRAMS)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    if _person(request):
        return sorry(request, sentence="error_nothing_here", status=404)
    return refuse(request, NotFound("There is nothing at this address."))


def unreadable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: a body that is too long or broken, a host that is not ours."""
    if _person(request):
        return sorry(request, sentence="error_too_long", status=400)
    return refuse(request, Unreadable("This request cannot be read."))


def failed(request: HttpRequest) -> HttpResponse:
    """500 or 503: it is logged under a number, without anybody's words, and the number is told."""
    error = sys.exc_info()[1]
    known = known_error(error) if error else Internal("Something went wrong on our side; nothing was stored.")
    if not _person(request):
        return refuse(request, known)
    number = str(known.detail.get("instance", "")).removeprefix("urn:uuid:")
    return sorry(request, sentence="error_server", status=known.status if known.status >= 500 else 500, number=number)


def refused(*, path: str, accept: str, accept_language: str, error: BaseException) -> HttpResponse:
    """Say what is refused before any view is asked, with the headers that everything has: a page for a person, else a problem."""
    request = HttpRequest()
    request.method, request.path = "GET", path
    request.META.update(HTTP_ACCEPT=accept, HTTP_ACCEPT_LANGUAGE=accept_language)
    known = known_error(error)

    def answer(request: HttpRequest) -> HttpResponse:
        problem = refuse(request, known)
        if not _person(request):
            return problem
        number = str(known.detail.get("instance", "")).removeprefix("urn:uuid:")
        page = sorry(request, sentence=_SENTENCES.get(known.status, "error_server"), status=known.status, number=number)
        if "Retry-After" in problem:
            page["Retry-After"] = problem["Retry-After"]
        return page

    return cast(HttpResponse, headers(answer)(request))
