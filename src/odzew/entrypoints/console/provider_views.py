"""Single sign-on: to the provider and back, then the second factor of this desk; and one's own link to it.

The way there is a link and the way back a page, never a form's answer: browsers hold a form's redirects against `form-action 'self'`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from odzew.entrypoints.console import views
from odzew.entrypoints.console.passkeys import answer_of, asked
from odzew.entrypoints.console.step_up import require_step_up
from odzew.entrypoints.console.visit import Visit, browser_of, from_elsewhere
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.entrypoints.reporter.networks import network
from odzew.entrypoints.single_sign_on.client import Client, the_client
from odzew.entrypoints.single_sign_on.pending import Pending, begun, forget, keep, pending_of
from odzew.foundation.errors import OdzewError, TooMany, Unauthorised, Unavailable
from odzew.ledger.passkeys import passkeys_of
from odzew.ledger.provider_accounts import account_hash, person_of
from odzew.usecases.come_in import ByProvider, come_in
from odzew.usecases.link_provider import link_provider, unlink_provider

SECOND: Final = "/console/sign-in/provider/second"
_LONGEST: Final = 4000
# Apart from those of secret and code: who is held back here still comes in there.
_guesses = Guesses()


def client() -> Client | None:
    """Return what asks the provider, or None where single sign-on is off."""
    return the_client()


Page = Callable[[HttpRequest, Client], HttpResponse]


def _on(page: Page) -> Callable[[HttpRequest], HttpResponse]:
    """Where single sign-on is off, its pages are not there; who guesses waits."""

    @wraps(page)
    def inner(request: HttpRequest, /) -> HttpResponse:
        asks = client()
        if asks is None:
            return views.show(request, "told", status=404, sentence="not_here")
        if _guesses.refused(network=network(request=request)):
            return _failed(request, status=429, often=True)
        return page(request, asks)

    return inner


def _failed(request: HttpRequest, *, status: int, linking: bool = False, **facts: Any) -> HttpResponse:
    """The end of a round, in one sentence that is the same whatever was wrong; for who came in by it the other ways stand below it."""
    page = (
        views.show(request, "provider_refused", status=status, **facts) if linking else views.door(request, status=status, **facts)
    )
    forget(page)
    return page


def _wrong(request: HttpRequest, pending: Pending) -> HttpResponse:
    _guesses.wrong(network=network(request=request))
    return _failed(request, status=401, linking=pending.purpose == "link", provider_wrong=True)


def _kept(request: HttpRequest) -> Pending | None:
    return pending_of(request, browser=browser_of(request), keys=views.our_desk().keys, now=views.moment())


def _away(asks: Client, pending: Pending) -> HttpResponse:
    answer = views.see(asks.way(round_=pending.round_))
    keep(answer, pending=pending, keys=views.our_desk().keys, now=views.moment())
    return answer


# Coming in


@require_safe
@_on
def begin(request: HttpRequest, asks: Client) -> HttpResponse:
    """To the provider."""
    back = views.case_in(request.GET.get("back", ""))
    try:
        return _away(asks, begun(purpose="enter", browser=browser_of(request), back=back))
    except Unavailable:
        return _failed(request, status=503, provider_down=True)


@require_safe
@_on
def back(request: HttpRequest, asks: Client) -> HttpResponse:
    """Back from the provider, with a code that stands for one account; nobody is signed in by that."""
    pending, said = _kept(request), request.GET
    state, code = said.get("state", ""), said.get("code", "")
    if pending is None or pending.account or not hmac.compare_digest(state.encode(), pending.state.encode()):
        # Anybody can make a browser come here: it is not counted, and what that browser has begun goes on.
        return views.door(request, status=401, provider_wrong=True)
    if not 0 < len(code) <= _LONGEST or "error" in said:
        return _failed(request, status=401, linking=pending.purpose == "link", provider_wrong=True)
    desk, now = views.our_desk(), views.moment()
    try:
        subject = asks.subject(code=code, said_issuer=said.get("iss"), round_=pending.round_, now=now)
        account = account_hash(issuer=asks.place.issuer, subject=subject, keys=desk.keys)
    except Unavailable:
        return _failed(request, status=503, linking=pending.purpose == "link", provider_down=True)
    except OdzewError:
        return _wrong(request, pending)
    if pending.purpose == "enter" and person_of(account=account, now=now) is None:
        return _wrong(request, pending)
    answer = views.see(SECOND)  # without the code in the address
    keep(answer, pending=pending.vouched(account=account), keys=desk.keys, now=now)
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@_on
def second(request: HttpRequest, asks: Client) -> HttpResponse:
    """The second factor of this desk, and a visit begins; or whether to link the account, for who began that in a visit."""
    pending = _kept(request)
    if pending is None or not pending.account:
        return _failed(request, status=401, provider_wrong=True)
    if pending.purpose == "link":
        return views.show(request, "provider_link", provider=asks.place.name, token=pending.token)
    if request.method != "POST":
        return _second(request, asks, pending)
    try:
        if from_elsewhere(request):
            raise Unauthorised("not a form of ours")
        proof = answer_of(request) or request.POST.get("code", "")
        by = ByProvider(account=bytes.fromhex(pending.account), once=pending.state, second=proof)
        came = come_in(proof=by, browser=browser_of(request), desk=views.our_desk(), now=views.moment())
    except TooMany:
        return _second(request, asks, pending, status=429, held=True)
    except OdzewError:
        _guesses.wrong(network=network(request=request))
        return _second(request, asks, pending, status=401, wrong=True)
    answer = views.came_in(came=came, back=pending.back)
    forget(answer)
    return answer


def _second(request: HttpRequest, asks: Client, pending: Pending, *, status: int = 200, **facts: Any) -> HttpResponse:
    who = person_of(account=bytes.fromhex(pending.account), now=views.moment())
    if who is not None and passkeys_of(person=who):
        facts |= asked(desk=views.our_desk(), now=views.moment())
    return views.show(request, "provider_second", status=status, provider=asks.place.name, to=SECOND, **facts)


# One's own link


@views.guarded("provider", "GET", "POST")
def link(request: HttpRequest, visit: Visit) -> HttpResponse:
    """To the provider, for who is signed in; and the account that it vouched for becomes theirs."""
    asks, now = client(), views.moment()
    if asks is None:
        return views.show(request, "told", visit=visit, status=404, sentence="not_here")
    if step := require_step_up(visit=visit, back="/console/you", now=now):
        return step
    if request.method != "POST":
        mine = begun(purpose="link", browser=browser_of(request), begun_in=str(visit.kept.id), token=visit.token)
        try:
            return _away(asks, mine)
        except Unavailable:
            return _own(request, visit, 503, provider_down=True)
    pending = _kept(request)
    if pending is None or not pending.account or pending.purpose != "link" or pending.begun_in != str(visit.kept.id):
        return _own(request, visit, 401, provider_wrong=True)
    try:
        link_provider(
            person_id=visit.caller.id,
            account=bytes.fromhex(pending.account),
            actor=visit.caller.actor,
            once=pending.state,
            now=now,
        )
    except OdzewError as error:
        return _own(request, visit, error.status, refused=views.why(request, error))
    answer = views.see("/console/you#provider")
    forget(answer)
    return answer


def _own(request: HttpRequest, visit: Visit, status: int, **facts: Any) -> HttpResponse:
    answer = views.show(request, "provider_refused", visit=visit, status=status, **facts)
    forget(answer)
    return answer


@views.guarded("drop_provider", "POST")
def unlink(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The person's link ends; a former one too, where single sign-on is off by now."""
    now = views.moment()
    if step := require_step_up(visit=visit, back="/console/you", now=now):
        return step
    unlink_provider(person_id=visit.caller.id, actor=visit.caller.actor, now=now)
    return views.see("/console/you#provider")
