"""What a reporter does with the code: read the answers, write to the desk, ask again, add to the report, take back a fingerprint, keep the code.

The code in the body of a POST is the only key. A POST that a browser says comes from another site is refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from odzew.answers.danger import speaks_of_danger
from odzew.answers.times import say_time
from odzew.answers.wordbook import book, moment, say
from odzew.entrypoints.reporter import formal, pages, tally
from odzew.entrypoints.reporter.draft import new_once, ours, typed_text
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.entrypoints.reporter.networks import network
from odzew.entrypoints.reporter.notes import notes_file
from odzew.foundation.errors import Invalid, OdzewError
from odzew.foundation.moments import utc_now
from odzew.ledger.api import latest_checkpoint_note
from odzew.notices.receipt import clean
from odzew.usecases.add_to_report import add_to_report
from odzew.usecases.appeal import LONGEST, appeal
from odzew.usecases.read_status import Status, read_status
from odzew.usecases.sign_formal_request import sign_formal_request
from odzew.usecases.withdraw_fingerprint import withdraw_fingerprint
from odzew.usecases.write_message import LONGEST as LONGEST_MESSAGE
from odzew.usecases.write_message import write_message

Found = TypeVar("Found")
_guesses: Final = Guesses()
# Of a long thread the newest are shown; the others are one press away.
_NEWEST: Final = 12
_UNSENT: Final = {"code": "code_in_message", "too_long": "thread_too_long", "too_many": "thread_too_many", "empty": "thread_empty"}


@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """Code in, answers out; the code is only ever in the body of a POST."""
    if request.method != "POST":
        return pages.page(request, "code")
    found = _found(request)
    return _answers(request, found) if isinstance(found, Status) else found


def _found(request: HttpRequest) -> Status | HttpResponse:
    return opened(request, _read, asks="code")


def _read(request: HttpRequest) -> Status | None:
    return read_status(code=code_in(request), desk=pages.acting(), now=utc_now())


def opened(request: HttpRequest, read: Callable[[HttpRequest], Found | None], *, asks: str) -> Found | HttpResponse:
    """Return what the code opens, or the page `asks`, which asks for it again and says why.

    Every kind of code is counted in one place, and a code of another kind is a wrong one like any other.
    """
    if refused := pages.too_large(request):
        return refused
    where = network(request=request)
    if _guesses.refused(network=where):
        return pages.page(request, asks, often=True, status=429)
    elsewhere = pages.from_elsewhere(request)
    found = None if elsewhere else read(request)
    if found is None and not elsewhere and clean(typed=code_in(request)):
        # What fails the check digit is a slip of the finger: whoever guesses can work the digit out, so it is no guess.
        _guesses.wrong(network=where)
    return found or pages.page(request, asks, wrong=True, status=404)


def code_in(request: HttpRequest) -> str:
    """Return the code that was typed, as it was typed."""
    return request.POST.get("code", "")


def _answers(request: HttpRequest, found: Status, signed: formal.Typed | None = None, **more: Any) -> HttpResponse:
    language, now = pages.language_of(request), utc_now()
    times = book(language=language).times
    shown = [
        {
            "at": say_time(at=a.at, now=now, zone=pages.desk().zone, words=times, up=True),
            "moment": a.at.isoformat(timespec="minutes"),
            "clauses": [pages.clause(key=c["key"], text=c["text"], call=n == 0) for c in a.clauses],
            "lang": a.language,
        }
        for n, a in enumerate(found.answers)
    ]
    told = [a.kind for a in found.answers if a.kind in ("removed", "not_removed", "not_found")]
    return pages.page(
        request,
        "answers",
        **{
            "answers": shown,
            "back": told[:1] == ["removed"],
            "code": code_in(request),
            "appeals": found.may_appeal,
            "over": found.too_late,
            "fingerprint": found.fingerprint,
            "formal": [formal.part(state=one, typed=signed or formal.Typed(), language=language, now=now) for one in found.formal],
            "once": new_once(),
            **_thread(request, found, language),
            **more,
        },
    )


def _thread(request: HttpRequest, found: Status, language: str) -> dict[str, Any]:
    """The thread with the desk, and what stands above its box."""
    now, times, emergency = utc_now(), book(language=language).times, pages.desk().emergency
    older = 0 if request.POST.get("to") == "all" else max(len(found.messages) - _NEWEST, 0)
    return {
        "messages": [
            {
                "ours": m.by == "desk",
                "at": say_time(at=m.at, now=now, zone=pages.desk().zone, words=times),
                "moment": m.at.isoformat(timespec="minutes"),
                "lang": m.language if m.by == "desk" else "",
                "danger": m.danger,
                "text": m.text,
                "erased": m.erased,
            }
            for m in found.messages[older:]
        ],
        "older": older,
        "danger_send": pages.with_number(key="danger_send", language=language, emergency=emergency),
        "call": pages.with_number(key="danger", language=language, emergency=emergency),
        "longest": LONGEST_MESSAGE,
    }


def _again(request: HttpRequest, found: Status, thanks: str, **more: Any) -> HttpResponse:
    """The answers once more, with thanks for what was just done."""
    again = read_status(code=code_in(request), desk=pages.acting(), now=utc_now()) or found
    return _answers(request, again, thanks=thanks, **more)


@require_http_methods(["POST"])
def write(request: HttpRequest) -> HttpResponse:
    """A message to the desk. Where it speaks of danger the emergency number comes first, whatever becomes of the message."""
    found = _found(request)
    if not isinstance(found, Status):
        return found
    text, sender = typed_text(request.POST.get("text", "")), network(request=request)
    language = pages.language_of(request)
    ticked = "danger" in request.POST.getlist("what")
    danger = ticked or speaks_of_danger(text=text)
    once = ours(request.POST.get("once", "")) or new_once()
    kept: dict[str, Any] = {"said": text, "ticked": ticked, "urgent": danger, "once": once}
    if tally.sends.refused(network=sender):
        return _answers(request, found, message_error=say(key="page.thread_often", language=language), status=429, **kept)
    try:
        made = write_message(code=code_in(request), text=text, danger=danger, once=once, desk=pages.acting(), now=utc_now())
    except Invalid as error:
        key = _UNSENT[str(error.detail["what"])]
        sentence = say(key=f"page.{key}", language=language)
        return _answers(request, found, message_error=sentence, status=429 if key == "thread_too_many" else 422, **kept)
    if not made.repeated:
        tally.sends.count(network=sender)
    return _again(request, found, say(key="page.thread_thanks", language=language), urgent=danger)


@require_http_methods(["POST"])
def ask_again(request: HttpRequest) -> HttpResponse:
    """The reporter asks us to look again; the page comes back with what was answered."""
    found = _found(request)
    if not isinstance(found, Status):
        return found
    if found.too_late:
        return _answers(request, found, status=409)
    text, case = typed_text(request.POST.get("text", "")), request.POST.get("case", "")
    if not text.strip() or len(text) > LONGEST or case not in {str(c) for c in found.may_appeal}:
        key = "error_too_long" if len(text) > LONGEST else "appeal_help"
        return _answers(request, found, error=key, typed=text[:LONGEST])
    now, desk = utc_now(), pages.acting()
    try:
        made = appeal(case=uuid.UUID(case), by="reporter", text=text, desk=desk, now=now, receipt_code=code_in(request))
    except OdzewError:
        return _answers(request, found, error="error_heading", typed=text)
    language = pages.language_of(request)
    by = moment(at=made.answer_due, now=now, zone=desk.zone, language=language, up=True)
    return _again(request, found, say(key="page.appeal_thanks", language=language, answer_by=by))


@require_http_methods(["POST"])
def add(request: HttpRequest) -> HttpResponse:
    """It is back, or there is one more link: a new notice that joins, read with the same code."""
    found = _found(request)
    if not isinstance(found, Status):
        return found
    where, back, sender = typed_text(request.POST.get("where", "")), "back" in request.POST, network(request=request)
    if not where.strip() and not back:
        return _answers(request, found, add_error="error_empty", status=422)
    once, danger = ours(request.POST.get("once", "")) or new_once(), speaks_of_danger(text=where)
    kept: dict[str, Any] = {"added": where, "back": back, "once": once}
    if tally.sends.refused(network=sender):
        return _answers(request, found, add_error="error_often", status=429, **kept)
    try:
        made = add_to_report(code=code_in(request), where=where, once=once, danger=danger, desk=pages.acting(), now=utc_now())
    except Invalid:
        return _answers(request, found, add_error="error_too_long", status=422, **kept)
    if not made.repeated:
        tally.sends.count(network=sender)
    key = "page.it_is_back_thanks" if back else "page.add_thanks"
    return _again(request, found, say(key=key, language=pages.language_of(request)))


@require_http_methods(["POST"])
def sign(request: HttpRequest) -> HttpResponse:
    """The reporter makes the report a formal request under a law; what was typed comes back if something is missing."""
    found = _found(request)
    if not isinstance(found, Status):
        return found
    typed, language = formal.read_typed(request), pages.language_of(request)
    try:
        sign_formal_request(
            code=code_in(request),
            law=typed.law,
            signature=typed.signature,
            mail=typed.contact,
            statement=formal.statement(law=typed.law, language=language),
            desk=pages.acting(),
            now=utc_now(),
        )
    except Invalid as error:
        wrong = replace(typed, error=str(error.detail.get("what", "")))
        gone = say(key="page.formal_not_here", language=language) if wrong.error == "law" else ""
        return _answers(request, found, signed=wrong, wrong=gone, status=422)
    return _again(request, found, say(key="page.formal_done", language=language))


@require_http_methods(["POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """The reporter takes back the fingerprint; the report stays."""
    found = _found(request)
    if not isinstance(found, Status):
        return found
    withdraw_fingerprint(code=code_in(request), desk=pages.acting(), now=utc_now())
    return _again(request, found, say(key="page.withdraw_done", language=pages.language_of(request)))


@require_http_methods(["POST"])
def notes(request: HttpRequest) -> HttpResponse:
    """The receipt as a plain text file with a checkpoint of the record in it; its name says nothing."""
    found = _found(request)
    if not isinstance(found, Status):
        return found
    text = notes_file(
        code=code_in(request), found=found, language=pages.language_of(request), checkpoint=latest_checkpoint_note() or ""
    )
    return HttpResponse(
        text, content_type="text/plain; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="notes.txt"'}
    )
