"""The only way out by HTTP: to enrolled hosts, to the address that was checked, never along a redirect, little and not for long."""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol, cast
from urllib.parse import urlsplit

RESOLVE_SECONDS: Final = 5.0
CONNECT_SECONDS: Final = 5.0
SEND_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 10.0
# No post and no look takes longer, whatever the other side does: the name, the connection, TLS, what is sent, what is answered.
LONGEST_SECONDS: Final = RESOLVE_SECONDS + 2 * CONNECT_SECONDS + SEND_SECONDS + ANSWER_SECONDS
MOST_BYTES: Final = 64 * 1024
PAGE_SECONDS: Final = 60.0
MOST_PAGE_BYTES: Final = 16 * 1024 * 1024
_PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How an outside address answered; `status` 0: not at all, and `error` says why in a word.

    `retry_after`: the seconds it asked us to wait, if it said so in whole seconds.
    """

    status: int
    error: str = ""
    body: bytes = b""
    retry_after: int = 0


class Sink(Protocol):
    """Where fetched bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take the next piece."""
        ...


class Outgoing(Protocol):
    """What sends; the real one below, or a stand-in that can fail on demand."""

    def post(self, *, url: str, body: bytes, headers: Mapping[str, str], hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Send a body and return the reply."""
        ...

    def look(self, *, url: str, hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Ask an address as a stranger would, and return the status alone."""
        ...


class Fetching(Protocol):
    """What fetches files; the real one below, or a stand-in that can fail on demand."""

    def fetch(self, *, url: str, hosts: Sequence[str], private: Sequence[str], into: Sink, most: int, within: float) -> Reply:
        """Ask an address as a stranger would, and write what it serves into `into`."""
        ...


class Asker(Protocol):
    """What asks a service for a whole page; the real one below, or a stand-in that can fail on demand."""

    def ask(
        self, *, method: str, url: str, body: bytes | None, headers: Mapping[str, str], hosts: Sequence[str], private: Sequence[str]
    ) -> Reply:
        """Ask, and return the whole answer or why there is none."""
        ...


class Http:
    """Outgoing and Fetching over http.client with the resolved address pinned (no second look-up between check and use)."""

    def post(self, *, url: str, body: bytes, headers: Mapping[str, str], hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Send a body and return the reply; never raises for what the other side does."""
        return _ask("POST", url, body, {**headers, "content-length": str(len(body))}, hosts, private, _little)

    def look(self, *, url: str, hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Ask an address as a stranger would: no cookies, no key, no cached answer."""
        return _ask("GET", url, None, _STRANGER, hosts, private, _nothing)

    def fetch(self, *, url: str, hosts: Sequence[str], private: Sequence[str], into: Sink, most: int, within: float) -> Reply:
        """Ask an address as a stranger would, and write the body of a 200 into `into`: at most `most` bytes, in `within` seconds.

        Nothing is unpacked, and what is not whole is no answer: `error` says `too-large`, `cut-off`, `encoded` or `timeout`, and
        what `into` holds by then is to be thrown away.
        """
        return _ask("GET", url, None, _STRANGER, hosts, private, partial(_body, into=into, most=most), within)

    def ask(
        self, *, method: str, url: str, body: bytes | None, headers: Mapping[str, str], hosts: Sequence[str], private: Sequence[str]
    ) -> Reply:
        """Return a whole answer of up to 16 MiB within a minute; one that was cut short or is longer has status 0 and no body."""
        length = {} if body is None else {"content-length": str(len(body))}
        return _ask(method, url, body, {**headers, **length}, hosts, private, _page, PAGE_SECONDS)


Reader = Callable[[http.client.HTTPResponse], Reply]
_STRANGER: Final = {"cache-control": "no-cache", "accept": "*/*"}


def _nothing(response: http.client.HTTPResponse) -> Reply:
    return Reply(status=response.status)


def _little(response: http.client.HTTPResponse) -> Reply:
    return Reply(status=response.status, body=response.read(MOST_BYTES))


def _page(response: http.client.HTTPResponse) -> Reply:
    content = response.read(MOST_PAGE_BYTES + 1)
    if len(content) > MOST_PAGE_BYTES:
        return Reply(status=0, error="too-large")
    if response.length:  # what was promised and has not come: read() with a limit keeps quiet about it
        return Reply(status=0, error="cut-off")
    return Reply(status=response.status, body=content, retry_after=_seconds(response.getheader("retry-after")))


def _seconds(text: str | None) -> int:
    """Return whole seconds; a date, or anything else, is 0 (the caller has a pace of its own)."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _body(response: http.client.HTTPResponse, *, into: Sink, most: int) -> Reply:
    if response.status != 200:
        return Reply(status=response.status)
    if response.getheader("content-encoding", "identity").strip().lower() not in ("", "identity"):
        return Reply(status=0, error="encoded")
    if (response.length or 0) > most:
        return Reply(status=0, error="too-large")
    came = 0
    while piece := response.read(min(_PIECE, most + 1 - came)):
        came += len(piece)
        if came > most:
            return Reply(status=0, error="too-large")
        into.write(piece)
    return Reply(status=0, error="cut-off") if response.length else Reply(status=200)


def _ask(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    hosts: Sequence[str],
    private: Sequence[str],
    read: Reader,
    within: float | None = None,
) -> Reply:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
        scheme = parts.scheme.lower()
    except ValueError:
        return Reply(status=0, error="bad-address")
    if scheme not in ("http", "https") or not host or parts.username is not None:
        return Reply(status=0, error="bad-address")
    real_port = port or (443 if scheme == "https" else 80)
    name = f"{host}:{port}" if port and port not in (80, 443) else host
    if name not in hosts and f"{host}:{real_port}" not in hosts:
        return Reply(status=0, error="host-not-enrolled")
    allow_private = name in private or f"{host}:{real_port}" in private
    address = _resolve(host, real_port, allow_private=allow_private)
    if isinstance(address, Reply):
        return address
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Pinned(host, real_port, address, secure=scheme == "https", within=within)
    return _exchange(connection, method, path, body, {**headers, "host": parts.netloc.rpartition("@")[2]}, read)


def _resolve(host: str, port: int, *, allow_private: bool) -> str | Reply:
    found = _look_up(host, port)
    if isinstance(found, Reply):
        return found
    for *_, place in found:
        text = str(place[0])
        try:
            ip = ipaddress.ip_address(text)
        except ValueError:
            continue
        mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
        if (mapped or ip).is_global or allow_private:
            return text
    return Reply(status=0, error="private-address")


def _look_up(host: str, port: int) -> list[Any] | Reply:
    """Ask for a name in a thread of its own: the system's resolver has no time limit."""
    found: list[Any] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            found.append(Reply(status=0, error="no-such-host"))

    asking = threading.Thread(target=ask, name="resolver", daemon=True)
    asking.start()
    asking.join(RESOLVE_SECONDS)
    return cast("list[Any] | Reply", found[0]) if found else Reply(status=0, error="timeout")


class _Until(io.RawIOBase):
    """Reads a socket until a moment of the monotonic clock: an answer that comes in drops is over in time all the same."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock, self._raw, self._until = sock, sock.makefile("rb", buffering=0), until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """A response that is read until its time is over."""

    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, *, within: float) -> None:
        super().__init__(sock, debuglevel, method)
        self.fp.close()
        self.fp = io.BufferedReader(_Until(sock, time.monotonic() + within))


class _Pinned(http.client.HTTPConnection):
    def __init__(self, host: str, port: int, address: str, *, secure: bool, within: float | None) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS)
        self._address, self._secure, self._until = address, secure, 0.0
        self.response_class = partial(_Answer, within=ANSWER_SECONDS if within is None else within)  # type: ignore[assignment]

    def connect(self) -> None:
        sock = socket.create_connection((self._address, self.port), timeout=CONNECT_SECONDS)
        if self._secure:
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=self.host)
        self._until = time.monotonic() + SEND_SECONDS
        self.sock = sock

    def send(self, data: Any) -> None:
        """Send all of it, in its time also where it is taken in drops; the library's own counts each part anew under TLS."""
        if self.sock is None:
            self.connect()
        rest = memoryview(data)
        while rest:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)
            rest = rest[self.sock.send(rest) :]


def _exchange(connection: _Pinned, method: str, path: str, body: bytes | None, headers: Mapping[str, str], read: Reader) -> Reply:
    try:
        connection.request(method, path, body=body, headers={"user-agent": "Odzew", "connection": "close", **headers})
        return read(connection.getresponse())
    except TimeoutError:
        return Reply(status=0, error="timeout")
    except ssl.SSLError:
        return Reply(status=0, error="tls")
    except (OSError, http.client.HTTPException, UnicodeError, ValueError):
        return Reply(status=0, error="no-answer")
    finally:
        connection.close()
