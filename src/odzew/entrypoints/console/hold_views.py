"""How long the words of a case are kept, and keeping them longer."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse

from odzew.cases.queue import find_case
from odzew.cases.rows import CaseRow
from odzew.entrypoints.console import views
from odzew.entrypoints.console.rights import may
from odzew.entrypoints.console.visit import Visit
from odzew.foundation.errors import OdzewError
from odzew.ledger.events import read_texts
from odzew.ledger.people import pseudonyms
from odzew.notices.erasure import holds_on
from odzew.usecases.end_hold import end_hold
from odzew.usecases.hold_words import LONGEST, LONGEST_DAYS, hold_words

_USUAL: int = 90


@views.guarded("hold", "GET", "POST")
def hold(request: HttpRequest, visit: Visit, case: uuid.UUID) -> HttpResponse:
    """What keeps the words of a case; a lead or a safety officer adds to it."""
    row = find_case(case=case)
    if row is None:
        return views.show(request, "told", visit=visit, status=404, sentence="not_here")
    if request.method != "POST":
        return _page(request, visit, row)
    typed = {"days": request.POST.get("days", "").strip(), "reason": request.POST.get("reason", "")}
    days = int(typed["days"]) if typed["days"].isascii() and typed["days"].isdigit() and len(typed["days"]) <= 6 else 0
    try:
        hold_words(case=row.id, days=days, reason=typed["reason"], caller=visit.caller, now=views.said_to(request).now)
    except OdzewError as error:
        return _page(request, visit, row, status=error.status, typed=typed, refused=views.why(request, error))
    return views.see(request.path)


@views.guarded("end_hold", "POST")
def end(request: HttpRequest, visit: Visit, case: uuid.UUID, hold: uuid.UUID) -> HttpResponse:
    """A hold ends before its time."""
    row = find_case(case=case)
    if row is None:
        return views.show(request, "told", visit=visit, status=404, sentence="not_here")
    try:
        end_hold(case=row.id, hold=hold, caller=visit.caller, now=views.said_to(request).now)
    except OdzewError as error:
        return _page(request, visit, row, status=error.status, refused=views.why(request, error))
    return views.see(f"/console/cases/{row.id}/hold")


def _page(request: HttpRequest, visit: Visit, row: CaseRow, *, status: int = 200, **facts: Any) -> HttpResponse:
    said, found = views.said_to(request), holds_on(case=row.id)
    names, texts = pseudonyms(people=[h.person for h in found]), read_texts(ids=[h.reason for h in found])
    shown = [
        {
            "id": h.id,
            "by": said.words["you"] if h.person == visit.caller.id else names.get(h.person, ""),
            "at": said.time(h.at),
            "until": said.time(h.ended or h.until),
            "runs": h.ended is None and h.until > said.now,
            "reason": texts.get(h.reason, ""),
        }
        for h in reversed(found)
    ]
    return views.show(
        request,
        "hold",
        visit=visit,
        status=status,
        case=row.id,
        short=str(row.id)[-12:],
        kept=said.text("hold_kept", days=views.our_desk().policy.words_kept.days),
        holds=shown,
        holds_words=may(role=visit.caller.role, page="hold", method="POST"),
        most=LONGEST_DAYS,
        longest=LONGEST,
        usual=_USUAL,
        **facts,
    )
