"""The same over a real server and real sockets: granian, WSGI, one process of four threads."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.api.wire import ITEM, NOTICE, Wire


def _url() -> str:
    """The address of this process' own test database."""
    base, _, query = os.environ["ODZEW_TEST_URL"].partition("?")
    name = connection.settings_dict["NAME"]
    return f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


@pytest.fixture
def port(wire: Wire) -> Iterator[int]:
    """The port of a server on this test's database."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = int(sock.getsockname()[1])
    granian = Path(sys.executable).with_name("granian")
    words = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4"]
    env = {**os.environ, "ODZEW_DATABASE_URL": _url(), "ODZEW_WEB_PROCESSES": "1"}
    target = "odzew.entrypoints.site.wsgi:application"
    server = subprocess.Popen([granian, *words, "--backpressure", "64", "--no-ws", "--log-level", "error", target], env=env)
    try:
        for _ in range(200):
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def test_the_walk_over_sockets(wire: Wire, port: int) -> None:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Authorization": f"Bearer {wire.keys['platform']}", "Content-Type": "application/json"}

    def call(method: str, path: str, body: object = None, **more: str) -> tuple[int, bytes]:
        line.request(method, path, None if body is None else json.dumps(body).encode(), {**headers, **more})
        answer = line.getresponse()
        return answer.status, answer.read()

    assert call("PUT", "/api/v1/items/post-1", ITEM)[0] == 201
    status, body = call("POST", "/api/v1/notices", {**NOTICE, "text": "Zażółć gęślą jaźń", "external_id": "ż-1"})
    assert status == 201
    assert call("POST", "/api/v1/notices", {**NOTICE, "text": "Zażółć gęślą jaźń", "external_id": "ż-1"}) == (200, body)
    assert call("GET", f"/api/v1/notices/{json.loads(body)['notice']}")[0] == 200
    assert call("GET", "/readyz")[0] == 200
    assert call("GET", "/metrics", Authorization=f"Bearer {wire.keys['metrics']}")[0] == 200
    batch = b"".join(json.dumps({"id": f"b-{n}", **ITEM, "media": []}).encode() + b"\n" for n in range(500))
    line.request("POST", "/api/v1/items:batch", batch, {**headers, "Content-Type": "application/x-ndjson"})
    answer = line.getresponse()
    assert (answer.status, json.loads(answer.read())) == (200, {"stored": 500, "new": 500})
    line.close()
    _lengths_that_lie(port, wire.keys["platform"])


def _lengths_that_lie(port: int, key: str) -> None:
    """A body without a length, one far too large, and one cut off: each is refused, and the server goes on."""
    start = f"POST /api/v1/notices HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    for rest, status in (
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", b" 411 "),
        (b"Content-Length: 99999999\r\n\r\n{", b" 413 "),
        (b"Content-Length: 70000\r\n\r\n" + b"a" * 70_000, b" 413 "),
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
            sock.sendall(start.encode() + rest)
            assert status in sock.recv(4096).split(b"\r\n")[0]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.sendall(start.encode() + b"Content-Length: 100\r\n\r\n{")
    alive = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    alive.request("GET", "/healthz")
    assert alive.getresponse().read() == b'{"alive":true}'
    alive.close()
