"""What tests of the record do by hand: acts, seals, and the tampering of somebody who owns the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction

from odzew.foundation.writes import Writes, fetch_none
from odzew.ledger.canonical import canonical
from odzew.ledger.events import record
from odzew.ledger.models import Event
from odzew.usecases.seal_record import seal_record
from odzew.usecases.sign_checkpoint import sign_checkpoint
from tests.cast import Story

TABLES = ("ledger_event", "ledger_leaf", "ledger_node", "ledger_tree", "ledger_checkpoint")


def act(story: Story, *, now: datetime, event: uuid.UUID | None = None) -> uuid.UUID:
    """Record one act in the transaction that is open."""
    writes = Writes()
    if event is None:
        event = record(writes, kind="test.act", actor="desk", now=now, facts={"n": 1})
    else:
        data = canonical(value={"id": str(event), "at": now, "kind": "test.act", "actor": "desk"})
        writes.insert(Event, {"id": event, "at": now, "kind": "test.act", "actor": "desk", "data": data})
    writes.send()
    return event


def acts(story: Story, count: int) -> list[uuid.UUID]:
    """Record acts in one transaction, some of them on a case; return their ids."""
    with transaction.atomic():
        writes = Writes()
        case = uuid.uuid4()
        ids = [
            record(
                writes,
                kind="test.act",
                actor="desk",
                now=story.now,
                case=case if n % 3 else None,
                facts={"n": n} if n % 2 else None,
            )
            for n in range(count)
        ]
        writes.send()
    return ids


def seal(story: Story) -> int:
    """Fold what waits."""
    return seal_record(desk=story.desk, now=story.now)


def sign(story: Story) -> str | None:
    """Sign on demand."""
    return sign_checkpoint(desk=story.desk, now=story.now, every=timedelta(0))


@contextmanager
def undone_by_hand() -> Iterator[None]:
    """Let the owner of the database do what the triggers refuse."""
    with transaction.atomic():
        for table in TABLES:
            fetch_none(f"ALTER TABLE {table} DISABLE TRIGGER USER", [])
        yield
        for table in TABLES:
            fetch_none(f"ALTER TABLE {table} ENABLE TRIGGER USER", [])
