"""What pages that stand open ask by themselves. It reads only: no visit and no lease lasts longer for it."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from odzew.cases.queue import find_case
from odzew.entrypoints.console import views
from odzew.entrypoints.console.filters import chosen
from odzew.entrypoints.console.kept_files import served
from odzew.entrypoints.console.live_page import case_now, queue_now
from odzew.entrypoints.console.visit import Visit


@require_safe
def live_script(request: HttpRequest, digest: str) -> HttpResponse:
    """The script that asks. Without it a link loads the page anew."""
    return served("live.js", digest)


@views.guarded("live", "GET", used=False)
def live(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How the cases of a page of the queue stand by now, and how many have come."""
    cases = [found for text in request.GET.getlist("case") if (found := _id(text))]
    facts = queue_now(
        cases=cases,
        since=_moment(request.GET.get("since", "")),
        choice=chosen(typed=request.GET, caller=visit.caller),
        caller=visit.caller,
        policy=views.our_desk().policy,
        said=views.said_to(request),
    )
    return _part(request, "live_queue", **facts)


@views.guarded("case_live", "GET", used=False)
def case_live(request: HttpRequest, visit: Visit, case: uuid.UUID) -> HttpResponse:
    """The clocks of a case by now."""
    row, said = find_case(case=case), views.said_to(request)
    if row is None:
        return views.show(request, "told", visit=visit, status=404, sentence="not_here")
    facts = case_now(row=row, shown=request.GET.get("version", ""), caller=visit.caller, policy=views.our_desk().policy, said=said)
    return _part(request, "live_case", **facts)


def _part(request: HttpRequest, template: str, **facts: Any) -> HttpResponse:
    """A part of a page, or 304 and nothing for whoever has the same already."""
    said = views.said_to(request)
    content = render_to_string(f"console/{template}.html", {"w": said.words, "lang": said.language, **facts}).encode()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    same = request.headers.get("If-None-Match") == tag
    answer = HttpResponse(b"" if same else content, status=304 if same else 200)
    for name, value in {**views.HEADERS, "ETag": tag, "Content-Language": said.language}.items():
        answer.headers[name] = value
    return answer


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None
