"""The report form: three screens, at most three POSTs, no script needed. Nothing is in an address and nothing in a cookie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from odzew.answers.api import answers_to
from odzew.entrypoints.api.problems import known_error
from odzew.entrypoints.reporter import linked, pages, tally
from odzew.entrypoints.reporter.draft import STEPS, Draft, new_once, read_draft
from odzew.entrypoints.reporter.fingerprint import served
from odzew.entrypoints.reporter.networks import network, voice_of
from odzew.foundation.errors import Invalid
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import settings
from odzew.ledger.people import enrolled_hosts
from odzew.notices.data import Receipt
from odzew.notices.form import AGE, WHO, links_in, on_one_of
from odzew.usecases.file_report import LONGEST_MORE, LONGEST_WHERE, file_report

_TYPE: Final = "application/x-www-form-urlencoded"
_TICKS: Final = ("posted", "threat", "money", "fake", "spread", "contact")


@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest) -> HttpResponse:
    """The first page and every screen after it; without the form the door, which says where to report."""
    if not settings().report_form:
        return pages.page(request, "door")
    if request.method != "POST":
        item = linked.in_address(given=request.GET.get("d", ""))
        return screen(request, Draft(lang=pages.language_of(request), once=new_once(), item=item))
    if refused := _unreadable(request):
        return refused
    if pages.from_elsewhere(request):
        return screen(request, Draft(lang=pages.language_of(request), once=new_once()), status=403)
    return _next(request, read_draft(request))


@require_http_methods(["GET", "HEAD", "POST"])
def from_post(request: HttpRequest) -> HttpResponse:
    """The form for a post that its platform signed; for anything else, quietly, the plain form.

    A link leads on to `/` with the item sealed, so that no address that stays says which; a button (`POST`) has it in no address.
    """
    if not settings().report_form:
        return pages.page(request, "door")
    if request.method == "POST" and (refused := _unreadable(request)):
        return refused
    sent = request.POST if request.method == "POST" else request.GET
    item = linked.sealed(item_id=sent.get("item", ""), signature=sent.get("sig", ""))
    if request.method == "POST":
        return screen(request, Draft(lang=pages.language_of(request), once=new_once(), item=item))
    answer = HttpResponseRedirect(f"/?d={item}" if item else "/")
    answer.status_code = 303
    return answer


def _unreadable(request: HttpRequest) -> HttpResponse | None:
    """What is larger than any answers, or a file: refused before a byte of it is read."""
    if refused := pages.too_large(request):
        return refused
    if request.content_type != _TYPE:
        return pages.sorry(request, sentence="error_nothing_here", status=415)
    return None


def _next(request: HttpRequest, draft: Draft) -> HttpResponse:
    """The screen that follows what was sent, the same one again where something is missing, or the receipt."""
    to = request.POST.get("to", "")
    if "switch" in request.POST:
        return screen(request, draft)
    if to in ("1", "2"):
        return screen(request, replace(draft, step=int(to)))
    if draft.too_long:
        return screen(request, replace(draft, step=2), wrong=draft.too_long, error="error_too_long", status=422)
    if draft.step >= 2 and draft.empty:
        return screen(request, replace(draft, step=2), wrong="where", error="error_empty", status=422)
    if draft.step < STEPS:
        return screen(request, replace(draft, step=draft.step + 1))
    return _send(request, draft)


def _send(request: HttpRequest, draft: Draft) -> HttpResponse:
    where = network(request=request)
    if tally.sends.refused(network=where):
        return screen(request, draft, error="error_often", status=429)
    try:
        receipt = file_report(
            answers=draft.answers(),
            once=draft.once,
            voice=voice_of(network=where),
            desk=pages.acting(),
            now=utc_now(),
            item=linked.item_in(given=draft.item),
        )
    except Invalid as error:
        key = "error_empty" if error.detail.get("what") == "empty" else "error_too_long"
        return screen(request, replace(draft, step=2), wrong="where", error=key, status=422)
    except Exception as error:
        # Whatever it was, what somebody wrote stays on their page and can be sent again.
        known = known_error(error)
        number = str(known.detail.get("instance", "")).removeprefix("urn:uuid:")
        return screen(request, draft, error="error_server", number=number, status=max(known.status, 500))
    if not receipt.repeated:
        tally.sends.count(network=where)
    return _receipt(request, draft, receipt)


def screen(request: HttpRequest, draft: Draft, *, status: int = 200, **facts: Any) -> HttpResponse:
    """Return the screen `draft.step` with what was answered so far."""
    words, emergency = pages.words(draft.lang), pages.desk().emergency
    more: dict[str, Any] = {}
    if draft.step == STEPS:
        more = {"said": _said(draft, words), "elsewhere": _elsewhere(draft)}
    answer = pages.page(
        request,
        f"form{draft.step}",
        status=status,
        language=draft.lang,
        draft=draft,
        steps=[n <= draft.step for n in range(1, STEPS + 1)],
        step=words["step"].format(step=draft.step, steps=STEPS),
        who=[(value, words[f"who_{value}"]) for value in WHO],
        age=[(value, words[f"age_{value}"]) for value in AGE],
        what=[(tick, words[f"what_{tick}"]) for tick in _TICKS],
        call=pages.with_number(key="call_now", language=draft.lang, emergency=emergency),
        danger_send=pages.with_number(key="danger_send", language=draft.lang, emergency=emergency),
        longest_where=LONGEST_WHERE,
        longest_more=LONGEST_MORE,
        fingerprint_script=served.script().address,
        **more,
        **facts,
    )
    if draft.step == 2 and draft.offered:
        answer.headers["Content-Security-Policy"] = served.policy(of=pages.policy())
    return answer


def _said(draft: Draft, words: dict[str, str]) -> list[tuple[str, list[str]]]:
    """What is about to be sent, question by question, in the reader's words."""
    told = [
        ("who", [words[f"who_{draft.who}"]] if draft.who else []),
        ("age", [words[f"age_{draft.age}"]] if draft.age else []),
        ("what", [words[f"what_{tick}"] for tick in draft.what]),
        ("where", [words["linked_said"]] * bool(draft.item) + (draft.where.split("\n") if draft.where.strip() else [])),
        ("more", draft.more.split("\n") if draft.more.strip() else []),
        ("fingerprint", [words["fingerprint_ready"]] if draft.hashes else []),
    ]
    return [(words[name], lines) for name, lines in told if lines]


def _elsewhere(draft: Draft) -> bool:
    """Are there links, and all of them on sites that this desk does not look after? Then whoever waits here waits in vain."""
    if draft.item:
        return False
    try:
        hosts = enrolled_hosts()
    except (DatabaseError, InterfaceError):  # only a hint: without the database the screen is shown without it
        return False
    links = links_in(text=draft.where, hosts=hosts)
    return bool(links) and not any(on_one_of(link=link, hosts=hosts) for link in links)


def _receipt(request: HttpRequest, draft: Draft, receipt: Receipt) -> HttpResponse:
    """The receipt, the same however often the same form is sent; its code for 24 hours."""
    told = [a for a in answers_to(notice=receipt.notice) if a.kind == "receipt"]
    return pages.page(
        request,
        "receipt",
        language=draft.lang,
        code=receipt.code or "",
        shown=[(receipt.code or "")[n : n + 4] for n in range(0, 20, 4)],
        clauses=[pages.clause(key=c["key"], text=c["text"]) for a in told for c in a.clauses],
        again=replace(draft, once=new_once()),
    )
