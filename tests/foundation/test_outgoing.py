"""Nothing is asked but enrolled hosts, at the address that was checked, and never along a redirect."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from odzew.foundation import outgoing
from odzew.foundation.outgoing import Http


class _Canary(BaseHTTPRequestHandler):
    hits: list[str] = []  # noqa: RUF012 - shared on purpose: what any connection asked for

    server: ThreadingHTTPServer

    def do_GET(self) -> None:
        """Answer, and remember."""
        self.hits.append(f"{self.headers['host']} {self.path}")
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("location", f"http://127.0.0.1:{self.server.server_port}/inside")
        else:
            self.send_response(451 if self.path == "/gone" else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        """The same for a body."""
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """A listener on loopback that remembers what reached it."""
    _Canary.hits.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Canary)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def _loopbacks() -> list[str]:
    names = ["127.0.0.1", "127.1", "127.0.1", "0.0.0.0", "0", "localhost", "LOCALHOST", "localhost.", "2130706433", "0x7f000001"]
    names += [
        "0177.0.0.1",
        "0x7f.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
        "127.0.0.1%00",
    ]
    names += [f"127.{a}.{b}.{c}" for a in (0, 1, 255) for b in (0, 9, 254) for c in (1, 2, 53, 254)]
    names += ["user@127.0.0.1", "kladka.example@127.0.0.1", "127.0.0.1#@kladka.example", "127。0。0。1", "①②⑦.0.0.1", "ⓛocalhost"]
    names += ["10.0.0.1", "192.168.0.1", "172.16.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "100.64.0.1", "224.0.0.1"]
    return names


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "file", "gopher", ""])
@pytest.mark.parametrize("name", _loopbacks())
def test_an_address_that_is_not_enrolled_is_never_asked(port: int, scheme: str, name: str) -> None:
    reply = Http().look(url=f"{scheme}://{name}:{port}/x", hosts=["kladka.example"], private=[])
    assert reply.status == 0
    assert _Canary.hits == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_an_enrolled_name_that_leads_inside_needs_leave_for_that_very_host_and_port(port: int, name: str) -> None:
    hosts = [f"{name}:{port}"]
    assert Http().look(url=f"http://{name}:{port}/x", hosts=hosts, private=[]).error == "private-address"
    assert Http().look(url=f"http://{name}:{port}/x", hosts=hosts, private=[f"{name}:{port + 1}"]).status == 0
    assert _Canary.hits == []
    assert Http().look(url=f"http://{name}:{port}/x", hosts=hosts, private=hosts).status == 200


def test_a_name_that_changes_where_it_leads_is_checked_where_it_is_used(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["93.184.215.14", "127.0.0.1"])
    asked = []

    def resolve(host: str, *args: object, **kwargs: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    tried = []

    def connect(address: tuple[str, int], *args: object, **kwargs: object) -> socket.socket:
        tried.append(address[0])
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    assert Http().look(url=f"http://kladka.example:{port}/x", hosts=[f"kladka.example:{port}"], private=[]).status == 0
    assert (asked, tried) == (["kladka.example"], ["93.184.215.14"])


def test_a_redirect_is_an_answer_not_a_way(port: int) -> None:
    hosts = [f"127.0.0.1:{port}"]
    assert Http().look(url=f"http://127.0.0.1:{port}/moved", hosts=hosts, private=hosts).status == 302
    assert _Canary.hits == [f"127.0.0.1:{port} /moved"]


def test_what_refuses_is_told_as_it_is(port: int) -> None:
    hosts = [f"127.0.0.1:{port}"]
    assert Http().look(url=f"http://127.0.0.1:{port}/gone", hosts=hosts, private=hosts).status == 451
    sent = Http().post(url=f"http://127.0.0.1:{port}/hook", body=b"{}", headers={}, hosts=hosts, private=hosts)
    assert sent.status == 200


def test_nobody_there_is_no_answer_and_no_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    hosts = [f"127.0.0.1:{port}"]
    assert Http().look(url=f"http://127.0.0.1:{port}/", hosts=hosts, private=hosts).error == "no-answer"


class _Drops(BaseHTTPRequestHandler):
    """Answers in drops, each soon after the last, and never comes to an end by itself."""

    ended = threading.Event()

    def _drip(self, first: bytes, drop: bytes) -> None:
        try:
            self.wfile.write(first)
            while not self.ended.wait(0.05):
                self.wfile.write(drop)
                self.wfile.flush()
        except OSError:
            return

    def do_GET(self) -> None:
        """Headers without end."""
        self._drip(b"HTTP/1.1 200 OK\r\n", b"x-more: 1\r\n")

    def do_POST(self) -> None:
        """A body without end."""
        self._drip(b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n", b".")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def test_an_answer_in_drops_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "ANSWER_SECONDS", 0.6)
    _Drops.ended.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Drops)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    hosts = [f"127.0.0.1:{server.server_address[1]}"]
    url = f"http://{hosts[0]}/x"
    got: list[str] = []

    def ask() -> None:
        got.append(Http().look(url=url, hosts=hosts, private=hosts).error)
        got.append(Http().post(url=url, body=b"{}", headers={}, hosts=hosts, private=hosts).error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(30)
    _Drops.ended.set()
    server.shutdown()
    serving.join()
    server.server_close()
    assert got == ["timeout", "timeout"]


@pytest.mark.parametrize("length", [0, 1, 70_000])
def test_a_body_is_read_whole_up_to_the_limit(length: int) -> None:
    class Says(_Canary):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(length))
            self.end_headers()
            self.wfile.write(b"y" * length)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Says)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    hosts = [f"127.0.0.1:{server.server_address[1]}"]
    reply = Http().post(url=f"http://{hosts[0]}/x", body=b"{}", headers={}, hosts=hosts, private=hosts)
    server.shutdown()
    serving.join()
    server.server_close()
    assert reply.body == b"y" * min(length, outgoing.MOST_BYTES)
