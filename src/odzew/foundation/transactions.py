"""A transaction that is done again when the database had to break a ring of waiting callers."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from django.db import OperationalError, connection, transaction

T = TypeVar("T")
# PostgreSQL: serialization_failure, deadlock_detected.
_AGAIN: Final = frozenset({"40001", "40P01"})
_TRIES: Final = 6


def atomically(work: Callable[[], T]) -> T:
    """Do `work` in a transaction and return what it returns; up to six times if the database ended it for the sake of another.

    `work` must have no effect outside the transaction. Inside an open transaction it is done once: the outer one is done again.
    """
    for tried in range(1, _TRIES + 1):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state not in _AGAIN or connection.in_atomic_block or tried == _TRIES:
                raise
            time.sleep(random.uniform(0.005, 0.05) * tried)  # noqa: S311 - only spreads callers in time
    raise AssertionError("unreachable")
