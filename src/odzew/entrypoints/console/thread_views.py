"""The thread with one reporter: read it, see what a reply will say, send it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse

from odzew.answers.replies import advice, plain
from odzew.cases.queue import find_case
from odzew.decisions.doubles import as_it_stood
from odzew.entrypoints.console import views
from odzew.entrypoints.console.thread_page import thread_page
from odzew.entrypoints.console.visit import Visit
from odzew.entrypoints.console.wave_page import ids_in
from odzew.foundation.errors import OdzewError
from odzew.usecases.read_messages import read_messages
from odzew.usecases.reply_to_reporter import Reply, reply_to_reporter


@views.guarded("messages", "GET", "POST")
def messages(request: HttpRequest, visit: Visit, case: uuid.UUID, notice: uuid.UUID) -> HttpResponse:
    """One thread. A reply is first shown as its reader will see it, and sent by a second press."""
    if request.method != "POST":
        return thread(request, visit, case, notice, sent="sent" in request.GET)
    typed = {name: request.POST.get(name, "").replace("\x00", "") for name in ("template", "line")}
    if not typed["template"]:
        return thread(request, visit, case, notice, status=422, typed=typed, incomplete=True)
    sends, seen = "send" in request.POST, next(iter(ids_in(texts=[request.POST.get("seen", "")])), None)
    try:
        done = reply_to_reporter(
            case=case,
            notice=notice,
            reply=Reply(template=typed["template"], line=typed["line"], seen=seen),
            caller=visit.caller,
            desk=views.our_desk(),
            now=views.said_to(request).now,
            send=sends,
        )
    except OdzewError as error:
        return thread(request, visit, case, notice, status=error.status, typed=typed, refused=views.why(request, error))
    if done.message is not None:
        return views.see(f"{request.path}?sent#newest")
    line = plain(typed=typed["line"])
    return thread(
        request,
        visit,
        case,
        notice,
        typed={**typed, "line": line},
        preview=done,
        hard=bool(advice(line=line, language=done.language)),
    )


@views.guarded("messages_read", "POST")
def read(request: HttpRequest, visit: Visit, case: uuid.UUID, notice: uuid.UUID) -> HttpResponse:
    """What was on the page is read."""
    shown = ids_in(texts=request.POST.get("shown", "").split())
    try:
        read_messages(case=case, notice=notice, messages=sorted(shown), caller=visit.caller, now=views.said_to(request).now)
    except OdzewError as error:
        return thread(request, visit, case, notice, status=error.status, refused=views.why(request, error))
    return views.see(f"/console/cases/{case}#threads")


def thread(
    request: HttpRequest, visit: Visit, case: uuid.UUID, notice: uuid.UUID, *, status: int = 200, **facts: Any
) -> HttpResponse:
    """The page of a thread."""
    found, said = find_case(case=case), views.said_to(request)
    row = as_it_stood(rows=[found], person=visit.caller.id)[0].row if found else None
    shown = thread_page(row=row, notice=notice, caller=visit.caller, desk=views.our_desk(), said=said) if row else None
    if shown is None:
        return views.show(request, "told", visit=visit, status=404, sentence="not_here")
    return views.show(request, "thread", visit=visit, status=status, thread=shown, **facts)
