"""Whose account at the provider of single sign-on is whose: linked by people, never made by the provider."""

from __future__ import annotations

import hmac
import uuid
from datetime import datetime, timedelta
from typing import Final

from odzew.foundation.errors import Conflict, Invalid
from odzew.foundation.ids import new_id
from odzew.foundation.secrets import Keys
from odzew.foundation.writes import fetch_all
from odzew.ledger.models import ProviderAccount
from odzew.ledger.people import SIGN_IN_STAYS

# How long a round with the provider may take, from the button to the second factor.
ASKED_WITHIN: Final = timedelta(minutes=10)
_LONGEST_SUBJECT: Final = 255


def account_hash(*, issuer: str, subject: str, keys: Keys) -> bytes:
    """Return under what an account is kept. Raises `Invalid` for what OpenID Connect calls no subject.

    Another issuer's account of the same name is another account.
    """
    if not (0 < len(subject) <= _LONGEST_SUBJECT and subject.isascii() and subject.isprintable()):
        raise Invalid("A subject has 1 to 255 ASCII characters; the provider shows it as `sub`.")
    return hmac.digest(keys.derive(label="provider account"), f"{issuer}\n{subject}".encode(), "sha256")


def person_of(*, account: bytes, now: datetime) -> uuid.UUID | None:
    """Return whose account this is, or None: nobody's, or it was not used for 30 days."""
    row = ProviderAccount.objects.filter(account_hash=account, until__gt=now, person__left_at=None).first()
    return row.person_id if row else None


def link(*, person: uuid.UUID, account: bytes, now: datetime) -> None:
    """Let a person have this account instead of a former one. Raises `Conflict` if it is somebody else's."""
    unlink(person=person)
    sql = (
        "INSERT INTO ledger_provider_account (id, person_id, account_hash, linked_at, until) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING RETURNING 1"
    )
    if not fetch_all(sql, [new_id(now=now), person, account, now, now + SIGN_IN_STAYS]):
        raise Conflict("This account is linked to somebody already; unlink it there first.", why="provider_taken")


def unlink(*, person: uuid.UUID) -> bool:
    """Forget a person's account; False if they had none."""
    return ProviderAccount.objects.filter(person_id=person).delete()[0] == 1


def stay_linked(*, person: uuid.UUID, now: datetime) -> None:
    """Let a link live for 30 days more, as a sign-in secret does, so that it ends only for somebody who stays away."""
    ProviderAccount.objects.filter(person_id=person).update(until=now + SIGN_IN_STAYS)


def linked_until(*, person: uuid.UUID, now: datetime) -> datetime | None:
    """Return until when a person's link opens something if it is not used, or None if they have none."""
    return ProviderAccount.objects.filter(person_id=person, until__gt=now).values_list("until", flat=True).first()


def linked_people(*, now: datetime) -> frozenset[uuid.UUID]:
    """Return who has a link that opens something."""
    return frozenset(ProviderAccount.objects.filter(until__gt=now).values_list("person_id", flat=True))
