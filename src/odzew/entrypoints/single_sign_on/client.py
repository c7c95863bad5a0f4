"""What is asked of the provider: how to reach it, its keys, and one ID token for one code. Little, not for long, along no redirect."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import orjson

from odzew.entrypoints.single_sign_on.place import Place, the_place, why_unsafe
from odzew.entrypoints.single_sign_on.token import UnknownKey, subject_of
from odzew.foundation.errors import Unauthorised, Unavailable
from odzew.foundation.outgoing import Fetching, Http, Outgoing, Reply

T = TypeVar("T")
MOST_BYTES: Final = 256 * 1024
SECONDS: Final = 5.0
KEPT_SECONDS: Final = 3600.0
# After a failure, and between two looks for keys that we do not know.
PAUSE_SECONDS: Final = 10.0
MOST_KEYS: Final = 100
# Threads of a web process that may wait for the provider at once; whoever comes then is told to come again.
AT_ONCE: Final = 2


class Out(Outgoing, Fetching, Protocol):
    """What sends and fetches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What the provider says of itself. `names_itself`: it puts `iss` into what it sends back (RFC 9207)."""

    authorize: str
    token: str
    keys: str
    basic: bool
    names_itself: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round with the provider: what only the browser that began it knows. `verifier` is of PKCE (RFC 7636)."""

    state: str
    nonce: str
    verifier: str


