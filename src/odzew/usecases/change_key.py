"""A person makes their API key, or revokes it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import KEY_LIVES, PersonView, end_person_key, new_person_key


def make_key(*, who: PersonView, now: datetime) -> str:
    """Return a key for the person, the only time it can be seen; the former one ends. The caller has asked for a fresh second factor."""
    with transaction.atomic():
        writes = Writes()
        key = new_person_key(person=who.id, now=now)
        record(writes, kind="key.made", actor=who.pseudonym, now=now, facts={"until": now + KEY_LIVES})
        writes.send()
    return key


def revoke_key(*, who: PersonView, now: datetime) -> None:
    """End the person's key at once; nothing happens where they have none."""
    with transaction.atomic():
        writes = Writes()
        if end_person_key(person=who.id):
            record(writes, kind="key.revoked", actor=who.pseudonym, now=now)
        writes.send()
