"""A platform is enrolled: its hosts are the only ones ever probed, its webhook is where orders go."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.db import transaction

from odzew.cases.addresses import host_of
from odzew.foundation.errors import Invalid
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import PlatformView, add_platform, add_program
from odzew.usecases.desk import Desk

PLATFORM_SCOPES: Final = frozenset({"notices", "items", "read", "appeals", "check"})
PLATFORM_SOURCES: Final = frozenset({"user", "automatic"})
_LOCAL: Final = ("localhost", ".localhost", ".local", ".internal", ".lan", ".home.arpa")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledPlatform:
    """A new platform; its webhook secret and its API key can be seen this once."""

    platform: PlatformView
    secret: str
    api_key: str


def enrol_platform(
    *, name: str, hosts: list[str], webhook: str, allow_private: bool, desk: Desk, now: datetime, hash_hosted: bool = True
) -> EnrolledPlatform:
    """Enrol a platform. Raises `Conflict` (the name) and `Invalid`: a host that is none, or a private one without `allow_private`.

    `hash_hosted`: the desk fetches and hashes public files that the platform gives no PDQ for (`usecases/hash_hosted`).
    Private and loopback hosts are allowed for exactly the host and port named, the webhook's included.
    """
    named = list(dict.fromkeys(_host(h) for h in hosts))
    parts = urlsplit(webhook)
    target = host_of(url=webhook)
    if parts.scheme not in ("http", "https") or not target or parts.username is not None:
        raise Invalid("The webhook is not an http address, for example https://forum.example/odzew.")
    private = [h for h in [*named, target] if is_private(host=h)]
    if private and not allow_private:
        raise Invalid(f"{private[0]} is private or on this machine; if that is what you want, add --allow-private.")
    if parts.scheme == "http" and target not in private:
        raise Invalid("The webhook must be https: what is sent there says what is hidden and why.")
    with transaction.atomic():
        view, secret = add_platform(
            name=name,
            hosts=named,
            private_hosts=list(dict.fromkeys(private)),
            webhook=webhook,
            keys=desk.keys,
            now=now,
            hash_hosted=hash_hosted,
        )
        key = add_program(name=name, scopes=PLATFORM_SCOPES, sources=PLATFORM_SOURCES, platform=view.id, now=now)
        writes = Writes()
        record(
            writes,
            kind="platform.enrolled",
            actor="operator",
            now=now,
            facts={"platform": str(view.id), "hosts": len(named), "hash_hosted": hash_hosted},
        )
        writes.send()
    return EnrolledPlatform(platform=view, secret=secret, api_key=key)


def _host(text: str) -> str:
    host = host_of(url=text if "://" in text else f"//{text.strip()}")
    if not host or "/" in text.strip().removeprefix("https://").removeprefix("http://").rstrip("/") or " " in host:
        raise Invalid(f"{text!r} is not a host; write it as forum.example or forum.example:8443.")
    return host


def is_private(*, host: str) -> bool:
    """Tell whether a host is plainly private or on this machine; where a name leads is checked again at every request."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return "." not in name or any(name == end.lstrip(".") or name.endswith(end) for end in _LOCAL)
