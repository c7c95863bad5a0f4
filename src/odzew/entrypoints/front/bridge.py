"""A request of granian's RSGI as WSGI's environment, and what a WSGI application answers as one piece (PEP 3333)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO, Protocol

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]


class Headers(Protocol):
    """The headers of a request, by their names in small letters."""

    def __contains__(self, name: str) -> bool: ...
    def items(self) -> list[tuple[str, str]]: ...
    def get(self, name: str, default: Any = None) -> Any: ...


class Scope(Protocol):
    """What granian tells of a request; `path` is decoded, `client` and `server` are an address with a port."""

    method: str
    path: str
    query_string: str
    client: str
    server: str
    scheme: str
    http_version: str
    headers: Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes out."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def address_of(name: str) -> tuple[str, str]:
    """Split an address from its port: `[::1]:8400` is `::1` and `8400`."""
    host, _, port = name.rpartition(":")
    return host.strip("[]"), port


@lru_cache(maxsize=512)
def _key(name: str) -> str:
    """The environment's name of a header; empty for one that could pass itself off as another."""
    return "" if "_" in name else "HTTP_" + name.upper().replace("-", "_")


def environ_of(*, scope: Scope, body: BinaryIO, length: int) -> Environ:
    """Return the environment of a request whose body has been taken in."""
    host, port = address_of(scope.server)
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string.encode().decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": address_of(scope.client)[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        key = _key(name)
        if key in environ:
            environ[key] += ("; " if name == "cookie" else ",") + value
        elif key:
            environ[key] = value
    environ.pop("HTTP_CONTENT_LENGTH", None)
    if "content-length" in scope.headers:
        environ["CONTENT_LENGTH"] = str(length)
    if (kind := environ.pop("HTTP_CONTENT_TYPE", None)) is not None:
        environ["CONTENT_TYPE"] = kind
    return environ


def answer_of(*, application: Application, environ: Environ) -> Answer:
    """Return the whole answer of an application; raises what it raises."""
    said: list[Any] = []
    parts: list[bytes] = []

    def start(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], None]:
        said[:] = [int(status[:3]), headers]
        return parts.append

    result = application(environ, start)
    try:
        parts.extend(result)
    finally:
        if (close := getattr(result, "close", None)) is not None:
            close()
    return Answer(status=said[0], headers=said[1], body=b"".join(parts))
