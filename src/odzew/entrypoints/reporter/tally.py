"""Counting by network, so that one that sends too much waits, and nobody else does."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from odzew.entrypoints.reporter.networks import DAILY

_REMEMBERED: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one network may, and all together; while all are over theirs, networks that did `crowded` or more wait."""

    network_most: int
    network_seconds: float
    all_most: int
    all_seconds: float
    crowded: int = 1


# A school or a whole town may be one network; who only reads and types is not counted.
SENDS: Final = Limits(network_most=200, network_seconds=600.0, all_most=6000, all_seconds=60.0, crowded=5)


class Tally:
    """What networks did lately, in memory, under names that cannot be read back when the day's key is gone (practice 14).

    A network that did too much is refused for a while. If everybody together did too much, networks that did some of it are
    refused; others are not.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits, self._lock = limits, threading.Lock()
        self._seen: OrderedDict[bytes, tuple[float, int]] = OrderedDict()
        self._all: tuple[float, int] = (0.0, 0)

    def refused(self, *, network: str) -> bool:
        """Is this network to wait? One that cannot be told is not."""
        if not network:
            return False
        now, limits = time.monotonic(), self._limits
        with self._lock:
            since, count = self._seen.get(DAILY.name(of=network), (now, 0))
            if now - since > limits.network_seconds:
                count = 0
            begin, everybody = self._all
        crowded = everybody > limits.all_most and now - begin <= limits.all_seconds
        return count >= limits.network_most or (crowded and count >= limits.crowded)

    def held(self) -> int:
        """Return how many networks are to wait now."""
        now, limits = time.monotonic(), self._limits
        with self._lock:
            return sum(
                count >= limits.network_most and now - since <= limits.network_seconds for since, count in self._seen.values()
            )

    def count(self, *, network: str) -> None:
        """Count one more."""
        now, limits = time.monotonic(), self._limits
        with self._lock:
            name = DAILY.name(of=network)
            since, count = self._seen.pop(name, (now, 0))
            self._seen[name] = (since, count + 1) if now - since <= limits.network_seconds else (now, 1)
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            begin, everybody = self._all
            self._all = (begin, everybody + 1) if now - begin <= limits.all_seconds else (now, 1)


# What is filed, from the form and by whoever comes back with a code.
sends = Tally(SENDS)
