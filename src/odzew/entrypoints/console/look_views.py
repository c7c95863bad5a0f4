"""Looking at a file, hiding it again, and the page that each person has about it.

The picture is part of the answer to a POST and has no address: nothing of it can be opened twice, later, or by somebody else.
"""

from __future__ import annotations

import base64
import threading
import uuid
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from odzew.answers.helplines import helplines
from odzew.cases.queue import find_case
from odzew.entrypoints.console import views
from odzew.entrypoints.console.kept_files import kept, served
from odzew.entrypoints.console.look_card import budget_words, clock_words
from odzew.entrypoints.console.picture import render
from odzew.entrypoints.console.said import Said
from odzew.entrypoints.console.step_up import require_step_up
from odzew.entrypoints.console.visit import Visit
from odzew.entrypoints.hashes import the_decoder
from odzew.exposures.api import exposures_of
from odzew.exposures.budget import LONGEST
from odzew.exposures.data import ExposureView
from odzew.exposures.permits import standing
from odzew.foundation.errors import OdzewError
from odzew.foundation.outgoing import Fetching, Http
from odzew.foundation.settings import settings
from odzew.ledger.events import read_texts
from odzew.policy.vocabulary import CHILD_KINDS, INTIMATE_KINDS, OTHER_KINDS
from odzew.usecases.look_at import Shown, Wish, look_at
from odzew.usecases.look_away import look_away
from odzew.usecases.seen_by_accident import seen_by_accident
from odzew.usecases.set_limits import set_limits

# The page of a picture asks for nothing but its style and its script, and may show only what is within it.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
# Each holds a file in memory and a thread while it is fetched.
_AT_ONCE: Final = 2
_places = threading.BoundedSemaphore(_AT_ONCE)
_http: Final[Fetching] = Http()


@require_safe
def look_script(request: HttpRequest, digest: str) -> HttpResponse:
    """The script of the page with a picture; it holds a key's time and hides."""
    return served("look.js", digest)


def _number(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@views.guarded("look", "POST")
def look(request: HttpRequest, visit: Visit, case: uuid.UUID) -> HttpResponse:
    """One view of one file of the case in hand; or the case's page, which says why not."""
    row = find_case(case=case)
    number, said, desk = row.id if row else case, views.said_to(request), views.our_desk()
    media, before = _number(request.POST.get("media", "")), _number(request.POST.get("before", ""))
    step = require_step_up(visit=visit, back=f"/console/cases/{number}", now=views.moment())
    wish = Wish(
        case=number,
        media=media or uuid.UUID(int=0),
        clear=request.POST.get("clear", "veiled"),
        reason=request.POST.get("reason", ""),
        before=before,
        fresh=step is None,
    )
    if not _places.acquire(timeout=5):
        return views.case_answer(request, visit, number, status=503, refused_look=said.label("look_fault", "busy"))
    try:
        shown = look_at(
            wish=wish,
            caller=visit.caller,
            desk=desk,
            out=_http,
            decoder=the_decoder(),
            clock=views.moment,
            most_bytes=settings().hosted_megabytes << 20,
        )
    except OdzewError as error:
        if step is not None and error.detail.get("why") == "look_code":
            return step
        return views.case_answer(request, visit, number, status=error.status, refused_look=views.why(request, error))
    finally:
        _places.release()
    if shown.fault:
        why = said.label("look_fault", shown.fault)
        return views.case_answer(request, visit, number, status=409, refused_look=why)
    return _picture(request, visit, number, wish, shown)


def _picture(request: HttpRequest, visit: Visit, case: uuid.UUID, wish: Wish, shown: Shown) -> HttpResponse:
    content, wide, high = render(pictures=shown.pictures, clear=wish.clear, name=visit.caller.actor, at=shown.at)
    answer = views.show(
        request,
        "look",
        visit=visit,
        case=case,
        short=str(case)[-12:],
        exposure=shown.exposure,
        media=wish.media,
        picture=base64.b64encode(content).decode(),
        wide=wide,
        high=high,
        film=len(shown.pictures) > 1,
        clearer=wish.clear == "veiled",
        look_script=kept("look.js")[1],
        longest=LONGEST,
    )
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Refresh"] = f"{LONGEST}; url=/console/cases/{case}"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


@views.guarded("look_away", "POST")
def away(request: HttpRequest, visit: Visit, exposure: uuid.UUID) -> HttpResponse:
    """The picture is hidden; `ms` is for how long the key was held."""
    text = request.POST.get("ms", "")
    held = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    try:
        seen = look_away(exposure=exposure, held_ms=held, caller=visit.caller, now=views.moment())
    except OdzewError:
        return views.show(request, "told", visit=visit, status=404, sentence="not_here")
    return views.see(f"/console/cases/{seen.case}")


# One's own page


@views.guarded("me", "GET", "POST")
def me(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What a person looked at, their own limits, who is there for them."""
    if request.method != "POST":
        return _me(request, visit)
    given = {name: request.POST.get(name, "").strip() for name in ("views", "minutes")}
    try:
        wanted = {name: _whole(text) for name, text in given.items()}
        set_limits(
            **wanted,
            not_today=frozenset(request.POST.getlist("not_today")),
            caller=visit.caller,
            desk=views.our_desk(),
            now=views.moment(),
        )
    except OdzewError as error:
        return _me(request, visit, status=error.status, refused=views.why(request, error))
    return _me(request, visit, kept=True)


def _whole(text: str) -> int | None:
    """Read a whole number; what is none is out of every limit."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1


@views.guarded("accident", "POST")
def accident(request: HttpRequest, visit: Visit) -> HttpResponse:
    """They saw something by accident: one tap, on the record, no blame."""
    seen_by_accident(caller=visit.caller, now=views.moment())
    return _me(request, visit, noted=True)


def _me(request: HttpRequest, visit: Visit, *, status: int = 200, **facts: Any) -> HttpResponse:
    said, desk = views.said_to(request), views.our_desk()
    permit = standing(country=desk.country, now=said.now)
    own = budget_words(caller=visit.caller, said=said)
    kinds = [(k, said.label("kind", k)) for group in (CHILD_KINDS, INTIMATE_KINDS, OTHER_KINDS) for k in sorted(group)]
    lines = helplines(country=desk.country, today=said.now.date())
    return views.show(
        request, "me", visit=visit, status=status, permit=permit, until=said.time(permit.until) if permit else None,
        decides=visit.caller.decides, kinds=kinds, emergency=lines.emergency, **own, **facts,
    )  # fmt: skip


@views.guarded("letter", "GET")
def letter(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A letter to be printed: when and why this person was shown something, and for how long."""
    said, seen = views.said_to(request), exposures_of(person=visit.caller.id)
    reasons = read_texts(ids=[e.reason for e in seen if e.reason])
    return views.show(
        request,
        "letter",
        visit=visit,
        today=said.time(said.now),
        pseudonym=visit.caller.actor,
        rows=[_row(e, reasons, said) for e in seen],
        total=said.text("letter_total", count=len(seen), seconds=clock_words(sum(e.seconds for e in seen))),
    )


def _row(e: ExposureView, reasons: dict[uuid.UUID, str], said: Said) -> dict[str, Any]:
    return {
        "at": said.time(e.shown_at or e.at),
        "case": str(e.case)[-12:],
        "kind": said.label("regime", e.kind),
        "clear": said.label("clear", e.clear),
        "why": said.label("look_why", e.why),
        "reason": reasons.get(e.reason, "") if e.reason else "",
        "long": clock_words(e.seconds),
        "most": e.ended_at is None,
    }
