"""A person adds a passkey, or removes one."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.passkeys import Answer, add_passkey, drop_passkey
from odzew.ledger.people import PersonView
from odzew.usecases.desk import Desk


def new_passkey(*, who: PersonView, name: str, answer: Answer, desk: Desk, now: datetime) -> uuid.UUID:
    """Keep a passkey that the person's browser has just made; the caller has asked for a fresh second factor.

    Raises `Invalid` (the name, the answer) and `Conflict` (too many, or it is here already).
    """
    with transaction.atomic():
        writes = Writes()
        passkey = add_passkey(writes, who=who, name=name, answer=answer, keys=desk.keys, now=now)
        record(writes, kind="factor.passkey_added", actor=who.pseudonym, now=now, facts={"passkey": str(passkey)})
        writes.send()
    return passkey


def remove_passkey(*, who: PersonView, passkey: uuid.UUID, now: datetime) -> None:
    """Forget one of the person's own passkeys; it opens nothing any more. Raises `NotFound`."""
    with transaction.atomic():
        writes = Writes()
        drop_passkey(person=who.id, passkey=passkey)
        record(writes, kind="factor.passkey_removed", actor=who.pseudonym, now=now, facts={"passkey": str(passkey)})
        writes.send()
