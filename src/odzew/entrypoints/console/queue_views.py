"""The queue, the search, and the case that a person has in hand: take the next, keep it for longer, give it back."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse

from odzew.entrypoints.console import views
from odzew.entrypoints.console.filters import Filter, chosen, filter_form
from odzew.entrypoints.console.hands import own_hands
from odzew.entrypoints.console.live_page import live_queue
from odzew.entrypoints.console.queue_page import mark_of, queue_page
from odzew.entrypoints.console.rights import may
from odzew.entrypoints.console.search_page import READ_WORDS, search_page
from odzew.entrypoints.console.visit import Visit
from odzew.foundation.errors import OdzewError
from odzew.ledger.people import Caller
from odzew.ledger.saved_views import views_for
from odzew.usecases.give_back import give_back
from odzew.usecases.renew_lease import renew_lease
from odzew.usecases.take_next import take_next


@views.guarded("home", "GET")
def home(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The queue; for whoever may see no case, what they are asked about, or the alarms."""
    if not may(role=visit.caller.role, page="queue", method="GET"):
        outside = may(role=visit.caller.role, page="opinions", method="GET")
        return views.see("/console/opinions" if outside else "/console/alarms")
    if "view" not in request.GET:
        return queue_answer(request, visit)
    kept = choice_of(view=request.GET["view"], caller=visit.caller)
    if kept is None:
        return views.show(request, "told", visit=visit, status=404, sentence="not_here")
    return queue_answer(request, visit, choice=kept)


def choice_of(*, view: uuid.UUID | str, caller: Caller) -> Filter | None:
    """Return what a saved view chooses, or None if there is none for this person."""
    found = next((kept for kept in views_for(person=caller.id) if str(kept.id) == str(view).lower()), None)
    return chosen(typed=dict(parse_qsl(found.query)), caller=caller) if found else None


def _views(choice: Filter, caller: Caller) -> dict[str, Any]:
    """The saved views as links, and the one that shows what is chosen now."""
    kept = views_for(person=caller.id)
    here = next((view for view in kept if view.query == choice.query), None)
    leads = caller.role == "lead"
    return {"saved": kept, "view": here, "leads": leads, "changes": here is not None and (here.mine or leads)}


def queue_answer(
    request: HttpRequest, visit: Visit, *, status: int = 200, choice: Filter | None = None, **facts: Any
) -> HttpResponse:
    """Return the page of the queue as it is chosen in the address, or as `choice` says; `facts` say what came of a form."""
    said, caller = views.said_to(request), visit.caller
    choice = chosen(typed=request.GET, caller=caller) if choice is None else choice
    after = mark_of(text=request.GET.get("after", ""))
    facts |= _views(choice, caller)
    facts |= queue_page(caller=caller, after=after, choice=choice, policy=views.our_desk().policy, said=said)
    return views.show(
        request,
        "queue",
        visit=visit,
        status=status,
        after=after,
        choice=choice,
        filters=filter_form(choice=choice, caller=caller, said=said),
        takes=may(role=caller.role, page="next", method="POST"),
        own=own_hands(caller=caller, said=said),
        words=caller.role in READ_WORDS,
        live=live_queue(choice=choice, after=request.GET.get("after", "") if after else "", rows=facts["rows"], said=said),
        **facts,
    )


@views.guarded("search", "POST")
def search(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What a search finds. What was looked for comes in the body, so that it stays out of addresses, histories and logs."""
    said, what = views.said_to(request), request.POST.get("what", "")
    return views.show(request, "search", visit=visit, **search_page(what=what, caller=visit.caller, said=said))


@views.guarded("next", "POST")
def next_case(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The next case, in this person's hands; or the queue, which says that there is none for them now."""
    try:
        lease = take_next(caller=visit.caller, desk=views.our_desk(), now=views.said_to(request).now)
    except OdzewError as error:
        return queue_answer(request, visit, status=error.status, refused=views.why(request, error))
    return views.see(f"/console/cases/{lease.case}") if lease else queue_answer(request, visit, nothing=True)


@views.guarded("renew", "POST")
def renew(request: HttpRequest, visit: Visit, case: uuid.UUID) -> HttpResponse:
    """More time with the case in hand; what is typed into the form of the decision stays there."""
    typed = views.typed_in(request)
    try:
        renew_lease(case=case, caller=visit.caller, now=views.said_to(request).now)
    except OdzewError as error:
        return views.case_answer(request, visit, case, status=error.status, typed=typed, refused_hands=views.why(request, error))
    return views.case_answer(request, visit, case, typed=typed, renewed=True)


@views.guarded("give_back", "POST")
def back(request: HttpRequest, visit: Visit, case: uuid.UUID) -> HttpResponse:
    """The case goes back to the queue, without a reason."""
    try:
        give_back(case=case, caller=visit.caller, now=views.said_to(request).now)
    except OdzewError as error:
        return views.case_answer(request, visit, case, status=error.status, refused_hands=views.why(request, error))
    return views.see("/console/")
