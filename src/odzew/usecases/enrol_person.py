"""A person is let in, or let go."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from odzew.alarms.api import ring
from odzew.foundation.errors import NotFound
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import (
    DECIDERS,
    OUTSIDE,
    PersonView,
    add_person,
    deciders,
    enrol_second_factor,
    leave_desk,
    new_sign_in,
    person,
)
from odzew.usecases.desk import Desk

SOLO_WAIT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A new person: what they need to sign in can be seen this once. `counts_from` is when they count for the desk's size."""

    person: PersonView
    otpauth: str
    sign_in: str
    counts_from: datetime


def enrol_person(*, name: str, role: str, sign_in_lives: timedelta, desk: Desk, now: datetime, at_once: bool = False) -> Enrolled:
    """Enrol a person with a second factor and a sign-in secret. Raises `Invalid` (the role) and `Conflict` (the name).

    On a desk of one who decides, another decider counts after 24 h and an alarm says so at once: nobody alone makes a second
    person to clear with (practice 1). So it is for anybody outside the desk, on a desk of any size. `at_once` is for the pretend
    people of a demo.
    """
    with transaction.atomic():
        second = role in DECIDERS and len(deciders(now=now)) == 1
        waits = not at_once and (second or role == OUTSIDE)
        counts_from = now + SOLO_WAIT if waits else now
        view = add_person(name=name, role=role, now=now, counts_from=counts_from)
        otpauth = enrol_second_factor(person=view.id, keys=desk.keys, now=now)
        secret = new_sign_in(person=view.id, now=now, lives=sign_in_lives)
        writes = Writes()
        record(writes, kind="person.enrolled", actor="operator", now=now, facts={"person": view.pseudonym, "role": role})
        if waits:
            ring(writes, code="enrolled", now=now)
        writes.send()
    desk.forget()
    return Enrolled(person=view, otpauth=otpauth, sign_in=secret, counts_from=counts_from)


def let_go(*, person_id: uuid.UUID, desk: Desk, now: datetime) -> None:
    """Let a person go: no key and no sign-in works any more. Raises `NotFound`."""
    with transaction.atomic():
        view = person(person=person_id)
        if view is None:
            raise NotFound("There is no such person.")
        leave_desk(person=view.id, now=now)
        writes = Writes()
        record(writes, kind="person.left", actor="operator", now=now, facts={"person": view.pseudonym})
        writes.send()
    desk.forget()
