"""How every page for reporters is made: its language, its headers, its stylesheet within, and one small script of our own.

There is no cookie and so nothing that another site could make a browser send; nothing is kept by the browser but that script.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from odzew.answers.helplines import Help, helplines
from odzew.answers.wordbook import book, codes, languages, say
from odzew.entrypoints.api.context import the_desk_as_made
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import settings
from odzew.usecases.desk import Desk

EXIT: Final = "https://www.wikipedia.org/"
# The longest answers in the letters that take most room, and some more.
LARGEST: Final = 256 * 1024
# How a clause is set: what is promised next stands out, the time zone stands back.
HOW: Final = {
    "answer.answer_by": "due",
    "answer.news_by": "due",
    "answer.hide_planned": "due",
    "answer.danger_now": "danger",
    "answer.danger": "danger",
    "answer.danger_after": "danger",
    "answer.zone": "soft",
}


def desk() -> Desk:
    """Return the desk that the pages are of, without asking the database; what acts under its policy asks for `acting`."""
    return the_desk_as_made()


def acting() -> Desk:
    """Return the desk under the policy in force."""
    return desk().current(now=utc_now())


@cache
def css() -> str:
    """Return the stylesheet, which every page has within."""
    return _own("style.css").decode().strip()


@cache
def policy() -> str:
    """Return the Content-Security-Policy of the pages: this stylesheet by its hash, scripts from here alone, nothing else."""
    digest = base64.b64encode(hashlib.sha256(css().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; script-src 'self'; img-src data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


@cache
def script() -> tuple[bytes, str]:
    """Return the script and the hash that is part of its address."""
    content = _own("page.js")
    return content, hashlib.sha256(content).hexdigest()[:12]


def _own(name: str) -> bytes:
    return files("odzew.entrypoints.reporter").joinpath(name).read_bytes()


@require_safe
def page_script(request: HttpRequest, digest: str) -> HttpResponse:
    """The script, kept by browsers until somebody leaves: its address changes with it."""
    content, current = script()
    if digest != current:
        return HttpResponsePermanentRedirect(f"/page-{current}.js")
    return HttpResponse(
        content, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """The way out: the browser forgets what it kept of us, and shows something else."""
    answer = HttpResponseRedirect(EXIT)
    answer.status_code = 303
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@lru_cache(maxsize=256)
def preferred(header: str) -> str:
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
    return chosen if chosen in codes() else preferred(request.headers.get("Accept-Language", "")) or desk().language


def from_elsewhere(request: HttpRequest) -> bool:
    """Does the browser say that another site sent this? A browser too old to say so names where it comes from."""
    said = request.headers.get("Sec-Fetch-Site")
    if said is not None:
        return said in ("cross-site", "same-site")
    origin = urlsplit(request.headers.get("Origin", "")).hostname
    return origin is not None and origin != urlsplit(f"//{request.get_host()}").hostname


@cache
def words(language: str) -> dict[str, str]:
    """Return all sentences of pages by their key without the section."""
    found = book(language=language).sentences
    return {key.removeprefix("page."): text for key, text in found.items() if key.startswith("page.")}


def clause(*, key: str, text: str, call: bool = True) -> tuple[str | SafeString, str]:
    """Return one thing that was told and how it is set; with `call` the emergency number in it can be called."""
    how, number = HOW.get(key, ""), desk().emergency
    if not call or how != "danger" or number not in text:
        return text, how
    before, _, after = text.partition(number)
    return format_html('{}<a href="tel:{}">{}</a>{}', before, number, number, after), how


def with_number(*, key: str, language: str, emergency: str) -> SafeString:
    """Return a sentence in which the emergency number can be called."""
    call = format_html('<a href="tel:{}">{}</a>', emergency, emergency)
    return format_html(book(language=language).sentences[f"page.{key}"], emergency=call)


def page(request: HttpRequest, template: str, *, status: int = 200, language: str = "", **facts: Any) -> HttpResponse:
    """Return a page in the reader's language, kept by nobody, with the emergency number and people to talk to."""
    language = language or language_of(request)
    there = helplines(country=desk().country, today=utc_now().date())
    context = {
        "w": words(language),
        "lang": language,
        "languages": [(code, name) for code, name in languages() if code != language],
        "danger": with_number(key="danger", language=language, emergency=desk().emergency),
        **_help(there),
        "css": mark_safe(css()),  # noqa: S308 - our own file
        "script": script()[1],
        **facts,
    }
    answer = render(request, f"reporter/{template}.html", context, status=status)
    answer.headers["Content-Security-Policy"] = policy()
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Language"] = language
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _help(there: Help) -> dict[str, Any]:
    return {
        "talk": [line for line in there.lines if line.kind == "child" and line.phone],
        "report": [line for line in there.lines if line.kind == "report" and line.url],
        "directory": there.directory,
    }


def sorry(request: HttpRequest, *, sentence: str, status: int, number: str = "") -> HttpResponse:
    """A calm page for what went wrong; it reads nothing of the request but its preferred language, and not the database."""
    language = preferred(request.headers.get("Accept-Language", "")) or desk().language
    text = say(key=f"page.{sentence}", language=language)
    answer = page(request, "sorry", status=status, language=language, sentence=text, number=number)
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def too_large(request: HttpRequest) -> HttpResponse | None:
    """Return the refusal of a body that is larger than any form of ours, before a byte of it is read; None if it is not."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if length.isascii() and length.isdigit() and len(length) <= 12 and int(length) <= LARGEST:
        return None
    return sorry(request, sentence="error_too_long", status=413)


@require_safe
def privacy_page(request: HttpRequest) -> HttpResponse:
    """What is done with what somebody writes, and for how long (GDPR art. 13)."""
    said = book(language=language_of(request)).sentences["page.privacy_until"]
    return page(
        request, "privacy", until=said.format(days=acting().policy.words_kept.days), controller=settings().controller.strip()
    )


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """People to talk to, and places that take reports."""
    return page(request, "help")
