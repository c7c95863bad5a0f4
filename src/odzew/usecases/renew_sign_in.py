"""A person who cannot sign in any more gets a new secret, and a new second factor if theirs is lost."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from odzew.alarms.api import ring
from odzew.foundation.errors import NotFound
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.factors import drop_recovery_codes
from odzew.ledger.passkeys import drop_passkeys
from odzew.ledger.people import PersonView, enrol_second_factor, new_sign_in, person
from odzew.ledger.provider_accounts import unlink
from odzew.ledger.visits import end_visits
from odzew.usecases.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """What a person needs to sign in, to be seen this once; `otpauth` is None while their authenticator is still the right one."""

    person: PersonView
    sign_in: str
    otpauth: str | None


def renew_sign_in(*, person_id: uuid.UUID, authenticator: bool, sign_in_lives: timedelta, desk: Desk, now: datetime) -> Renewed:
    """Give a person a new sign-in secret; the former one ends. Raises `NotFound`.

    With `authenticator` the second factor is new too. The person's passkeys, recovery codes, API key, visits and link to the
    provider of single sign-on end, and an alarm says so at once: whoever renews it could sign in as that person, so the others must learn of it.
    """
    with transaction.atomic():
        view = person(person=person_id)
        if view is None:
            raise NotFound("There is no such person.")
        otpauth = enrol_second_factor(person=view.id, keys=desk.keys, now=now) if authenticator else None
        secret = new_sign_in(person=view.id, now=now, lives=sign_in_lives)
        writes = Writes()
        facts = {"person": view.pseudonym, "authenticator": authenticator}
        record(writes, kind="person.renewed", actor="operator", now=now, facts=facts)
        if authenticator:
            end_visits(person=view.id)
            drop_passkeys(person=view.id)
            drop_recovery_codes(person=view.id)
            unlink(person=view.id)
            ring(writes, code="renewed", now=now)
        writes.send()
    desk.forget()
    return Renewed(person=view, sign_in=secret, otpauth=otpauth)
