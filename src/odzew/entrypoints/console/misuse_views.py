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


def _acted(
    request: HttpRequest, visit: Visit, case: uuid.UUID, notice: uuid.UUID, act: Callable[..., object], **more: str
) -> HttpResponse:
    now = views.said_to(request).now
    try:
        act(case=case, notice=notice, caller=visit.caller, desk=views.our_desk(), now=now, **more)
    except OdzewError as error:
        return thread(request, visit, case, notice, status=error.status, refused=views.why(request, error))
    return views.see(f"/console/cases/{case}/messages/{notice}#record")


@views.guarded("warn", "POST")
def warn(request: HttpRequest, visit: Visit, case: uuid.UUID, notice: uuid.UUID) -> HttpResponse:
    """The reporter is warned."""
    return _acted(request, visit, case, notice, warn_reporter, reason=request.POST.get("reason", ""))


@views.guarded("suspend", "POST")
def suspend(request: HttpRequest, visit: Visit, case: uuid.UUID, notice: uuid.UUID) -> HttpResponse:
    """A warned reporter is suspended, by a second person."""
    return _acted(request, visit, case, notice, suspend_reporter)


@views.guarded("end_suspension", "POST")
def end(request: HttpRequest, visit: Visit, case: uuid.UUID, notice: uuid.UUID) -> HttpResponse:
    """The warning and what followed from it end."""
    return _acted(request, visit, case, notice, end_suspension)
