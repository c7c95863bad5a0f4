"""A person says how much they look at in a day, and what they would rather not be handed today."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from odzew.exposures.api import hold_looker, set_looker
from odzew.exposures.budget import CEILING_SECONDS, CEILING_VIEWS
from odzew.foundation.errors import Invalid
from odzew.foundation.transactions import atomically
from odzew.ledger.people import Caller
from odzew.policy.vocabulary import KINDS
from odzew.usecases.desk import Desk


def set_limits(
    *, views: int | None, minutes: int | None, not_today: frozenset[str], caller: Caller, desk: Desk, now: datetime
) -> None:
    """Keep a person's own limits, which can only be lower than what applies to them anyway, and the kinds for the rest of their day.

    None takes a limit away. It is nobody else's business, so it is not on the record. Raises `Invalid`.
    """
    for value, most in ((views, CEILING_VIEWS), (minutes, CEILING_SECONDS // 60)):
        if value is not None and not 0 <= value <= most:
            raise Invalid(f"A limit is a whole number from 0 to {most}.", why="look_limit", most=most)
    if unknown := sorted(not_today - KINDS):
        raise Invalid(f"There is no kind {unknown[0]!r}.", known=sorted(KINDS))
    here = now.astimezone(ZoneInfo(desk.zone))
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), tzinfo=here.tzinfo)

    def work() -> None:
        hold_looker(person=caller.id)
        set_looker(person=caller.id, own_views=views, own_minutes=minutes, not_today=not_today, until=midnight)

    atomically(work)
