"""What a person proves who they are with, changed by themselves: authenticator, recovery codes, passkeys. Each asks for a step-up first."""

from __future__ import annotations

import uuid
from contextlib import suppress

from django.http import HttpRequest, HttpResponse

from odzew.entrypoints.console import views
from odzew.entrypoints.console.own_views import your_page
from odzew.entrypoints.console.passkeys import answer_of, form_of, passkey_place
from odzew.entrypoints.console.step_up import require_step_up
from odzew.entrypoints.console.visit import Visit
from odzew.foundation.errors import Invalid, NotFound, OdzewError
from odzew.ledger.passkeys import ask_new
from odzew.usecases.change_passkeys import new_passkey, remove_passkey
from odzew.usecases.make_recovery_codes import make_recovery_codes
from odzew.usecases.renew_authenticator import Offer, offer_authenticator, offered, renew_authenticator


@views.guarded("recovery", "POST")
def recovery(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ten recovery codes, shown once."""
    now = views.moment()
    if step := require_step_up(visit=visit, back="/console/you", now=now):
        return step
    return views.show(
        request, "recovery", visit=visit, codes=make_recovery_codes(who=visit.kept.person, desk=views.our_desk(), now=now)
    )


@views.guarded("authenticator", "GET", "POST")
def authenticator(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A new authenticator: first into the app, then a code of it."""
    now, desk = views.moment(), views.our_desk()
    if step := require_step_up(visit=visit, back="/console/you/authenticator", now=now):
        return step
    offer = offered(visit=visit.kept, sealed=request.POST.get("sealed", ""), desk=desk, now=now)
    if request.method != "POST" or offer is None:
        return _offer(request, visit, offer_authenticator(visit=visit.kept, desk=desk, now=now))
    try:
        renew_authenticator(visit=visit.kept, offer=offer, code=request.POST.get("code", ""), desk=desk, now=now)
    except OdzewError as error:
        return _offer(request, visit, offer, status=error.status, refused=views.why(request, error))
    return your_page(request, visit, done=True)


def _offer(request: HttpRequest, visit: Visit, offer: Offer, *, status: int = 200, refused: str = "") -> HttpResponse:
    secret = " ".join(offer.secret[n : n + 4] for n in range(0, len(offer.secret), 4))
    facts = {"otpauth": offer.otpauth, "secret": secret, "sealed": offer.sealed, "refused": refused}
    return views.show(request, "authenticator", visit=visit, status=status, **facts)


@views.guarded("passkey", "GET", "POST")
def passkey(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A new passkey: its name, and what the browser makes."""
    now = views.moment()
    if step := require_step_up(visit=visit, back="/console/you/passkeys/new", now=now):
        return step
    if request.method != "POST":
        return _passkey(request, visit)
    answer, name = answer_of(request), request.POST.get("name", "")
    try:
        if answer is None:
            raise Invalid("The passkey was not made. Try again.", why="passkey_failed")
        new_passkey(who=visit.kept.person, name=name, answer=answer, desk=views.our_desk(), now=now)
    except OdzewError as error:
        return _passkey(request, visit, status=error.status, refused=views.why(request, error), name=name)
    return views.see("/console/you")


def _passkey(request: HttpRequest, visit: Visit, *, status: int = 200, refused: str = "", name: str = "") -> HttpResponse:
    place, desk = passkey_place(), views.our_desk()
    question = ask_new(who=visit.kept.person, place=place, keys=desk.keys, now=views.moment()) if place else None
    facts = {"refused": refused, "name": name, **(form_of(question) if question else {}), "origin": place.origin if place else ""}
    return views.show(request, "passkey", visit=visit, status=status, **facts)


@views.guarded("drop_passkey", "POST")
def remove(request: HttpRequest, visit: Visit, number: uuid.UUID) -> HttpResponse:
    """One of the person's own passkeys opens nothing any more."""
    now = views.moment()
    if step := require_step_up(visit=visit, back="/console/you", now=now):
        return step
    with suppress(NotFound):  # Removed before, by a second click: it is as it was wanted.
        remove_passkey(who=visit.kept.person, passkey=number, now=now)
    return views.see("/console/you")
