"""Clients that are slow, silent, cut off or unkind, over real sockets: they harm nobody but themselves."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.api.serving import LIMIT, alive, answer_on, ask, head, open_to, serving
from tests.api.wire import ITEM, NOTICE, Wire, rows

MANY = 24
FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def port(django_db_setup: None) -> Iterator[int]:
    """The port of a desk of one web process of four threads, where a client may be late by two seconds."""
    with serving(client_seconds=2) as port:
        yield port


def _key(wire: Wire, who: str = "platform") -> str:
    return f"Authorization: Bearer {wire.keys[who]}"


def _notice(wire: Wire, name: str) -> bytes:
    body = json.dumps(NOTICE | {"external_id": name}).encode()
    return head("POST", "/api/v1/notices", _key(wire), JSON, length=len(body)) + body


def _stored(wanted: int) -> int:
    until = time.monotonic() + LIMIT
    while (stored := rows()["notices_notice"]) < wanted and time.monotonic() < until:
        time.sleep(0.05)
    return stored


def test_half_sent_bodies_and_heads_hold_nobody_up(wire: Wire, port: int) -> None:
    assert wire.item().status == 201
    half = head("POST", "/api/v1/notices", _key(wire), JSON, length=500) + b'{"source":'
    page = head("POST", "/status", FORM, "Accept: text/html", length=500) + b"code="
    with ExitStack() as opened:
        kept = [opened.enter_context(open_to(port, half)) for _ in range(MANY)]
        pages = [opened.enter_context(open_to(port, page)) for _ in range(MANY)]
        for start in (b"POST /api/v1/noti", head("POST", "/status", length=9)[:-2]):
            for _ in range(MANY):
                opened.enter_context(open_to(port, start))
        assert alive(port)
        assert ask(port, _notice(wire, "quick"))[0] == 201
        status, headers, said = answer_on(kept[0])
        assert (status, headers["content-type"], headers["connection"]) == (408, "application/problem+json", "close")
        assert json.loads(said)["type"] == "urn:odzew:problem:too-slow"
        assert headers["content-security-policy"] and headers["cache-control"] == "no-store"
        status, headers, said = answer_on(pages[-1])
        assert status == 408 and headers["content-type"].startswith("text/html") and b"too slowly" in said
    assert rows()["notices_notice"] == 1


def test_a_body_in_drops_is_given_up_and_one_that_keeps_pace_is_not(wire: Wire, port: int) -> None:
    with closing(open_to(port, head("POST", "/api/v1/notices", _key(wire), JSON, length=500))) as drops:
        for _ in range(300):
            if select.select([drops], [], [], 0.1)[0]:
                break
            drops.sendall(b" ")
        assert answer_on(drops)[0] == 408
    line = json.dumps({"id": "a-1", **ITEM, "media": []}).encode() + b"\n"
    body = line.ljust(120_000) + b"\n"
    with closing(
        open_to(port, head("POST", "/api/v1/items:batch", _key(wire), "Content-Type: application/x-ndjson", length=120_001))
    ) as s:
        for begin in range(0, 120_001, 12_000):  # slower than its patience alone allows
            s.sendall(body[begin : begin + 12_000])
            assert not select.select([s], [], [], 0.25)[0] or begin == 120_000
        assert answer_on(s)[0] == 200


def test_five_hundred_silent_connections(wire: Wire, port: int) -> None:
    with ExitStack() as opened:
        idle = [opened.enter_context(open_to(port)) for _ in range(500)]
        assert alive(port)
        assert idle[0].recv(100) == b""  # closed when its time was over


def test_whoever_reads_slowly_or_leaves_holds_nobody_up(wire: Wire, port: int) -> None:
    with ExitStack() as opened:
        for _ in range(MANY):
            slow = opened.enter_context(socket.socket())
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            slow.settimeout(20)
            slow.connect(("127.0.0.1", port))
            slow.sendall(head("GET", "/api/v1/openapi.json") * 4)
        assert alive(port)
    assert wire.item().status == 201
    with ExitStack() as opened:
        for n in range(MANY):
            open_to(port, head("POST", "/api/v1/notices", _key(wire), JSON, length=900) + json.dumps(NOTICE).encode()).close()
            sent = opened.enter_context(open_to(port, _notice(wire, f"left-{n}") if n < 4 else head("GET", "/healthz")))
            if n >= 4:
                sent.close()
        assert alive(port)
        assert _stored(4) == 4  # what was taken in whole is stored, though nobody reads the answer; what was not whole, is not
    # Whoever leaves at once may not have been heard. Nothing was promised to them; asking again gives one notice in any case.
    for n in range(4):
        open_to(port, _notice(wire, f"gone-{n}")).close()
    for n in range(4):
        assert ask(port, _notice(wire, f"gone-{n}"))[0] in (200, 201)
    assert _stored(8) == 8
    cut = open_to(port, head("POST", "/api/v1/notices", _key(wire), JSON, length=900) + json.dumps(NOTICE).encode())
    with closing(cut):
        cut.shutdown(socket.SHUT_WR)
        assert answer_on(cut)[0] == 400  # whole JSON, but not what was announced


def test_what_http_allows_and_what_it_does_not(wire: Wire, port: int) -> None:
    with closing(open_to(port, head("HEAD", "/") + head("GET", "/healthz") + head("GET", "/nowhere"))) as sock:
        line = sock.makefile("rb")
        first = [line.readline() for _ in range(30)]
        bare = first[: first.index(b"\r\n")]
        assert bare[0] == b"HTTP/1.1 200 OK\r\n" and any(h.lower().startswith(b"content-length: ") for h in bare)
        assert first[len(bare) + 1].startswith(b"HTTP/1.1 200")  # no body between them, and in their order
        line.close()
    form = head("POST", "/status", FORM, "Expect: 100-continue", "Accept: text/html", length=6)
    with closing(open_to(port, form)) as sock:
        assert sock.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"code=x")
        assert answer_on(sock)[0] == 404
    refused = {
        413: head("POST", "/status", FORM, "Expect: 100-continue", "Accept: text/html", length=2_000_000),
        411: head("POST", "/status", FORM, "Transfer-Encoding: chunked") + b"5\r\ncode=\r\n0\r\n\r\n",
        400: head("POST", "/status", FORM, "Content-Length: 4", length=5) + b"code=",
        431: head("GET", "/", *(f"X-{n}: 1" for n in range(400))),
    }
    for status, sent in refused.items():
        assert ask(port, sent)[0] == status
    assert ask(port, head("POST", "/status", FORM, "Transfer-Encoding: chunked", length=5) + b"0\r\n\r\n")[0] == 411
    assert ask(port, head("GET", "/status?lang=pl&x=ł"), "GET")[0] == 200
    assert ask(port, head("GET", "/ż%ff%00/ł"), "GET")[0] == 404
    assert ask(port, head("OPTIONS", "*"), "OPTIONS")[0] == 400
    huge = open_to(port)
    with closing(huge):
        try:
            huge.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 4_000_000)
            assert b" 431 " in huge.recv(100)
        except ConnectionError:
            pass  # it hung up before all was sent, which is as good
    assert alive(port)


def test_a_header_cannot_pass_itself_off_as_another(wire: Wire, port: int) -> None:
    spoofed = head("GET", "/metrics", "X-Forwarded-For: 203.0.113.9")
    assert ask(port, spoofed, "GET")[0] == 401
    assert ask(port, head("GET", "/metrics", f"Authorization: Bearer {wire.keys['read']}"), "GET")[0] == 403
    assert ask(port, head("GET", "/metrics", f"Authorization_: Bearer {wire.keys['metrics']}"), "GET")[0] == 200  # as from here
    assert ask(port, head("GET", "/api/v1/cases", f"AUTHORIZATION_: Bearer {wire.keys['read']}"), "GET")[0] == 401


def test_only_a_good_key_may_send_much(wire: Wire, port: int) -> None:
    kind = "Content-Type: application/x-ndjson"
    announced = head("POST", "/api/v1/items:batch", kind, length=30_000_000)
    assert ask(port, announced)[0] == 401  # without a byte of it
    assert ask(port, head("POST", "/api/v1/items:batch", kind, "Authorization: Bearer odz_no", length=30_000_000))[0] == 401
    assert ask(port, head("POST", "/api/v1/items:batch", kind, _key(wire), length=40_000_000))[0] == 413
    lines = b"".join(json.dumps({"id": f"b-{n}", **ITEM, "media": []}).encode() + b"\n" for n in range(9000))
    assert len(lines) > 1 << 20
    status, _, said = ask(port, head("POST", "/api/v1/items:batch", kind, _key(wire), length=len(lines)) + lines)
    assert (status, json.loads(said)) == (200, {"stored": 9000, "new": 9000})
