"""A small loopback client of many kept connections: cheap enough that the server is what is measured."""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_PATIENCE: Final = 30.0


@dataclass(slots=True)
class Load:
    """What came back: replies by status and the seconds each took; `seconds` in all."""

    statuses: dict[int, int] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Good replies (2xx) a second."""
        return sum(n for status, n in self.statuses.items() if 200 <= status < 300) / self.seconds


@dataclass(slots=True)
class Line:
    """One kept connection, and what has come back so far; `due`: when its request was to be sent."""

    sock: socket.socket
    due: float = 0.0
    got: bytes = b""

    def ask(self, request: bytes, *, due: float = 0.0) -> None:
        """Send a request; the answer before it must have been read."""
        self.got, self.due = b"", due
        self.sock.sendall(request)

    def read(self) -> int | None:
        """Read what is there; return the status when the answer is whole, 0 when the server has hung up."""
        part = self.sock.recv(65536)
        if not part:
            return 0
        self.got += part
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = LENGTH.search(self.got, 0, end)
        whole = end + 4 + (int(length[1]) if length else 0)
        return int(self.got[9:12]) if len(self.got) >= whole else None

    def answer(self) -> tuple[int, bytes]:
        """Wait for the answer and return its status and body. Raises `TimeoutError` after half a minute without a byte."""
        while (status := self.read()) is None:
            pass
        return status, self.got.partition(b"\r\n\r\n")[2]


def connect(*, host: str, port: int) -> Line:
    """Open a connection, to this machine only."""
    if host not in _LOOPBACK:
        raise ValueError("a benchmark talks to this machine only")
    sock = socket.create_connection((host, port), timeout=_PATIENCE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Line(sock)


def drive(
    *, host: str, port: int, requests: Iterator[bytes], connections: int, seconds: float, per_second: float | None = None
) -> Load:
    """Send requests over kept connections, one at a time each, until the time is up or there are no more. Loopback only.

    With `per_second` so many are due each second, whether or not those before were answered, and each is timed from when it was due: a
    server that stalls is not spared what it kept waiting.
    """
    load, chooser = Load(), selectors.DefaultSelector()
    idle = deque(connect(host=host, port=port) for _ in range(connections))
    for line in idle:
        chooser.register(line.sock, selectors.EVENT_READ, line)
    sent, more, begin = 0, True, time.perf_counter()
    while chooser.get_map() and time.perf_counter() - begin < seconds + _PATIENCE:
        pause = 1.0
        while idle and more:
            now = time.perf_counter()
            due = begin + sent / per_second if per_second else now
            if due > now:
                pause = due - now
                break
            request = next(requests, None) if due - begin < seconds else None
            if request is None:
                more = False
            else:
                idle.popleft().ask(request, due=due)
                sent += 1
        while idle and not more:
            _hang_up(idle.popleft(), chooser)
        for key, _ in chooser.select(timeout=pause if chooser.get_map() else 0):
            _take(key.data, load, idle, chooser)
    load.seconds = time.perf_counter() - begin
    for key in list(chooser.get_map().values()):
        _hang_up(key.data, chooser)
    chooser.close()
    return load


def _take(line: Line, load: Load, idle: deque[Line], chooser: selectors.BaseSelector) -> None:
    """Note an answer that is whole, and let its line be used again."""
    status = line.read()
    if status is None:
        return
    load.statuses[status] = load.statuses.get(status, 0) + 1
    load.took.append(time.perf_counter() - line.due)
    if status:
        idle.append(line)
    else:
        _hang_up(line, chooser)


def _hang_up(line: Line, chooser: selectors.BaseSelector) -> None:
    """Close a line: a server that serves only so many at a time takes the next one then."""
    chooser.unregister(line.sock)
    line.sock.close()


def expect_good(*, load: Load) -> None:
    """Raise RuntimeError unless every answer was a good one, and there was one."""
    bad = {status: n for status, n in load.statuses.items() if not 200 <= status < 300}
    if bad or not load.statuses:
        raise RuntimeError(f"the server answered {load.statuses or 'nothing'} under load")


def free_port() -> int:
    """Return a port of this machine that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for(*, port: int, seconds: float = 30.0) -> None:
    """Wait until somebody listens. Raises RuntimeError when nobody does in that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start within {seconds:.0f} s")
