"""Warning a reporter, suspending them, and ending that; shown beside their thread."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from odzew.entrypoints.console import views
from odzew.entrypoints.console.thread_views import thread
from odzew.entrypoints.console.visit import Visit
from odzew.foundation.errors import OdzewError
from odzew.usecases.end_suspension import end_suspension
from odzew.usecases.suspend_reporter import suspend_reporter
from odzew.usecases.warn_reporter import warn_reporter


def _done(request: HttpRequest, visit: Visit, case: uuid.UUID, notice: uuid.UUID, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except OdzewError as error:
        return thread(request, visit, case, notice, status=error.status, refused=views.why(request, error))
    return views.see(f"/console/cases/{case}/messages/{notice}#record")


@views.guarded("warn", "POST")
def warn(request: HttpRequest, visit: Visit, case: uuid.UUID, notice: uuid.UUID) -> HttpResponse:
    """The reporter is warned."""
    reason, now = request.POST.get("reason", ""), views.said_to(request).now
    return _done(
        request,
        visit,
        case,
        notice,
        lambda: warn_reporter(case=case, notice=notice, reason=reason, caller=visit.caller, desk=views.our_desk(), now=now),
    )


@views.guarded("suspend", "POST")
def suspend(request: HttpRequest, visit: Visit, case: uuid.UUID, notice: uuid.UUID) -> HttpResponse:
    """A warned reporter is suspended, by a second person."""
    now = views.said_to(request).now
    return _done(
        request,
        visit,
        case,
        notice,
        lambda: suspend_reporter(case=case, notice=notice, caller=visit.caller, desk=views.our_desk(), now=now),
    )


@views.guarded("end_suspension", "POST")
def end(request: HttpRequest, visit: Visit, case: uuid.UUID, notice: uuid.UUID) -> HttpResponse:
    """The warning and what followed from it end."""
    now = views.said_to(request).now
    return _done(
        request,
        visit,
        case,
        notice,
        lambda: end_suspension(case=case, notice=notice, caller=visit.caller, desk=views.our_desk(), now=now),
    )
