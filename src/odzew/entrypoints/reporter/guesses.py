"""Holding back whoever guesses codes, without holding up anybody else."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from django.http import HttpRequest

NETWORK_MOST: Final = 12
NETWORK_SECONDS: Final = 600.0
GLOBAL_MOST: Final = 2000
GLOBAL_SECONDS: Final = 60.0
_REMEMBERED: Final = 50_000
_KEY_LIVES: Final = 24 * 3600.0


class Guesses:
    """Wrong codes by network, in memory, under a key that is destroyed every 24 hours (practice 14).

    A network that was wrong too often is refused for a while, and told so. If everybody together is wrong too often, networks that
    were wrong at all are refused; others are not.
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
        """Is this network to wait? One that cannot be told is not."""
        if not network:
            return False
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


def network(*, request: HttpRequest) -> str:
    """Return the network of a request."""
    return network_of(address=str(request.META.get("REMOTE_ADDR") or ""), forwarded=request.headers.get("X-Forwarded-For", ""))


def network_of(*, address: str, forwarded: str = "") -> str:
    """Return the network a request comes from: /24 of IPv4, /56 of IPv6; empty if that cannot be told, and nobody is held back for it.

    `address` is the other end of the connection. If that is a proxy (this machine, a private network), the network is that of the last
    public address in `forwarded`, the header X-Forwarded-For: what stands before it was written by whoever sent the request.
    """
    peer = _ip(address)
    if peer is None or peer.is_global:
        return _network(peer)
    named = [_ip(part) for part in forwarded.split(",")]
    last = next((ip for ip in reversed(named) if ip is not None and ip.is_global), next(reversed(named), None))
    return _network(last if last is not None else None if peer.is_loopback else peer)


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _network(ip: IPv4Address | IPv6Address | None) -> str:
    return "" if ip is None else str(ip_network((ip, 24 if ip.version == 4 else 56), strict=False))
