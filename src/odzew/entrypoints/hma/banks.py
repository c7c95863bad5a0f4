"""`/c/banks`, `/c/bank/NAME` and what there is to choose from: banks as Hasher-Matcher-Actioner has them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, TypeVar

from django.http import HttpRequest
from pydantic import BaseModel, ValidationError

from odzew.banks.api import BankRules, bank_named, banks, entries_after, find_bank
from odzew.banks.data import BankView
from odzew.banks.hma import TYPES
from odzew.entrypoints.api.bodies import read_json
from odzew.entrypoints.api.notices import to_json
from odzew.entrypoints.api.problems import Reply, invalid
from odzew.entrypoints.hma.shapes import BankChangeIn, BankIn, ratio_of
from odzew.entrypoints.hma.signals import OF_CONTENT
from odzew.foundation.errors import Invalid, OdzewError
from odzew.foundation.moments import utc_now
from odzew.ledger.people import Caller
from odzew.usecases.bank_entries import add_bank, change_bank, outside_bank
from odzew.usecases.withdraw_bank import withdraw_bank

S = TypeVar("S", bound=BaseModel)
# What one call withdraws of a bank at most; a larger one takes several calls.
MOST_AT_ONCE: Final = 100_000


class Taken(OdzewError):
    """There is a bank of this name already, for which Hasher-Matcher-Actioner says 403."""

    status = 403
    code = "conflict"


def read(shape: type[S], *, body: bytes) -> S:
    """Return a JSON body as a shape. Raises `Unreadable` and `Invalid`."""
    try:
        return shape.model_validate(read_json(body=body))
    except ValidationError as error:
        raise invalid(error=error) from None


def said_of(*, bank: BankView) -> dict[str, Any]:
    """Return a bank as Hasher-Matcher-Actioner says it."""
    return {"matching_enabled_ratio": bank.enabled_share, "name": bank.name}


def list_banks(*, request: HttpRequest, caller: Caller, now: datetime) -> Reply:
    """Answer `GET /c/banks`."""
    return Reply(status=200, body=to_json([said_of(bank=b) for b in banks()]))


def make_bank(*, request: HttpRequest, caller: Caller, now: datetime) -> Reply:
    """Answer `POST /c/banks`. A bank that was given up, and is empty, begins anew. Raises `Taken` and `Invalid`."""
    sent = read(BankIn, body=request.body)
    share = ratio_of(sent=sent)
    share = 1.0 if share is None else share
    there = find_bank(name=sent.name)
    if there is None:
        bank = add_bank(name=sent.name, rules=BankRules(enabled_share=share), actor=caller.actor, now=now)
    elif there.own or there.enabled_share > 0 or entries_after(bank=there, after=0, limit=1):
        raise Taken("There is a bank of this name already.")
    else:
        bank = change_bank(name=there.name, changes={"enabled_share": share}, actor=caller.actor, now=now)
    return Reply(status=201, body=to_json(said_of(bank=bank)))


def show_bank(*, request: HttpRequest, caller: Caller, now: datetime, name: str) -> Reply:
    """Answer `GET /c/bank/NAME`. Raises `NotFound`."""
    return Reply(status=200, body=to_json(said_of(bank=bank_named(name=name))))


def alter_bank(*, request: HttpRequest, caller: Caller, now: datetime, name: str) -> Reply:
    """Answer `PUT /c/bank/NAME`: what share of look-ups it answers. Raises `Invalid` for another name: names are on the record."""
    sent = read(BankChangeIn, body=request.body)
    bank = outside_bank(name=name)
    if sent.name not in (None, name):
        raise Invalid("A bank keeps its name, which is on cases and on the record; make another bank.")
    share = ratio_of(sent=sent)
    if share is not None and share != bank.enabled_share:
        bank = change_bank(name=name, changes={"enabled_share": share}, actor=caller.actor, now=now)
    return Reply(status=200, body=to_json(said_of(bank=bank)))


def give_up_bank(*, request: HttpRequest, caller: Caller, now: datetime, name: str) -> Reply:
    """Answer `DELETE /c/bank/NAME`: it matches nothing from now on; 202 if entries are left that another call withdraws."""
    if find_bank(name=name) is None:
        return Reply(status=200, body=to_json({"message": "Done"}))
    if withdraw_bank(name=name, most=MOST_AT_ONCE, actor=caller.actor, clock=utc_now):
        return Reply(status=200, body=to_json({"message": "Done"}))
    return Reply(
        status=202, body=to_json({"message": "The bank matches nothing now; call again to withdraw the rest of its entries."})
    )


def signal_types(*, request: HttpRequest, caller: Caller, now: datetime) -> Reply:
    """Answer `GET /c/signal_type`."""
    return Reply(status=200, body=to_json([{"enabled_ratio": 1.0, "name": name} for name in TYPES]))


def content_types(*, request: HttpRequest, caller: Caller, now: datetime) -> Reply:
    """Answer `GET /c/content_type`."""
    return Reply(status=200, body=to_json([{"enabled": True, "name": name} for name in OF_CONTENT]))
