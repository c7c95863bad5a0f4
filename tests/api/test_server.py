"""The same over a real server and real sockets, in one process of four threads."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from tests.api.serving import WSGI, serving
from tests.api.wire import ITEM, NOTICE, Wire


@pytest.fixture(params=[(), WSGI], ids=["front", "wsgi"])
def port(wire: Wire, request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a server on this test's database: the desk's own, and a WSGI server of somebody else's choice."""
    with serving(words=request.param) as port:
        yield port


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
