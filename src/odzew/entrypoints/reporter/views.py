"""The door and the status page.

There is no cookie and so nothing that another site could make a browser send: the code in the body is the only key. A POST that a
browser says comes from another site is refused all the same.
"""

from __future__ import annotations

import hashlib
import uuid
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from odzew.answers.helplines import helplines
from odzew.answers.times import say_time
from odzew.answers.wordbook import book, codes, languages, moment, say
from odzew.entrypoints.api.context import the_desk as desk
from odzew.entrypoints.reporter.guesses import Guesses, network
from odzew.foundation.errors import OdzewError
from odzew.foundation.moments import utc_now
from odzew.usecases.appeal import LONGEST, appeal
from odzew.usecases.read_status import Status, read_status

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
EXIT: Final = "https://www.wikipedia.org/"
# How a clause is set: what is promised next stands out, the time zone stands back.
_HOW: Final = {
    "answer.answer_by": "due",
    "answer.news_by": "due",
    "answer.hide_planned": "due",
    "answer.danger_now": "danger",
    "answer.danger": "danger",
    "answer.danger_after": "danger",
    "answer.zone": "soft",
}
_guesses = Guesses()


@cache
def css() -> tuple[bytes, str]:
    """Return the stylesheet and the hash that is part of its address."""
    content = files("odzew.entrypoints.reporter").joinpath("style.css").read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]


@require_safe
def style(request: HttpRequest, digest: str) -> HttpResponse:
    """The stylesheet, kept by browsers for good: its address changes with it."""
    content, current = css()
    if digest != current:
        return HttpResponsePermanentRedirect(f"/style-{current}.css")
    return HttpResponse(
        content, content_type="text/css; charset=utf-8", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


@lru_cache(maxsize=256)
def _preferred(header: str) -> str:
    """The reader's best language that we speak, by Accept-Language (RFC 9110, 12.5.4)."""
    wanted = []
    for part in header.split(",")[:20]:
        name, _, quality = part.strip().partition(";q=")
        try:
            wanted.append((float(quality) if quality else 1.0, name.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    known = codes()
    return next((name for _, name in sorted(wanted, key=lambda w: -w[0]) if name in known), "")


def language_of(request: HttpRequest) -> str:
    """Return the language of a page: chosen by the reader, else the browser's, else the desk's."""
    chosen = request.POST.get("lang") or request.GET.get("lang") or ""
    return chosen if chosen in codes() else _preferred(request.headers.get("Accept-Language", "")) or desk().language


def _page(request: HttpRequest, template: str, *, status: int = 200, language: str = "", **facts: Any) -> HttpResponse:
    language = language or language_of(request)
    now = utc_now()
    words = {key.removeprefix("page."): text for key, text in _words(language).items()}
    there, emergency = helplines(country=desk().country, today=now.date()), desk().emergency
    context = {
        "w": words,
        "lang": language,
        "languages": [(code, name) for code, name in languages() if code != language],
        "danger": format_html(
            book(language=language).sentences["page.danger"], emergency=format_html('<a href="tel:{}">{}</a>', emergency, emergency)
        ),
        "talk": [line for line in there.lines if line.kind == "child" and line.phone],
        "report": [line for line in there.lines if line.kind == "report" and line.url],
        "directory": there.directory,
        "style": css()[1],
        "exit": EXIT,
        **facts,
    }
    answer = render(request, f"reporter/{template}.html", context, status=status)
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Language"] = language
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@cache
def _words(language: str) -> dict[str, str]:
    return {key: text for key, text in book(language=language).sentences.items() if key.startswith("page.")}


def sorry(request: HttpRequest, *, sentence: str, status: int, number: str = "") -> HttpResponse:
    """A calm page for what went wrong; it reads nothing of the request but its preferred language, and not the database."""
    language = _preferred(request.headers.get("Accept-Language", "")) or desk().language
    text = say(key=f"page.{sentence}", language=language)
    answer = _page(request, "sorry", status=status, language=language, sentence=text, number=number)
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def _from_elsewhere(request: HttpRequest) -> bool:
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("cross-site", "same-site")


@require_safe
def door(request: HttpRequest) -> HttpResponse:
    """The first page: what this is, and the way to an answer."""
    return _page(request, "door")


@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """Code in, answers out; the code is only ever in the body of a POST."""
    if request.method != "POST":
        return _page(request, "code")
    found = _found(request)
    return _answers(request, found) if isinstance(found, Status) else found


def _found(request: HttpRequest) -> Status | HttpResponse:
    """Return what the code opens, or the page that asks for it again and says why."""
    where = network(request=request)
    if _guesses.refused(network=where):
        return _page(request, "code", often=True, status=429)
    elsewhere = _from_elsewhere(request)
    found = None if elsewhere else read_status(code=request.POST.get("code", ""), desk=desk())
    if found is None and not elsewhere:
        _guesses.wrong(network=where)
    return found or _page(request, "code", wrong=True, status=404)


def _answers(request: HttpRequest, found: Status, **more: Any) -> HttpResponse:
    language, now = language_of(request), utc_now()
    times = book(language=language).times
    shown = [
        {
            "at": say_time(at=a.at, now=now, zone=desk().zone, words=times, up=True),
            "moment": a.at.isoformat(timespec="minutes"),
            "clauses": [(c["text"], _HOW.get(c["key"], "")) for c in a.clauses],
            "lang": a.language,
        }
        for a in found.answers
    ]
    told = [a.kind for a in found.answers if a.kind in ("removed", "not_removed", "not_found")]
    back = told[:1] == ["removed"]
    return _page(request, "answers", answers=shown, back=back, code=request.POST.get("code", ""), appeals=found.may_appeal, **more)


@require_http_methods(["POST"])
def ask_again(request: HttpRequest) -> HttpResponse:
    """The reporter asks us to look again; the page comes back with what was answered."""
    found = _found(request)
    if not isinstance(found, Status):
        return found
    text, case = request.POST.get("text", "").replace("\x00", ""), request.POST.get("case", "")
    if not text.strip() or len(text) > LONGEST or case not in {str(c) for c in found.may_appeal}:
        key = "error_too_long" if len(text) > LONGEST else "appeal_help"
        return _answers(request, found, error=key, typed=text[:LONGEST])
    try:
        made = appeal(
            case=uuid.UUID(case), by="reporter", text=text, desk=desk(), now=utc_now(), receipt_code=request.POST.get("code", "")
        )
    except OdzewError:
        return _answers(request, found, error="error_heading", typed=text)
    language, now = language_of(request), utc_now()
    by = moment(at=made.answer_due, now=now, zone=desk().zone, language=language, up=True)
    again = read_status(code=request.POST.get("code", ""), desk=desk()) or found
    return _answers(request, again, thanks=say(key="page.appeal_thanks", language=language, answer_by=by))
