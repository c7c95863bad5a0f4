"""A person sets up their authenticator anew, without the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from odzew.foundation.errors import Invalid
from odzew.foundation.secrets import seal_facts, unseal_facts
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.factors import new_authenticator, put_authenticator, step_of
from odzew.ledger.visits import VisitView, end_visits
from odzew.usecases.desk import Desk

_WITHIN: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A new authenticator that is not theirs yet: what they put into their app, and the same sealed, to come back with a code."""

    secret: str
    otpauth: str
    sealed: str


def offer_authenticator(*, visit: VisitView, desk: Desk, now: datetime) -> Offer:
    """Return a new authenticator for the person of a visit. Nothing is kept; the former one works until a code of the new is given."""
    secret, otpauth = new_authenticator(name=visit.person.name)
    facts = {"visit": str(visit.id), "secret": secret, "otpauth": otpauth, "until": (now + _WITHIN).timestamp()}
    return Offer(secret=secret, otpauth=otpauth, sealed=seal_facts(keys=desk.keys, facts=facts))


def offered(*, visit: VisitView, sealed: str, desk: Desk, now: datetime) -> Offer | None:
    """Return the offer that was sealed for this visit within the last 15 minutes, or None."""
    body = unseal_facts(keys=desk.keys, sealed=sealed, now=now)
    if body.get("visit") != str(visit.id):
        return None
    return Offer(secret=body["secret"], otpauth=body["otpauth"], sealed=sealed)


def renew_authenticator(*, visit: VisitView, offer: Offer, code: str, desk: Desk, now: datetime) -> None:
    """Let the person have the authenticator of an offer, once a code proves that it is in their app.

    The former one ends, and so do their other visits. The caller has asked for a fresh second factor. Raises `Invalid`.
    """
    step = step_of(secret=offer.secret, code="".join(code.split()), now=now)
    if step is None:
        raise Invalid("That code did not work. Wait for the next one.", why="authenticator_code")
    with transaction.atomic():
        writes, who = Writes(), visit.person
        if not put_authenticator(person=who.id, secret=offer.secret, step=step, keys=desk.keys):
            raise Invalid("That code did not work. Wait for the next one.", why="authenticator_code")
        end_visits(person=who.id, but=visit.id)
        record(writes, kind="factor.authenticator", actor=who.pseudonym, now=now, facts={"visit": str(visit.id)})
        writes.send()
