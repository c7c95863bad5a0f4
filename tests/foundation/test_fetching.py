"""What is fetched is whole, small enough and in time, from an enrolled host alone; everything else is thrown away."""

from __future__ import annotations

import gzip
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from odzew.foundation.outgoing import Http, Reply

BODY = bytes(range(256)) * 3000
MOST = 1_000_000


class _Serves(BaseHTTPRequestHandler):
    """Serves the body in the manner that the path names."""

    protocol_version = "HTTP/1.1"
    asked: list[str] = []  # noqa: RUF012 - shared on purpose
    headers_seen: dict[str, str] = {}  # noqa: RUF012 - shared on purpose
    ended = threading.Event()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.headers_seen.update(self.headers.items())
        getattr(self, f"_{self.path.strip('/')}")()
        self.close_connection = True

    def _say(self, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _whole(self) -> None:
        self._say(content_length=str(len(BODY)))
        self.wfile.write(BODY)

    def _pieces(self) -> None:
        self._say(transfer_encoding="chunked")
        for at in range(0, len(BODY), 100_000):
            piece = BODY[at : at + 100_000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def _until_closed(self) -> None:
        self._say()
        self.wfile.write(BODY)

    def _empty(self) -> None:
        self._say(content_length="0")

    def _says_too_much(self) -> None:
        self._say(content_length=str(MOST + 1))

    def _is_too_much(self) -> None:
        self._say()
        for _ in range(50):
            self.wfile.write(bytes(100_000))

    def _cut(self) -> None:
        self._say(content_length=str(len(BODY)))
        self.wfile.write(BODY[:-1])

    def _cut_pieces(self) -> None:
        self._say(transfer_encoding="chunked")
        self.wfile.write(b"10\r\nabc")

    def _packed(self) -> None:
        packed = gzip.compress(bytes(50_000_000))
        self._say(content_encoding="gzip", content_length=str(len(packed)))
        self.wfile.write(packed)

    def _moved(self) -> None:
        self._say(302, location="/whole", content_length="0")

    def _gone(self) -> None:
        self._say(451, content_length="4")
        self.wfile.write(b"gone")

    def _drops(self) -> None:
        self._say(content_length="60000")
        try:
            while not self.ended.wait(0.05):
                self.wfile.write(b".")
                self.wfile.flush()
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """A listener on loopback."""
    _Serves.ended.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Serves)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a caller that hangs up is what is tested
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    _Serves.ended.set()
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(host: str, path: str, *, within: float = 20.0) -> tuple[Reply, bytes]:
    """Fetch, and return what came."""
    into = io.BytesIO()
    reply = Http().fetch(url=f"http://{host}/{path}", hosts=[host], private=[host], into=into, most=MOST, within=within)
    return reply, into.getvalue()


@pytest.mark.parametrize("path", ["whole", "pieces", "until_closed"])
def test_a_file_comes_whole(host: str, path: str) -> None:
    assert fetch(host, path) == (Reply(status=200), BODY)


def test_an_empty_file_is_empty(host: str) -> None:
    assert fetch(host, "empty") == (Reply(status=200), b"")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("says_too_much", "too-large"),
        ("is_too_much", "too-large"),
        ("cut", "cut-off"),
        ("cut_pieces", "no-answer"),
        ("packed", "encoded"),
    ],
)
def test_what_is_not_whole_or_too_much_is_no_answer(host: str, path: str, error: str) -> None:
    reply, came = fetch(host, path)
    assert reply == Reply(status=0, error=error) and len(came) <= MOST


@pytest.mark.parametrize(("path", "status"), [("moved", 302), ("gone", 451)])
def test_another_answer_is_told_and_nothing_is_taken(host: str, path: str, status: int) -> None:
    _Serves.asked.clear()
    assert fetch(host, path) == (Reply(status=status), b"") and _Serves.asked == [f"/{path}"]


def test_a_file_in_drops_ends_in_time(host: str) -> None:
    assert fetch(host, "drops", within=0.5)[0] == Reply(status=0, error="timeout")


def test_it_is_asked_as_a_stranger_asks(host: str) -> None:
    _Serves.headers_seen.clear()
    fetch(host, "empty")
    assert {n.lower() for n in _Serves.headers_seen} == {
        "host",
        "accept-encoding",
        "user-agent",
        "connection",
        "cache-control",
        "accept",
    }
    assert _Serves.headers_seen["Accept-Encoding"] == "identity"


def test_nobody_is_asked_who_is_not_enrolled_or_leads_inside(host: str) -> None:
    _Serves.asked.clear()
    port = int(host.rpartition(":")[2])
    for hosts, private, error in (
        ([], [], "host-not-enrolled"),
        (["127.0.0.1"], ["127.0.0.1"], "host-not-enrolled"),
        ([f"127.0.0.1:{port + 1}"], [], "host-not-enrolled"),
        ([host], [], "private-address"),
        ([host], [f"127.0.0.1:{port + 1}"], "private-address"),
    ):
        into = io.BytesIO()
        reply = Http().fetch(url=f"http://{host}/whole", hosts=hosts, private=private, into=into, most=MOST, within=5)
        assert (reply, into.getvalue()) == (Reply(status=0, error=error), b"")
    assert _Serves.asked == []
