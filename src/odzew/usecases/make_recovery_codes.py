"""A person gets ten recovery codes, for the day they lose their authenticator."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.factors import new_recovery_codes
from odzew.ledger.people import PersonView
from odzew.usecases.desk import Desk


def make_recovery_codes(*, who: PersonView, desk: Desk, now: datetime) -> list[str]:
    """Return ten codes, the only time they can be seen; the former ones end. The caller has asked for a fresh second factor."""
    with transaction.atomic():
        writes = Writes()
        codes = new_recovery_codes(writes, person=who.id, keys=desk.keys, now=now)
        record(writes, kind="factor.recovery_made", actor=who.pseudonym, now=now, facts={"count": len(codes)})
        writes.send()
    return codes
