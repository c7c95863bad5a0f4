"""What every call is given: the desk of this process, made once, under the policy in force."""

from __future__ import annotations

from functools import lru_cache

from odzew.entrypoints.runtime import make_desk
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import settings
from odzew.usecases.desk import Desk


@lru_cache(maxsize=1)
def _made() -> Desk:
    return make_desk(chosen=settings())


def the_desk() -> Desk:
    """Return the desk of this process under the policy in force. Raises `Unsafe` for settings that do not keep the promises."""
    return _made().current(now=utc_now())


def the_desk_as_made() -> Desk:
    """Return the desk without asking the database: for what needs its keys, its country and how it tells times, and no policy."""
    return _made()
