"""Visits of a person are ended: by themselves, or by the operator."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from odzew.foundation.errors import NotFound
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import person
from odzew.ledger.visits import end_visits as end_in_ledger


def end_visits(
    *, person_id: uuid.UUID, actor: str, now: datetime, only: uuid.UUID | None = None, but: uuid.UUID | None = None
) -> int:
    """End a person's visits, `only` one of them, or all `but` one; return how many ended. Raises `NotFound` (the person).

    What has ended before, or is somebody else's, is left alone. The sign-in itself goes on working.
    """
    with transaction.atomic():
        view = person(person=person_id)
        if view is None:
            raise NotFound("There is no such person.")
        ended, writes = end_in_ledger(person=person_id, only=only, but=but), Writes()
        if ended:
            facts = {"person": view.pseudonym, "visits": [str(visit) for visit in ended]}
            record(writes, kind="visit.ended", actor=actor, now=now, facts=facts)
        writes.send()
    return len(ended)
