"""The page of somebody whose post was limited: what holds, what they were told, and an appeal of a few words.

As with the reporters' page, the code in the body of a POST is the only key, and wrong ones are counted in the same place.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from odzew.answers.times import say_time
from odzew.answers.wordbook import book, moment, say
from odzew.entrypoints.reporter import pages, views
from odzew.entrypoints.reporter.draft import typed_text
from odzew.foundation.errors import Conflict, Invalid
from odzew.foundation.moments import utc_now
from odzew.usecases.appeal import LONGEST, appeal
from odzew.usecases.read_limited import Limited, read_limited

_ASKS: Final = "limited_code"


@require_http_methods(["GET", "HEAD", "POST"])
def limited(request: HttpRequest) -> HttpResponse:
    """The code of a statement in, what holds out."""
    if request.method != "POST":
        return pages.page(request, _ASKS)
    found = _found(request)
    return _shown(request, found) if isinstance(found, Limited) else found


def _found(request: HttpRequest) -> Limited | HttpResponse:
    return views.opened(request, _read, asks=_ASKS)


def _read(request: HttpRequest) -> Limited | None:
    return read_limited(code=views.code_in(request), language=pages.language_of(request), desk=pages.acting(), now=utc_now())


def _shown(request: HttpRequest, found: Limited, **more: Any) -> HttpResponse:
    language, now, zone = pages.language_of(request), utc_now(), pages.desk().zone
    times = book(language=language).times
    told = [
        {
            "at": say_time(at=one.at, now=now, zone=zone, words=times, up=True),
            "moment": one.at.isoformat(timespec="minutes"),
            "lines": one.text.split("\n"),
            "lang": one.language,
        }
        for one in found.told
    ]
    until = moment(at=found.appeal_until, now=now, zone=zone, language=language) if found.appeal_until else None
    return pages.page(
        request,
        "limited",
        **{
            "code": views.code_in(request),
            "found": found,
            "told": told,
            "anew": found.anew.text.split("\n") if found.anew else [],
            "no_finding": "" if found.protected or found.anew else say(key="statement.no_finding", language=language),
            "until": say(key="page.uploader_until", language=language, appeal_until=until) if until and found.may_appeal else "",
            "waits": _waits(found, language),
            "longest": LONGEST,
            **more,
        },
    )


def _waits(found: Limited, language: str) -> str:
    """Say when an open appeal is answered, or that this took longer than we said."""
    due, now = found.appeal.answer_due if found.appeal else None, utc_now()
    if due is None:
        return ""
    if due <= now:
        return say(key="answer.late", language=language)
    by = moment(at=due, now=now, zone=pages.desk().zone, language=language, up=True)
    return say(key="page.uploader_waits", language=language, answer_by=by)


@require_http_methods(["POST"])
def complain(request: HttpRequest) -> HttpResponse:
    """An appeal; one that is open already is shown, and nothing is added by a second press."""
    found = _found(request)
    if not isinstance(found, Limited):
        return found
    text = typed_text(request.POST.get("text", ""))
    if not found.may_appeal:
        return _shown(request, found, status=200 if found.appeal and found.appeal.state == "open" else 409)
    try:
        appeal(case=found.case, by="uploader", text=text, desk=pages.acting(), now=utc_now(), statement_code=views.code_in(request))
    except Invalid:
        key = "page.error_too_long" if text.strip() else "page.uploader_empty"
        error = say(key=key, language=pages.language_of(request))
        return _shown(request, found, error=error, typed=text[:LONGEST], status=422)
    except Conflict:  # decided, or over, in the meantime: the page as it is by now says so
        return _shown(request, _read(request) or found, status=409)
    return _shown(request, _read(request) or found)
