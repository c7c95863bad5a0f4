"""Trying a person's code: shared by coming in, and by giving a second factor anew."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from odzew.alarms.api import ring
from odzew.foundation.errors import OdzewError, TooMany, Unauthorised
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.factors import LONGEST_WAIT, Tried, recovery_codes_left, try_code
from odzew.ledger.people import PersonView
from odzew.usecases.desk import Desk

WRONG: Final = "That did not work. Check the secret and the code, or ask the operator for a new sign-in secret."


def tried(writes: Writes, *, who: PersonView, code: str, desk: Desk, now: datetime) -> Tried:
    """Try a code. Wrong ones again and again ring an alarm: whoever types them holds the person's secret, or sits at their browser.

    A recovery code rings one too, and is an event of its own. Nothing is raised, so that what was counted stays; `refusal` says it.
    """
    what = try_code(person=who.id, code=code, keys=desk.keys, now=now)
    if what.alarm:
        ring(writes, code="guessing", now=now)
    if what.outcome == "recovery":
        facts = {"left": recovery_codes_left(person=who.id)}
        record(writes, kind="factor.recovery_used", actor=who.pseudonym, now=now, facts=facts)
        ring(writes, code="recovery_used", now=now)
    return what


def refusal(*, what: Tried | None) -> OdzewError:
    """Return how to refuse a code that proved nothing; the same for a wrong secret (None) as for a wrong code."""
    if what is not None and what.outcome == "held":
        return TooMany(
            "There were too many wrong codes. Wait a little, or use a passkey.", retry_after=int(LONGEST_WAIT.total_seconds())
        )
    return Unauthorised(WRONG)
