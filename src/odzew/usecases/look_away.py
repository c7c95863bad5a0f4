"""A view is over before its half minute is."""

from __future__ import annotations

import math
import uuid
from datetime import datetime

from odzew.exposures.api import exposure_of, hold_looker, settle_ended
from odzew.exposures.budget import LONGEST
from odzew.exposures.data import ExposureView
from odzew.foundation.errors import NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller


def look_away(*, exposure: uuid.UUID, held_ms: int | None, caller: Caller, now: datetime) -> ExposureView:
    """Count a view by the seconds since it was shown, and keep for how long the key was held, where the browser says so.

    What the browser says never makes a view shorter than it was by our own clock. Safe to repeat. Raises `NotFound`.
    """

    def work() -> ExposureView:
        hold_looker(person=caller.id)
        seen = exposure_of(exposure=exposure, person=caller.id)
        if seen is None or seen.shown_at is None:
            raise NotFound("There is no such view of yours.", why="look_file")
        seconds = min(max(math.ceil((now - seen.shown_at).total_seconds()), 1), LONGEST)
        held = None if held_ms is None else min(max(held_ms, 0), seconds * 1000)
        if settle_ended(exposure=exposure, seconds=seconds, held_ms=held, now=now):
            writes = Writes()
            facts: dict[str, object] = {"exposure": str(exposure), "media": str(seen.media), "seconds": seconds}
            if held is not None:
                facts["held_ms"] = held
            record(writes, kind="media.hidden", actor=caller.actor, now=now, case=seen.case, facts=facts)
            writes.send()
        return seen

    return atomically(work)
