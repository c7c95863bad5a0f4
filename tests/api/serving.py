"""A desk's web as a real process on a real socket, on the database of this test."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection

LIMIT = 60.0
START = 120.0
WSGI = ["granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "4", "--backpressure", "64", "--no-ws"]
WSGI += ["--log-level", "error"]


def _url() -> str:
    """The address of this process' own test database."""
    base, _, query = os.environ["ODZEW_TEST_URL"].partition("?")
    name = connection.settings_dict["NAME"]
    return f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@contextmanager
def serving(*, words: Sequence[str] = (), **settings: object) -> Iterator[int]:
    """Give the port of a web of one process: the desk's own, or the one that `words` start; it is ended with the block."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = int(sock.getsockname()[1])
    ours = {f"ODZEW_{name.upper()}": str(value) for name, value in {"port": port, "web_processes": 1, **settings}.items()}
    env = {**os.environ, "ODZEW_DATABASE_URL": _url(), "ODZEW_LOG_LEVEL": "error", **ours}
    call = [sys.executable, "-m", "odzew.entrypoints.web"]
    if words:
        target = "odzew.entrypoints.site.wsgi:application"
        call = [str(Path(sys.executable).with_name(words[0])), *words[1:], "--host", "127.0.0.1", "--port", str(port), target]
    server = subprocess.Popen(call, env=env)
    try:
        until = time.monotonic() + START
        while time.monotonic() < until and server.poll() is None:
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def head(method: str, path: str, *lines: str, length: int | None = None) -> bytes:
    """The bytes of a request's head."""
    more = [*lines, *([] if length is None else [f"Content-Length: {length}"])]
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *more, "", ""]).encode()


def open_to(port: int, sent: bytes = b"") -> socket.socket:
    """Connect, and send something."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
    sock.sendall(sent)
    return sock


def answer_on(sock: socket.socket, method: str = "POST") -> tuple[int, dict[str, str], bytes]:
    """Read one answer: its status, its headers by their names in small letters, its body."""
    answer = http.client.HTTPResponse(sock, method=method)
    answer.begin()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def ask(port: int, sent: bytes, method: str = "POST") -> tuple[int, dict[str, str], bytes]:
    """Send what is given on a connection of its own, and read one answer."""
    with closing(open_to(port, sent)) as sock:
        return answer_on(sock, method)


def alive(port: int) -> bool:
    """Does the desk answer a request within the limit? It is, unlike `/healthz`, one that needs a thread and the database."""
    return ask(port, head("GET", "/readyz"), "GET")[0] in (200, 503)
