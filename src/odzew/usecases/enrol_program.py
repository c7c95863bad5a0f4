"""A program gets a key, or loses it."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from odzew.alarms.api import ring
from odzew.foundation.errors import Invalid
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import add_program, revoke_program
from odzew.policy.vocabulary import TRUSTED_SOURCES
from odzew.usecases.desk import Desk
from odzew.usecases.enrol_person import SOLO_WAIT


def enrol_program(
    *,
    name: str,
    scopes: frozenset[str],
    sources: frozenset[str],
    platform: uuid.UUID | None,
    limit_per_second: int | None,
    desk: Desk,
    now: datetime,
) -> str:
    """Enrol a program and return its key, which can be seen this once.

    The opinion of a trusted source counts from 24 h later on, and where fewer than three decide an alarm says so at once: nobody
    alone makes a source to clear with (practice 1). Its notices count at once.

    Raises `Invalid`: an unknown scope or source, no scope, notices without a source, or a platform that would speak for a hotline,
    a flagger or an authority.
    """
    if not scopes:
        raise Invalid("A key needs at least one --scope, for example --scope notices.")
    if "notices" in scopes and not sources:
        raise Invalid("A key that sends notices needs at least one --source, for example --source hotline.")
    if platform is not None and sources & TRUSTED_SOURCES:
        raise Invalid("A platform's key speaks for user and automatic only; give a hotline or authority a key of its own.")
    if platform is None and "items" in scopes:
        raise Invalid("A key that registers items belongs to a platform: add --platform NAME.")
    with transaction.atomic():
        trusted = bool(sources & TRUSTED_SOURCES)
        key = add_program(
            name=name,
            scopes=scopes,
            sources=sources,
            platform=platform,
            limit_per_second=limit_per_second,
            now=now,
            counts_from=now + SOLO_WAIT if trusted else None,
        )
        writes = Writes()
        if trusted and desk.size(now=now) != "team":
            ring(writes, code="enrolled", now=now)
        facts = {"program": id_of_key(key=key), "scopes": sorted(scopes), "sources": sorted(sources), "desk": desk.origin}
        record(writes, kind="program.enrolled", actor="operator", now=now, facts=facts)
        writes.send()
    return key


def end_program(*, program: uuid.UUID, now: datetime) -> None:
    """End a program's key at once. Raises `NotFound`."""
    with transaction.atomic():
        revoke_program(program=program, now=now)
        writes = Writes()
        record(writes, kind="program.revoked", actor="operator", now=now, facts={"program": str(program)})
        writes.send()


def id_of_key(*, key: str) -> str:
    """Return the id of the program or person that a key belongs to, or an empty text; the id is no secret."""
    parts = key.split("_", 3)
    try:
        return str(uuid.UUID(hex=parts[2])) if len(parts) == 4 else ""
    except ValueError:
        return ""
