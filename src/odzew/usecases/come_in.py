"""A person comes in: they prove who they are, and a visit begins."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from odzew.foundation.errors import OdzewError
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.factors import of_secret, stay
from odzew.ledger.passkeys import Answer, answered
from odzew.ledger.people import PersonView, person
from odzew.ledger.provider_accounts import ASKED_WITHIN, person_of, stay_linked
from odzew.ledger.spent import spend
from odzew.ledger.visits import How, begin_visit
from odzew.usecases._proving import refusal, tried
from odzew.usecases.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class BySecret:
    """The sign-in secret that the operator gave, and a code that works once."""

    secret: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLink:
    """The sign-in secret alone. Only a demo may take it."""

    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPasskey:
    """A passkey's answer. It counts as both factors: the device asked for its PIN, a finger or a face."""

    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ByProvider:
    """An account that the provider of single sign-on vouched for, in the place of the secret, and the desk's own second factor.

    `account` is the keyed hash of it; `once` is what this round with the provider was called, and is good for one visit.
    """

    account: bytes
    once: str
    second: str | Answer


Proof = BySecret | ByLink | ByPasskey | ByProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class CameIn:
    """Who came in, their visit, and what their browser's cookie is to hold."""

    person: PersonView
    visit: uuid.UUID
    cookie: str


def come_in(*, proof: Proof, browser: bytes, desk: Desk, now: datetime) -> CameIn:
    """Begin a visit. Raises `Unauthorised`, with the same sentence whatever was wrong, and `TooMany` after wrong codes.

    `browser` is a hash of how the browser calls itself.
    """
    with transaction.atomic():
        writes = Writes()
        # 1. Who says they are here, and what proves it. A code is used up by being right; a wrong one is counted.
        found = _proved(writes, proof, desk, now)
        # 2. Their visit, on the record.
        came = None if isinstance(found, OdzewError) else _begin(writes, *found, browser, now)
        writes.send()
    # 3. What was counted stays, so it is refused only now.
    if came is None:
        raise found if isinstance(found, OdzewError) else AssertionError("unreachable")
    return came


def _proved(writes: Writes, proof: Proof, desk: Desk, now: datetime) -> tuple[PersonView, How] | OdzewError:
    if isinstance(proof, ByPasskey):
        who = answered(answer=proof.answer, keys=desk.keys, now=now)
        return (who, "passkey") if who else refusal(what=None)
    if isinstance(proof, ByProvider):
        return _beside_provider(writes, proof, desk, now)
    number = of_secret(secret=proof.secret, now=now)
    who = person(person=number) if number else None
    if who is None or not who.enrolled:
        return refusal(what=None)
    if isinstance(proof, ByLink):
        return who, "link"
    what = tried(writes, who=who, code=proof.code, desk=desk, now=now)
    if what.outcome not in ("code", "recovery"):
        return refusal(what=what)
    stay(person=who.id, now=now)
    return who, what.outcome


def _beside_provider(writes: Writes, proof: ByProvider, desk: Desk, now: datetime) -> tuple[PersonView, How] | OdzewError:
    """The account stands for the secret and for nothing else: it makes nobody a person, and no role comes with it."""
    number = person_of(account=proof.account, now=now)
    who = person(person=number) if number else None
    if who is None or not who.enrolled:
        return refusal(what=None)
    if isinstance(proof.second, str):
        what = tried(writes, who=who, code=proof.second, desk=desk, now=now)
        if not what.good:
            return refusal(what=what)
    else:
        whose = answered(answer=proof.second, keys=desk.keys, now=now)
        if whose is None or whose.id != who.id:
            return refusal(what=None)
    if not spend(what=proof.once, until=now + ASKED_WITHIN, now=now):
        return refusal(what=None)
    stay_linked(person=who.id, now=now)
    return who, "provider"


def _begin(writes: Writes, view: PersonView, how: How, browser: bytes, now: datetime) -> CameIn:
    visit, cookie = begin_visit(writes, person=view.id, how=how, browser=browser, now=now)
    record(writes, kind="visit.began", actor=view.pseudonym, now=now, facts={"visit": str(visit), "how": how})
    return CameIn(person=view, visit=visit, cookie=cookie)
