"""What belongs to the person who is signed in: their visits, their API key, and the second factor that is asked for anew."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse

from odzew.entrypoints.console import views
from odzew.entrypoints.console.passkeys import answer_of, asked
from odzew.entrypoints.console.step_up import back_of, require_step_up
from odzew.entrypoints.console.visit import Visit, end
from odzew.entrypoints.reporter.networks import network
from odzew.entrypoints.single_sign_on.place import the_place
from odzew.foundation.errors import OdzewError, TooMany
from odzew.ledger.factors import recovery_codes_left
from odzew.ledger.passkeys import passkeys_of
from odzew.ledger.people import person_key_until
from odzew.ledger.provider_accounts import linked_until
from odzew.ledger.visits import visits_of
from odzew.usecases.change_key import make_key, revoke_key
from odzew.usecases.end_visits import end_visits
from odzew.usecases.step_up import step_up


@views.guarded("you", "GET")
def you(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The person's own visits, and what they sign in with."""
    return your_page(request, visit)


def your_page(request: HttpRequest, visit: Visit, *, status: int = 200, **facts: Any) -> HttpResponse:
    """Return the page of what belongs to a person; `facts` say what came of a form."""
    said, left = views.said_to(request), recovery_codes_left(person=visit.caller.id)
    shown = [
        {
            "id": v.id,
            "here": v.id == visit.kept.id,
            "how": said.label("how", v.how),
            "began": said.time(v.began_at),
            "seen": said.time(v.seen_at),
        }
        for v in visits_of(person=visit.caller.id, now=said.now)
    ]
    facts |= {"visits": shown, "others": len(shown) > 1, "codes_left": said.text("recovery_left", count=left)}
    facts["passkeys"] = [
        {
            "id": p.id,
            "name": p.name,
            "since": said.time(p.created_at),
            "used": said.time(p.used_at) if p.used_at else None,
        }
        for p in passkeys_of(person=visit.caller.id)
    ]
    place, until = the_place(), linked_until(person=visit.caller.id, now=said.now)
    facts |= {"provider": place.name if place else "", "linked": said.due(until) if until else None}
    return views.show(request, "you", visit=visit, status=status, **facts)


@views.guarded("end_visit", "POST")
def end_visit(request: HttpRequest, visit: Visit, number: uuid.UUID) -> HttpResponse:
    """One of the person's own visits ends; this one too, if it is that."""
    end_visits(person_id=visit.caller.id, actor=visit.caller.actor, only=number, now=views.moment())
    if number != visit.kept.id:
        return views.see("/console/you")
    answer = views.see("/console/sign-in")
    end(answer)
    return answer


@views.guarded("end_others", "POST")
def end_others(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All of the person's own visits end but this one."""
    end_visits(person_id=visit.caller.id, actor=visit.caller.actor, but=visit.kept.id, now=views.moment())
    return views.see("/console/you")


# The second factor, anew


@views.guarded("step_up", "GET", "POST")
def step_up_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A second factor is asked for anew; then back to where it was wanted."""
    if request.method != "POST":
        return _step_up(request, visit, back=back_of(request.GET.get("back", "")))
    where, back = network(request=request), back_of(request.POST.get("back", ""))
    if views.guesses().refused(network=where):
        return _step_up(request, visit, back=back, status=429, often=True)
    try:
        proof = answer_of(request) or request.POST.get("code", "")
        step_up(visit=visit.kept, proof=proof, desk=views.our_desk(), now=views.moment())
    except TooMany:
        return _step_up(request, visit, back=back, status=429, held=True)
    except OdzewError:
        views.guesses().wrong(network=where)
        return _step_up(request, visit, back=back, status=401, wrong=True)
    return views.see(back)


def _step_up(request: HttpRequest, visit: Visit, *, back: str, status: int = 200, **facts: Any) -> HttpResponse:
    facts |= asked(desk=views.our_desk(), now=views.moment()) if passkeys_of(person=visit.caller.id) else {}
    return views.show(request, "step_up", visit=visit, status=status, back=back, **facts)


# The key


@views.guarded("key", "GET", "POST")
def key(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A key for the API, shown once, after a fresh second factor."""
    if request.method != "POST":
        return _key(request, visit)
    now = views.moment()
    if step := require_step_up(visit=visit, back="/console/key", now=now):
        return step
    return _key(request, visit, made=make_key(who=visit.kept.person, now=now))


@views.guarded("revoke_key", "POST")
def revoke(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The person's key ends. That is safer than before, so nothing is asked."""
    revoke_key(who=visit.kept.person, now=views.moment())
    return views.see("/console/key")


def _key(request: HttpRequest, visit: Visit, *, made: str = "") -> HttpResponse:
    said = views.said_to(request)
    until = person_key_until(person=visit.caller.id, now=said.now)
    return views.show(request, "key", visit=visit, made=made, until=said.due(until) if until else None)
