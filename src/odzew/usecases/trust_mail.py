"""The operator says from which address a hotline, a flagger or an authority writes."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Final

from odzew.alarms.api import ring
from odzew.foundation.errors import Invalid
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import trust_address
from odzew.policy.vocabulary import TRUSTED_SOURCES
from odzew.usecases.desk import Desk
from odzew.usecases.enrol_person import SOLO_WAIT

_ADDRESS: Final = re.compile(r"[^\s<>@,;:\"]{1,64}@[A-Za-z0-9.-]{1,253}")


def trust_mail(*, program: uuid.UUID, address: str, desk: Desk, now: datetime) -> datetime | None:
    """Let mail from `address` be notices of an enrolled program; an empty one ends that. Return from when on it counts, or None.

    Such mail must have passed the operator's own mail server (`mail_authserv`). Where fewer than three decide it counts from 24 h
    later on, and an alarm says so at once (practice 1). Raises `Invalid` (no address, or a program that is not one trusted source),
    `Conflict` (another program's address) and `NotFound`.
    """
    address = address.strip().lower()
    if address and not _ADDRESS.fullmatch(address):
        raise Invalid("That is no mail address; write it as reports@hotline.example.")
    waits = bool(address) and desk.size(now=now) != "team"
    counts_from = now + SOLO_WAIT if waits else now

    def work() -> None:
        # 1. The program and its address.
        sources = trust_address(program=program, address=address or None, counts_from=counts_from)
        if address and len(sources & TRUSTED_SOURCES) != 1:
            raise Invalid("Mail is trusted only from a key with one of the sources trusted_flagger, hotline or authority.")
        # 2. Whoever did not expect it hears of it.
        writes = Writes()
        if waits:
            ring(writes, code="enrolled", now=now)
        facts = {"program": str(program), "trusted": bool(address)}
        record(writes, kind="program.mail_trusted", actor="operator", now=now, facts=facts)
        writes.send()

    atomically(work)
    return counts_from if address else None
