"""Holding back whoever guesses codes, without holding up anybody else."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from typing import Final

NETWORK_MOST: Final = 12
NETWORK_SECONDS: Final = 600.0
GLOBAL_MOST: Final = 2000
GLOBAL_SECONDS: Final = 60.0
_REMEMBERED: Final = 50_000
_KEY_LIVES: Final = 24 * 3600.0


class Guesses:
    """Wrong codes by network, in memory, under a key that is destroyed every 24 hours (practice 14).

    A network that was wrong too often is refused for a while. If everybody together is wrong too often, networks that were wrong at
    all are refused; a reporter who types their own code is never among them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key, self._key_at = secrets.token_bytes(32), time.monotonic()
        self._wrong: OrderedDict[bytes, tuple[float, int]] = OrderedDict()
        self._all: tuple[float, int] = (0.0, 0)

    def _name(self, network: str, now: float) -> bytes:
        if now - self._key_at > _KEY_LIVES:
            self._key, self._key_at = secrets.token_bytes(32), now
            self._wrong.clear()
        return hmac.digest(self._key, network.encode(), "sha256")[:16]

    def refused(self, *, network: str) -> bool:
        """Is this network to wait?"""
        now = time.monotonic()
        with self._lock:
            since, count = self._wrong.get(self._name(network, now), (now, 0))
            if now - since > NETWORK_SECONDS:
                count = 0
            begin, everybody = self._all
            crowded = everybody > GLOBAL_MOST and now - begin <= GLOBAL_SECONDS
        return count >= NETWORK_MOST or (crowded and count > 0)

    def wrong(self, *, network: str) -> None:
        """Count a wrong code."""
        now = time.monotonic()
        with self._lock:
            name = self._name(network, now)
            since, count = self._wrong.pop(name, (now, 0))
            self._wrong[name] = (since, count + 1) if now - since <= NETWORK_SECONDS else (now, 1)
            if len(self._wrong) > _REMEMBERED:
                self._wrong.popitem(last=False)
            begin, everybody = self._all
            self._all = (begin, everybody + 1) if now - begin <= GLOBAL_SECONDS else (now, 1)


def network_of(*, address: str) -> str:
    """Return the network an address belongs to: /24 of IPv4, /56 of IPv6."""
    if ":" in address:
        return ":".join(address.split(":")[:3]) + address.split(":")[3][:2] if address.count(":") > 3 else address
    return address.rpartition(".")[0]
