"""Saved views on the page of the queue: links of the reader's own, and of the desk. A link holds a number, or words of the desk."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse

from odzew.entrypoints.console import queue_views, views
from odzew.entrypoints.console.filters import Filter, chosen
from odzew.entrypoints.console.visit import Visit
from odzew.foundation.errors import OdzewError
from odzew.usecases.change_views import forget_view, rename_view, save_view


@views.guarded("save_view", "POST")
def save(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What is chosen now gets a name."""
    choice = chosen(typed=dict(parse_qsl(request.POST.get("query", ""))), caller=visit.caller)
    try:
        view = save_view(**_typed(request), query=choice.query, caller=visit.caller, now=views.moment())
    except OdzewError as error:
        return _refused(request, visit, error, choice)
    return views.see(f"/console/?view={view}")


@views.guarded("change_view", "POST")
def change(request: HttpRequest, visit: Visit, view: uuid.UUID) -> HttpResponse:
    """A view gets another name, or is shared or not."""
    try:
        rename_view(view=view, **_typed(request), caller=visit.caller)
    except OdzewError as error:
        return _refused(request, visit, error, queue_views.choice_of(view=view, caller=visit.caller) or Filter())
    return views.see(f"/console/?view={view}")


@views.guarded("drop_view", "POST")
def drop(request: HttpRequest, visit: Visit, view: uuid.UUID) -> HttpResponse:
    """A view is forgotten."""
    try:
        forget_view(view=view, caller=visit.caller)
    except OdzewError as error:
        return _refused(request, visit, error, Filter())
    return views.see("/console/")


def _typed(request: HttpRequest) -> dict[str, Any]:
    return {"name": request.POST.get("name", ""), "shared": request.POST.get("shared") == "yes"}


def _refused(request: HttpRequest, visit: Visit, error: OdzewError, choice: Filter) -> HttpResponse:
    typed = {"name": request.POST.get("name", "").replace("\x00", "")}
    return queue_views.queue_answer(
        request, visit, status=error.status, choice=choice, refused_view=views.why(request, error), typed=typed
    )
