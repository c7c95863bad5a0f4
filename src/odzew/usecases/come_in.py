"""A person comes in: they prove who they are, and a visit begins."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from odzew.foundation.errors import OdzewError
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.factors import Tried, of_secret, stay
from odzew.ledger.people import PersonView, person
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


Proof = BySecret | ByLink


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
        who, how = _proved(writes, proof, desk, now)
        view = person(person=who) if who else None
        # 2. Their visit, on the record.
        came = _begin(writes, view, how, browser, now) if view and view.enrolled and not isinstance(how, OdzewError) else None
        writes.send()
    # 3. What was counted stays, so it is refused only now.
    if came is None:
        raise how if isinstance(how, OdzewError) else refusal(what=None)
    return came


def _proved(writes: Writes, proof: Proof, desk: Desk, now: datetime) -> tuple[uuid.UUID | None, How | OdzewError]:
    who = of_secret(secret=proof.secret, now=now)
    if isinstance(proof, ByLink):
        return who, "link"
    what = tried(writes, person=who, code=proof.code, desk=desk, now=now) if who else None
    if who is None or what is None or not what.good:
        return None, refusal(what=what)
    stay(person=who, now=now)
    return who, _how(what)


def _how(what: Tried) -> How:
    return "code"


def _begin(writes: Writes, view: PersonView, how: How, browser: bytes, now: datetime) -> CameIn:
    visit, cookie = begin_visit(writes, person=view.id, how=how, browser=browser, now=now)
    record(writes, kind="visit.began", actor=view.pseudonym, now=now, facts={"visit": str(visit), "how": how})
    return CameIn(person=view, visit=visit, cookie=cookie)
