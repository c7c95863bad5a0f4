"""What the desk does by itself while a story or an attack is played: the worker's deeds, at the moment that it is then."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from odzew.cases.clocks import next_wake
from odzew.enforcement.api import next_look
from odzew.foundation.outgoing import Outgoing
from odzew.ledger.outbox import next_due
from odzew.usecases.clock_ran_out import clock_ran_out
from odzew.usecases.desk import Desk
from odzew.usecases.enforce import AlarmSender, enforce

_ROUNDS: Final = 1_000


def do_what_is_due(*, desk: Desk, out: Outgoing, alarm: AlarmSender, now: datetime) -> None:
    """Let the worker do all that is due now."""
    for _ in range(_ROUNDS):
        clocks = clock_ran_out(desk=desk, now=now)
        sent = enforce(desk=desk, out=out, alarm=alarm, clock=lambda: now)
        if not clocks.total and not clocks.failed and not sent:
            return


def next_deed() -> datetime | None:
    """Return when the desk itself has something to do next, or None if nothing waits."""
    return min((at for at in (next_wake(), next_due(), next_look()) if at is not None), default=None)
