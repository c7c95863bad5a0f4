"""Looking at the whole: the lead's page of figures with its tables, and the operator's page of how the desk runs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from odzew.entrypoints.console import views
from odzew.entrypoints.console.figures_data import FEW, USUAL, WINDOWS, whole
from odzew.entrypoints.console.figures_page import NAMES, sections, table_of
from odzew.entrypoints.console.operation_page import operation_page
from odzew.entrypoints.console.tables import as_file
from odzew.entrypoints.console.visit import Visit
from odzew.foundation.settings import settings


def _days(request: HttpRequest) -> int:
    """The window that was asked for; what is none of ours is the usual one."""
    return next((days for days in WINDOWS if request.GET.get("days") == str(days)), USUAL)


@views.guarded("figures", "GET")
def figures(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The desk as a whole."""
    said, days = views.said_to(request), _days(request)
    read = whole(days=days, now=said.now)
    return views.show(
        request,
        "figures",
        visit=visit,
        sections=sections(whole=read, said=said),
        windows=[(d, said.text("fig_days", count=d)) for d in WINDOWS],
        days=days,
        as_of=said.time(read.at),
        few=said.text("fig_few_note", count=FEW),
    )


@views.guarded("figures", "GET")
def figures_table(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """The table behind one part, as a file."""
    said, days = views.said_to(request), _days(request)
    table = table_of(name=name, whole=whole(days=days, now=said.now), said=said) if name in NAMES else None
    if table is None:
        return views.show(request, "told", visit=visit, status=404, sentence="not_here")
    return as_file(table=table, days=days)


@views.guarded("operation", "GET")
def operation(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How the desk runs; it asks nothing of what cases say."""
    said = views.said_to(request)
    shown = operation_page(chosen=settings(), policy=views.our_desk().policy, held=views.guesses().held(), said=said)
    return views.show(request, "operation", visit=visit, **shown)
