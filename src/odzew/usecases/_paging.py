"""Shared: one page of a list is asked for, and what came instead of it is sorted: away, refused, damaged, without end."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from odzew.cases.addresses import host_of
from odzew.exchanges.data import EPOCH, Asking, ExchangeView, ListForm, Page, Place, Stretch, Unreadable
from odzew.foundation.outgoing import Asker, Reply

TRIES: Final = 3  # how often a page that cannot be read is asked for at once
MOST_PAGES: Final = 20_000  # of one stretch; a service that names a next page for ever is not read for ever
_DOOR: Final = frozenset({401, 403, 407})
_LATER: Final = frozenset({408, 425, 429})
_NOT_THERE: Final = frozenset({"bad-address", "host-not-enrolled", "private-address"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why there is no page. `away`: no answer, or not now. `refused`: it says no. `damaged`: it cannot be read, asked several times.
    `endless`: pages follow that never come to an end."""

    kind: Literal["away", "refused", "damaged", "endless"]
    word: str
    status: int = 0
    retry_after: int = 0


def send(*, exchange: ExchangeView, asking: Asking, out: Asker) -> Reply:
    """Ask the service of an exchange: its own host and no other."""
    host = host_of(url=exchange.base)
    headers = {**asking.headers}
    return out.ask(
        method=asking.method,
        url=exchange.base + asking.path,
        body=asking.body,
        headers=headers,
        hosts=[host],
        private=[host] if exchange.private else [],
    )


def failure_of(*, reply: Reply) -> Failure | None:
    """Return why a reply is none, or None for one that can be read."""
    if reply.status == 200:
        return None
    if reply.error == "too-large":
        return Failure(kind="damaged", word="too large")
    if reply.error in _NOT_THERE:
        return Failure(kind="refused", word=reply.error)
    if reply.status == 0 or reply.status >= 500 or reply.status in _LATER:
        return Failure(kind="away", word=reply.error or "not now", status=reply.status, retry_after=reply.retry_after)
    word = "redirect" if 300 <= reply.status < 400 else "no page" if reply.status < 300 else "refused"
    return Failure(kind="refused", word=word, status=reply.status, retry_after=reply.retry_after)


def ask_page(*, exchange: ExchangeView, form: ListForm, stretch: Stretch, secrets: Mapping[str, str], out: Asker) -> Page | Failure:
    """Return the next page of a stretch; one that cannot be read is asked for three times at once."""
    failure = Failure(kind="damaged", word="unreadable")
    for _ in range(TRIES):
        asking = form.ask(place=stretch.place, settings=exchange.settings, secrets=secrets)
        reply = send(exchange=exchange, asking=asking, out=out)
        failed = failure_of(reply=reply)
        if failed is not None and failed.kind != "damaged":
            return failed
        try:
            page = None if failed else form.read(body=reply.body, base=exchange.base, settings=exchange.settings)
            if page is not None:
                return _leads_on(page, stretch)
        except Endless as error:
            return Failure(kind="endless", word=str(error), status=reply.status)
        except Unreadable as error:
            failed = Failure(kind="damaged", word=str(error), status=reply.status)
        failure = failed or failure
    return failure


class Endless(Unreadable):
    """More pages than any list has."""


def _leads_on(page: Page, stretch: Stretch) -> Page:
    """Notice paging that never ends: the same page again, a circle of pages (Brent 1980: one mark, moved at each power of two)."""
    if page.token and page.token in (stretch.token, stretch.mark):
        raise Unreadable("pages in a circle")
    if page.token and stretch.pages + 1 >= MOST_PAGES:
        raise Endless("pages without end")
    return page


def answers_elsewhere(*, exchange: ExchangeView, form: ListForm, secrets: Mapping[str, str], out: Asker) -> bool:
    """Does the service answer about other moments than the one whose page fails? Else it is away as a whole, and no page is to blame."""
    at = exchange.target or exchange.since
    for since in (at, max(EPOCH, at - timedelta(days=1))):
        place = Place(since=since, until=since + timedelta(minutes=1) if form.bounded else None)
        asking = form.ask(place=place, settings=exchange.settings, secrets=secrets)
        reply = send(exchange=exchange, asking=asking, out=out)
        with suppress(Unreadable):
            if reply.status == 200 and form.read(body=reply.body, base=exchange.base, settings=exchange.settings):
                return True
    return False


def is_door(*, failure: Failure) -> bool:
    """Is it we who are refused, and not this page?"""
    return failure.status in _DOOR
