"""Which provider this desk has, from its settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from odzew.foundation.errors import Unsafe
from odzew.foundation.settings import Settings, settings

BACK: Final = "/console/sign-in/provider/back"
SECRET_FILE: Final = "oidc-client-secret"  # noqa: S105 - the name of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The provider, and what this desk is to it. `redirect` is where it sends people back to, and the only such address."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    private: bool
    redirect: str

    @property
    def discovery(self) -> str:
        """Where the provider describes itself (OpenID Connect Discovery 1.0, section 4)."""
        return self.issuer.removesuffix("/") + "/.well-known/openid-configuration"


def place_of(*, chosen: Settings) -> Place | None:
    """Return the provider of these settings, or None: single sign-on is off. Raises `Unsafe` with what is wrong about them."""
    if not chosen.oidc_issuer:
        if chosen.oidc_client_id or chosen.oidc_client_secret:
            raise Unsafe("ODZEW_OIDC_CLIENT_ID or its secret is set without ODZEW_OIDC_ISSUER: nobody could sign in by it.")
        return None
    if wrong := why_unsafe(url=chosen.oidc_issuer, private=chosen.oidc_private) or _not_an_issuer(chosen.oidc_issuer):
        raise Unsafe(f"ODZEW_OIDC_ISSUER {wrong}.")
    if not chosen.oidc_client_id:
        raise Unsafe("ODZEW_OIDC_ISSUER is set without ODZEW_OIDC_CLIENT_ID.")
    return Place(
        issuer=chosen.oidc_issuer,
        client_id=chosen.oidc_client_id,
        client_secret=chosen.oidc_client_secret or _from_file(chosen.keys_folder / SECRET_FILE),
        name=chosen.oidc_name.strip() or (urlsplit(chosen.oidc_issuer).hostname or ""),
        private=chosen.oidc_private,
        redirect=chosen.base_url + BACK,
    )


def why_unsafe(*, url: str, private: bool) -> str:
    """Return why an address of a provider must not be used, or nothing. Without TLS only on this machine, where that is allowed."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is not an address"
    good = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not good or not host or port == 0 or parts.username is not None or parts.fragment or parts.scheme not in ("https", "http"):
        return "is not an address like https://sign-in.example.org"
    if parts.scheme == "http" and not (private and _here(host)):
        return "must be https: who signs in would be decided by anybody on the way"
    return ""


def _not_an_issuer(url: str) -> str:
    return "has a question mark, which no issuer has" if "?" in url else ""


def _here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _from_file(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise Unsafe(f"{path} can be read by other users; run: chmod 600 {path}")
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unsafe(f"The client secret is missing: set ODZEW_OIDC_CLIENT_SECRET, or write it to {path}.") from error
    if not 0 < len(secret) <= 400:
        raise Unsafe(f"{path} holds no client secret.")
    return secret


@lru_cache(maxsize=1)
def the_place() -> Place | None:
    """Return the provider of this process, or None."""
    return place_of(chosen=settings())
