"""Acts that were recorded without a number are folded into the tree; a worker asks for it several times a second."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from odzew.ledger.sequencer import BATCH, RecordDamaged, fold
from odzew.usecases._record_alarm import ring_damaged
from odzew.usecases.desk import Desk

LIMIT: Final = 20_000


def seal_record(*, desk: Desk, now: datetime, limit: int = LIMIT) -> int:
    """Fold at most `limit` acts into the tree, in transactions of at most 2,000, and return how many.

    Any number may run at once, in any processes: one works, the others return 0. When the stored tree was damaged nothing is
    folded, people are alarmed (once an hour), and the acts keep waiting without loss.
    """
    done = 0
    try:
        while done < limit:
            with transaction.atomic():
                folded = fold(limit=min(BATCH, limit - done))
            done += folded.events
            if not folded.more:
                break
    except (RecordDamaged, IntegrityError):
        ring_damaged(desk=desk, now=now)
    return done
