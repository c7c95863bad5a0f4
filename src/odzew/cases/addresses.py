"""One name for every spelling of an address. Nothing here is ever fetched."""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

_TRACKING: Final = frozenset({"fbclid", "gclid", "igshid", "ref_src", "si"})
_LONGEST: Final = 4096


def normal(*, url: str) -> str:
    """Return the address without scheme, user, default port, fragment, trailing slash and tracking words; host in lower case.

    An address that is not an URL (an account name, a sentence) comes back trimmed, so that it still has one name.
    """
    text = url.strip()[:_LONGEST]
    try:
        parts = urlsplit(text if "://" in text else f"//{text}", scheme="https")
        host = (parts.hostname or "").rstrip(".")
        host = host.encode("idna").decode() if host and not host.isascii() else host.lower()
        port = parts.port
    except ValueError:
        return text
    if not host or " " in host:
        return text
    if port and port not in (80, 443):
        host = f"{host}:{port}"
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(k.lower())]
    path = unquote(parts.path).rstrip("/")
    return f"{host}{path}" + (f"?{urlencode(sorted(query))}" if query else "")


def _tracks(word: str) -> bool:
    """Whole words only: `sid` and `size` name another page, `si` does not."""
    return word in _TRACKING or word.startswith("utm_")


def host_of(*, url: str) -> str:
    """Return `host` or `host:port` of an address as enrolled hosts are written; empty if there is none."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return ""
    return f"{host}:{port}" if port and port not in (80, 443) else host


def address_key(*, url: str) -> bytes:
    """Return the 16 bytes under which an address is looked up."""
    return hashlib.sha256(normal(url=url).encode()).digest()[:16]


def stripe(*, key: bytes) -> int:
    """Return which of the 64 registration locks guards a key (an address or a file hash)."""
    return 0x0D2E_0000 + key[0] % 64
