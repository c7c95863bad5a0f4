"""The console: what the desk's own people see and do.

Nothing of it needs a script; the person and their visit are read anew on each request; each form carries the visit's token.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from odzew.alarms.api import recent
from odzew.cases.queue import find_case
from odzew.decisions.doubles import as_it_stood
from odzew.entrypoints.api.context import the_desk as desk
from odzew.entrypoints.api.problems import language_of
from odzew.entrypoints.console.case_page import case_page, choices
from odzew.entrypoints.console.hands import hands_on
from odzew.entrypoints.console.kept_files import kept, served
from odzew.entrypoints.console.live_page import live_case
from odzew.entrypoints.console.look_card import look_card
from odzew.entrypoints.console.opinion_page import opinion_page, opinion_pages
from odzew.entrypoints.console.passkeys import answer_of, asked
from odzew.entrypoints.console.rights import may
from odzew.entrypoints.console.said import Said
from odzew.entrypoints.console.visit import Visit, begin, browser_of, end, from_elsewhere, own_form, visit_of
from odzew.entrypoints.console.wave_page import ids_in, wave_page, wave_signed
from odzew.entrypoints.refusals import refusal
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.entrypoints.reporter.networks import network
from odzew.entrypoints.single_sign_on.place import the_place
from odzew.foundation.errors import NotFound, OdzewError, TooMany
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import settings
from odzew.ledger.api import witnessed
from odzew.usecases.come_in import ByLink, ByPasskey, BySecret, CameIn, Proof, come_in
from odzew.usecases.decide import decide
from odzew.usecases.decide_wave import decide_wave
from odzew.usecases.desk import Desk
from odzew.usecases.end_visits import end_visits
from odzew.usecases.give_opinion import give_opinion
from odzew.usecases.release_statement import release_statement
from odzew.usecases.sound_alarm import confirm_alarm

P = ParamSpec("P")
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# The pages with a script of ours, which may ask this desk and nobody else.
_SCRIPTED: Final = frozenset({"case", "queue"})
SCRIPTS: Final = "; script-src 'self'; connect-src 'self'"
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
# The only pages that a sign-in leads back to: somebody was sent the link of a case.
_CASE: Final = re.compile(r"/console/cases/[0-9a-f-]{36}")
_MENU: Final = ("queue", "wave", "opinions", "alarms", "policy", "figures", "agreement", "operation", "me", "key", "you")
_guesses = Guesses()


def css() -> tuple[bytes, str]:
    """Return the stylesheet and the hash that is part of its address."""
    return kept("style.css")


@require_safe
def style(request: HttpRequest, digest: str) -> HttpResponse:
    """The stylesheet, kept by browsers for good: its address changes with it."""
    return served("style.css", digest)


@require_safe
def desk_script(request: HttpRequest, digest: str) -> HttpResponse:
    """The script of the page of a case: keys, and the preview without another page. Nothing needs it."""
    return served("desk.js", digest)


def our_desk() -> Desk:
    """Return the desk that the pages act for."""
    return desk()


def moment() -> datetime:
    """Return the time of the pages."""
    return utc_now()


def guesses() -> Guesses:
    """Return what counts wrong codes by network."""
    return _guesses


def said_to(request: HttpRequest) -> Said:
    """Return how to speak to whoever asks, now."""
    return Said(language=language_of(request.headers.get("Accept-Language", "")), zone=desk().zone, now=utc_now())


def show(request: HttpRequest, template: str, *, visit: Visit | None = None, status: int = 200, **facts: Any) -> HttpResponse:
    """Return a page with what every page has: words, headers, and for a visit its menu and footer."""
    said = said_to(request)
    context: dict[str, Any] = {"w": said.words, "lang": said.language, "style": css()[1], "visit": visit, **facts}
    if visit is not None:
        role = visit.caller.role
        context |= {
            "role": said.label("role", role),
            "menu": [(f"/console/{'' if p == 'queue' else p}", said.words[p], p == template) for p in _MENU
                     if may(role=role, page=p, method="GET")],
            "size": said.label("desk", desk().size(now=said.now)),
            "policy": desk().policy,
            "unwitnessed": not witnessed(now=said.now),
            "by_link": visit.kept.how == "link",
        }  # fmt: skip
    answer = render(request, f"console/{template}.html", context, status=status)
    for name, value in HEADERS.items():
        answer.headers[name] = value
    if "script" in context:
        answer.headers["Content-Security-Policy"] = f"{POLICY}; script-src 'self'"
    if template in _SCRIPTED:
        answer.headers["Content-Security-Policy"] = POLICY + SCRIPTS
    answer.headers["Content-Language"] = said.language
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def why(request: HttpRequest, error: OdzewError) -> str:
    """Return in the reader's words why something was refused."""
    said = said_to(request)
    return refusal(error=error, language=said.language, zone=said.zone, now=said.now)


def see(path: str) -> HttpResponse:
    """Send the browser to another page after a form, so that a reload repeats nothing."""
    answer = HttpResponseRedirect(path)
    answer.status_code = 303
    return answer