class Client:
    """The provider as this process knows it: its description and its keys are kept for an hour."""

    def __init__(self, *, place: Place, out: Out) -> None:
        self.place, self._out = place, out
        self._room, self._lock = threading.BoundedSemaphore(AT_ONCE), threading.Lock()
        self._described: tuple[float, Described] | None = None
        self._keys: tuple[float, Sequence[Mapping[str, Any]]] | None = None
        self._failed = -PAUSE_SECONDS

    def way(self, *, round_: Round) -> str:
        """Return where the browser is sent. Raises `Unavailable`."""
        described = self._known() or self._waiting(self._describe)
        asked = {
            "response_type": "code",
            "client_id": self.place.client_id,
            "redirect_uri": self.place.redirect,
            "scope": "openid",
            "state": round_.state,
            "nonce": round_.nonce,
            "code_challenge": _challenge(round_.verifier),
            "code_challenge_method": "S256",
        }
        return described.authorize + ("&" if "?" in described.authorize else "?") + urlencode(asked)

    def subject(self, *, code: str, said_issuer: str | None, round_: Round, now: datetime) -> str:
        """Return whose account a code stands for. Raises `Unauthorised` for an answer that is not good, and `Unavailable`."""
        return self._waiting(lambda: self._subject(code, said_issuer, round_, now))

    def look(self) -> None:
        """Ask the provider anew for its description and its keys. Raises `Unavailable` with what is wrong."""
        self._fresh_keys(self._describe())

    def _known(self) -> Described | None:
        kept = self._described
        return kept[1] if kept and time.monotonic() - kept[0] < KEPT_SECONDS else None

    def _waiting(self, work: Callable[[], T]) -> T:
        """Do what waits for the provider, if not too many wait for it already: most threads stay for those who report."""
        if not self._room.acquire(blocking=False):
            raise Unavailable("The provider is asked by others now; try again.")
        try:
            return work()
        finally:
            self._room.release()

    def _subject(self, code: str, said_issuer: str | None, round_: Round, now: datetime) -> str:
        described = self._known() or self._describe()
        if (said_issuer is not None or described.names_itself) and said_issuer != self.place.issuer:
            raise Unauthorised("Another provider answered.")
        token = self._token(described, code, round_.verifier)
        for keys in (self._kept_keys, self._fresh_keys):
            try:
                return subject_of(token=token, keys=keys(described), place=self.place, nonce=round_.nonce, now=now)
            except UnknownKey:
                continue
        raise Unauthorised("The provider signed with a key that it does not show.")

    def _token(self, described: Described, code: str, verifier: str) -> str:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.place.redirect, "code_verifier": verifier}
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if described.basic:
            pair = f"{quote_plus(self.place.client_id)}:{quote_plus(self.place.client_secret)}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": self.place.client_id, "client_secret": self.place.client_secret}
        hosts = [_host(described.token)]
        reply = self._out.post(
            url=described.token, body=urlencode(form).encode(), headers=headers, hosts=hosts, private=self._private(hosts)
        )
        if reply.status == 0 or reply.status >= 500:
            raise Unavailable(f"The provider did not answer ({reply.error or reply.status}).")
        token = _read(reply.body).get("id_token") if reply.status == 200 else None
        if not isinstance(token, str):
            raise Unauthorised("The provider gave no ID token.")
        return token

    def _describe(self) -> Described:
        """Return what the provider says of itself now; after a failure not before a pause is over. Raises `Unavailable`."""
        with self._lock:
            if known := self._known():
                return known
            said = self._fetched(self.place.discovery)
            if said.get("issuer") != self.place.issuer:
                raise self._wrong("names another issuer than ODZEW_OIDC_ISSUER, which must be the same letter by letter")
            ways = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
            if not isinstance(ways, list) or not {"client_secret_basic", "client_secret_post"} & {str(way) for way in ways}:
                raise self._wrong("takes no client secret")
            pkce = said.get("code_challenge_methods_supported", ["S256"])
            if not isinstance(pkce, list) or "S256" not in pkce:
                raise self._wrong("does not know PKCE with S256")
            described = Described(
                authorize=self._address(said, "authorization_endpoint"),
                token=self._address(said, "token_endpoint"),
                keys=self._address(said, "jwks_uri"),
                basic="client_secret_basic" in ways,
                names_itself=said.get("authorization_response_iss_parameter_supported") is True,
            )
            self._described = (time.monotonic(), described)
            return described

    def _address(self, said: Mapping[str, Any], name: str) -> str:
        url = said.get(name)
        if not isinstance(url, str) or len(url) > 2000 or (wrong := why_unsafe(url=url, private=self.place.private)):
            raise self._wrong(f"has a {name} that {wrong if isinstance(url, str) and len(url) <= 2000 else 'is not an address'}")
        return url

    def _kept_keys(self, described: Described) -> Sequence[Mapping[str, Any]]:
        kept = self._keys
        return kept[1] if kept and time.monotonic() - kept[0] < KEPT_SECONDS else self._fresh_keys(described)

    def _fresh_keys(self, described: Described) -> Sequence[Mapping[str, Any]]:
        """Return the keys that the provider shows now; asked again within a pause, those of then."""
        with self._lock:
            kept = self._keys
            if kept and time.monotonic() - kept[0] < PAUSE_SECONDS:
                return kept[1]
            shown = self._fetched(described.keys).get("keys")
            if not isinstance(shown, list) or len(shown) > MOST_KEYS:
                raise self._wrong("shows no keys")
            keys = [key for key in shown if isinstance(key, dict)]
            self._keys = (time.monotonic(), keys)
            return keys

    def _fetched(self, url: str) -> Mapping[str, Any]:
        if time.monotonic() - self._failed < PAUSE_SECONDS:
            raise Unavailable("The provider did not answer a moment ago; try again in a little.")
        into, hosts = io.BytesIO(), [_host(url)]
        reply: Reply = self._out.fetch(
            url=url, hosts=hosts, private=self._private(hosts), into=into, most=MOST_BYTES, within=SECONDS
        )
        said = _read(into.getvalue()) if reply.status == 200 else {}
        if not said:
            raise self._wrong(f"did not answer at {url} ({reply.error or (reply.status if reply.status != 200 else 'no JSON')})")
        return said

    def _wrong(self, what: str) -> Unavailable:
        self._failed = time.monotonic()
        return Unavailable(f"The provider of single sign-on {what}.")

    def _private(self, hosts: list[str]) -> list[str]:
        return hosts if self.place.private else []


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _host(url: str) -> str:
    """Return the host of an address as what goes out knows it: with its port, unless that is the usual one."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    return f"{host}:{parts.port}" if parts.port and parts.port not in (80, 443) else host


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        said = orjson.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


@lru_cache(maxsize=1)
def the_client() -> Client | None:
    """Return what asks the provider for this process, or None where single sign-on is off."""
    place = the_place()
    return Client(place=place, out=Http()) if place else None
