"""From which network somebody writes: to hold back floods and to count voices, in memory alone (practice 14)."""

from __future__ import annotations

import hmac
import mmap
import secrets
import struct
import time
import uuid
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from django.http import HttpRequest

_KEY_LIVES: Final = 24 * 3600.0
_KEY_BYTES: Final = 32
_UNTIL: Final = struct.Struct("d")


class DailyKey:
    """A random key that is overwritten every 24 hours; a process made by fork shares it with its parent and siblings.

    It lies in anonymous memory and nowhere else. Two processes that replace it at the same moment end with one key; a name made in
    between is forgotten, which costs one voice that is counted twice.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _UNTIL.size + _KEY_BYTES)

    def name(self, *, of: str) -> bytes:
        """Return the 16 bytes by which something is known until the key is destroyed."""
        now = time.monotonic()
        if not 0 < _UNTIL.unpack_from(self._memory)[0] - now <= _KEY_LIVES:
            self._memory[_UNTIL.size :] = secrets.token_bytes(_KEY_BYTES)
            _UNTIL.pack_into(self._memory, 0, now + _KEY_LIVES)
        return hmac.digest(self._memory[_UNTIL.size :], of.encode(), "sha256")[:16]


# Made when the module is first imported: by the web's first process, before it makes the others.
DAILY: Final = DailyKey()


def voice_of(*, network: str) -> Callable[[uuid.UUID], str] | None:
    """Return how a network's reports are known on a case: as one voice there, and as nothing that shows elsewhere or after a day.

    None where the network cannot be told: then every report is a voice of its own.
    """
    return (lambda case: DAILY.name(of=f"{network} {case}").hex()) if network else None


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