def case_in(text: str) -> str:
    """Return the path of a case, or nothing for whatever else somebody would be led to."""
    return text if _CASE.fullmatch(text) else ""


def door(request: HttpRequest, *, status: int = 200, **facts: Any) -> HttpResponse:
    """Return the page that lets people in, which leads back to the case that was asked for."""
    back, place = case_in(request.POST.get("back", "") or request.path), the_place()
    facts |= {"back": back, "provider": place.name if place else "", **asked(desk=desk(), now=utc_now())}
    return show(request, "sign_in", status=status, **facts)


View = Callable[Concatenate[HttpRequest, Visit, P], HttpResponse]


def guarded(
    page: str, *methods: str, used: bool = True
) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """Let in who may by the table of rights; nobody else. A POST must carry the token of its own visit.

    What a page asks without its person (`used` false) does not make the visit last.
    """

    def wrap(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            method = request.method or ""
            if method not in methods and not (method == "HEAD" and "GET" in methods):
                return HttpResponseNotAllowed(methods)
            visit = visit_of(request, now=utc_now(), used=used)
            if visit is None:
                return door(request, status=401, ended="desk" in request.COOKIES)
            if not may(role=visit.caller.role, page=page, method=method):
                return show(request, "told", visit=visit, status=403, sentence="not_yours")
            if method == "POST" and (from_elsewhere(request) or not own_form(request, visit=visit)):
                return show(request, "told", visit=visit, status=403, sentence="form_old")
            return view(request, visit, *args, **kwargs)

        return inner

    return wrap


# Coming and going


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Secret and code in, a visit out."""
    if request.method != "POST":
        return door(request)
    return enter(request, proof=BySecret(secret=request.POST.get("secret", "").strip(), code=request.POST.get("code", "")))


@require_http_methods(["POST"])
def sign_in_by_passkey(request: HttpRequest) -> HttpResponse:
    """A passkey's answer in, a visit out."""
    answer = answer_of(request)
    return enter(request, proof=ByPasskey(answer=answer)) if answer else door(request, status=401, wrong=True)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """The demo's link: looking at it does nothing, so that a preview of it does nothing either."""
    if not settings().demo:
        return show(request, "told", status=404, sentence="not_here")
    if request.method != "POST":
        return show(request, "link")
    return enter(request, proof=ByLink(secret=secret))


def enter(request: HttpRequest, *, proof: Proof) -> HttpResponse:
    """Let somebody in who proves who they are; whoever guesses waits, by network and by person."""
    where = network(request=request)
    if _guesses.refused(network=where):
        return door(request, status=429, often=True)
    try:
        if from_elsewhere(request):
            raise OdzewError("not a sign-in of ours")
        came = come_in(proof=proof, browser=browser_of(request), desk=desk(), now=utc_now())
    except TooMany:
        return door(request, status=429, held=True)
    except OdzewError:
        _guesses.wrong(network=where)
        return door(request, status=401, wrong=True)
    return came_in(came=came, back=case_in(request.POST.get("back", "")))


def came_in(*, came: CameIn, back: str) -> HttpResponse:
    """Give the browser its visit, and lead it to the case that was asked for, or to the beginning."""
    answer = see(back or "/console/")
    begin(answer, cookie=came.cookie)
    return answer


@guarded("sign_out", "POST")
def sign_out(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The visit ends."""
    end_visits(person_id=visit.caller.id, actor=visit.caller.actor, only=visit.kept.id, now=utc_now())
    answer = see("/console/sign-in")
    end(answer)
    return answer


# Cases


@guarded("case", "GET")
def case(request: HttpRequest, visit: Visit, case: uuid.UUID) -> HttpResponse:
    """One case."""
    return case_answer(request, visit, case)


def typed_in(request: HttpRequest) -> dict[str, str]:
    """Return what was typed into the form of a decision."""
    return {name: request.POST.get(name, "").replace("\x00", "") for name in ("outcome", "ground", "reason")}


def case_answer(request: HttpRequest, visit: Visit, number: uuid.UUID, *, status: int = 200, **facts: Any) -> HttpResponse:
    """Return the page of a case, or that there is nothing here; `facts` say what came of a form, and keep what was typed."""
    row, stood = find_case(case=number), None
    if row is not None:
        known = as_it_stood(rows=[row], person=visit.caller.id)[0]
        row, stood = known.row, known.at
    shown = case_page(row=row, caller=visit.caller, policy=desk().policy, said=said_to(request), stood=stood) if row else None
    if row is None or shown is None:
        return show(request, "told", visit=visit, status=404, sentence="not_here")
    decides = row.undecided and may(role=visit.caller.role, page="decide", method="POST")
    hands = hands_on(rows=[row], caller=visit.caller, policy=desk().policy, said=said_to(request)).get(row.id)
    takes = may(role=visit.caller.role, page="next", method="POST")
    facts["writes"] = may(role=visit.caller.role, page="messages", method="POST")
    look = look_card(row=row, caller=visit.caller, mine=bool(hands and hands["mine"]), desk=desk(), said=said_to(request))
    shown |= choices(desk=desk(), said=said_to(request))
    return show(
        request,
        "case",
        visit=visit,
        status=status,
        case=shown,
        decides=decides,
        hands=hands,
        takes=takes,
        look=look,
        keys_script=kept("desk.js")[1],
        live=live_case(row=row, version=shown["version"], said=said_to(request)),
        **facts,
    )


@guarded("decide", "POST")
def decide_case(request: HttpRequest, visit: Visit, case: uuid.UUID) -> HttpResponse:
    """A decision; what refuses it is said on the page, and the words typed are kept there."""
    typed = typed_in(request)
    if not all(text.strip() for text in typed.values()):
        return case_answer(request, visit, case, status=422, typed=typed, incomplete=True)
    version = request.POST.get("version", "")
    row = find_case(case=case)
    try:
        decide(
            case=row.id if row else case,
            caller=visit.caller,
            **typed,
            referral=None,
            desk=desk(),
            now=utc_now(),
            if_version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None,
        )
    except OdzewError as error:
        return case_answer(request, visit, case, status=error.status, typed=typed, refused=why(request, error))
    return see(f"/console/cases/{row.id if row else case}")


@guarded("release", "POST")
def release(request: HttpRequest, visit: Visit, case: uuid.UUID, statement: uuid.UUID) -> HttpResponse:
    """The safety officer lets a full statement go."""
    row = find_case(case=case)
    number = row.id if row else case
    try:
        release_statement(case=number, statement=statement, caller=visit.caller, desk=desk(), now=utc_now())
    except OdzewError as error:
        return case_answer(request, visit, number, status=error.status, refused_release=why(request, error))
    return see(f"/console/cases/{number}#statements")


# The wave


@guarded("wave", "GET", "POST")
def wave(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The wave, and one signature for what of it was shown."""
    if request.method != "POST":
        return _wave(request, visit)
    typed = typed_in(request)
    left = ids_in(texts=request.POST.getlist("leave_out"))
    if not all(text.strip() for text in typed.values()):
        return _wave(request, visit, status=422, typed=typed, left=left, incomplete=True)
    shown = ids_in(texts=request.POST.get("shown", "").split())
    try:
        done = decide_wave(caller=visit.caller, **typed, leave_out=left, only=shown, desk=desk(), now=utc_now())
    except OdzewError as error:
        return _wave(request, visit, status=error.status, typed=typed, left=left, refused=why(request, error))
    return _wave(request, visit, signed=wave_signed(done=done, said=said_to(request)))


def _wave(request: HttpRequest, visit: Visit, *, status: int = 200, **facts: Any) -> HttpResponse:
    shown = wave_page(caller=visit.caller, desk=desk(), said=said_to(request))
    return show(request, "wave", visit=visit, status=status, **shown, **facts)


# Opinions from outside


@guarded("opinions", "GET")
def opinions(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What this person outside the desk is asked about."""
    return show(request, "opinions", visit=visit, asked=opinion_pages(caller=visit.caller, said=said_to(request)))


@guarded("opinion", "GET", "POST")
def opinion(request: HttpRequest, visit: Visit, case: uuid.UUID) -> HttpResponse:
    """One case that they are asked about, and their opinion on it."""
    if request.method != "POST":
        return _opinion(request, visit, case)
    typed = {name: request.POST.get(name, "").replace("\x00", "") for name in ("outcome", "reason")}
    if not all(text.strip() for text in typed.values()):
        return _opinion(request, visit, case, status=422, typed=typed, incomplete=True)
    try:
        give_opinion(case=case, caller=visit.caller, **typed, desk=desk(), now=utc_now())
    except OdzewError as error:
        return _opinion(request, visit, case, status=error.status, typed=typed, refused=why(request, error))
    return see("/console/opinions")


def _opinion(request: HttpRequest, visit: Visit, case: uuid.UUID, *, status: int = 200, **facts: Any) -> HttpResponse:
    asked = opinion_page(case=case, caller=visit.caller, said=said_to(request))
    if asked is None:
        return show(request, "told", visit=visit, status=404, sentence="not_here")
    return show(request, "opinion", visit=visit, status=status, asked=asked, **facts)


# Alarms


@guarded("alarms", "GET")
def alarms(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The newest alarms."""
    said = said_to(request)
    role = visit.caller.role
    reads, confirms = may(role=role, page="case", method="GET"), may(role=role, page="confirm", method="POST")
    shown = [
        {
            "id": a.id,
            "text": said.label("alarm", a.code),
            "at": said.time(a.at),
            "case": a.case if reads else None,
            "confirmed": said.time(a.confirmed_at) if a.confirmed_at else None,
        }
        for a in recent()
    ]
    return show(request, "alarms", visit=visit, alarms=shown, confirms=confirms)


@guarded("confirm", "POST")
def confirm(request: HttpRequest, visit: Visit, alarm: uuid.UUID) -> HttpResponse:
    """Note that a person saw an alarm."""
    with suppress(NotFound):  # Seen before, by somebody else or by a second click: it is as it was wanted.
        confirm_alarm(alarm=alarm, actor=visit.caller.actor, now=utc_now())
    return see("/console/alarms")
