"""A platform tells us what it hosts: thousands of items in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.cases.register import ItemIn, Registered, register
from odzew.enforcement.api import look_where_they_are
from odzew.foundation.errors import Forbidden, Invalid
from odzew.foundation.transactions import atomically
from odzew.ledger.people import Caller
from odzew.usecases._joining import follow_joined
from odzew.usecases.desk import Desk

MOST: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How many items were stored, and how many of them are new."""

    stored: int
    new: int


def register_items(*, items: Sequence[ItemIn], caller: Caller, desk: Desk, now: datetime) -> Result:
    """Store items of the caller's platform, and do what follows for the cases they stand under, in one transaction.

    A copy or repost of what was removed is removed, of what is hidden is hidden; changed files under the same id are new facts; new
    counts may raise a case. Raises `Forbidden` (the key is no platform's) and `Invalid` (too many at once).
    """
    if caller.platform is None:
        raise Forbidden("Only a platform's key registers items.")
    if len(items) > MOST:
        raise Invalid(f"One call registers at most {MOST} items; send the others in another call.")

    platform = caller.platform

    def work() -> Registered:
        # 1. The items themselves.
        done = register(platform=platform, items=items, now=now)
        # 2. Cases that turned out to be one, and every case concerned.
        follow_joined(done=done, actor=caller.actor, desk=desk, now=now)
        # 3. Last, as measures are held after cases: items with new addresses are looked at there.
        if done.moved:
            look_where_they_are(items=sorted(done.moved), now=now)
        return done

    done = atomically(work)
    return Result(stored=len(done.items), new=len(done.new))
