"""The edge of the web: security headers on everything, and problem documents for what no route answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from odzew.entrypoints.api.counters import count
from odzew.entrypoints.api.problems import WrongMethod, refuse
from odzew.foundation.errors import NotFound

# Pages set a wider Content-Security-Policy of their own; what sets none gets the narrowest.
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_API: Final = ("/api/", "/h/", "/m/", "/c/")
_HEALTH: Final = frozenset({"/healthz", "/readyz", "/metrics"})


def headers(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Add the headers, and count; the only middleware that every request passes."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        answer = get_response(request)
        if isinstance(answer, HttpResponseNotAllowed) and request.path.startswith(_API):
            allow = answer.headers.get("Allow", "")
            answer = refuse(request, WrongMethod(f"This address takes {allow}.", allow=allow))
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if isinstance(answer, HttpResponse):
            answer.headers.setdefault("Content-Length", str(len(answer.content)))
        what = "api" if request.path.startswith(_API) else "health" if request.path in _HEALTH else "pages"
        count(what=what, status=answer.status_code)
        return answer

    return middleware


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 as a problem document."""
    return refuse(request, NotFound("There is nothing at this address."))
