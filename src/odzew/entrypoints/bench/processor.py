"""One processor for a measurement, and the time it spends."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def one_processor() -> Iterator[None]:
    """Stay on one processor, where the system can hold us there."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def in_turns(*, ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Do each way once in each round, after one that does not count; return the processor seconds of each."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for measured in ways.values():
        measured()
    for _ in range(rounds):
        for name, measured in ways.items():
            began = time.process_time()
            measured()
            spent[name].append(time.process_time() - began)
    return spent
