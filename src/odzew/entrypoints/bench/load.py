"""A small loopback client of many kept connections: cheap enough that the server is what is measured."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


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
class _Line:
    sock: socket.socket
    sent: float = 0.0
    got: bytes = b""


def drive(*, host: str, port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Load:
    """Send requests over kept connections, one at a time each, until the time is up or there are no more. Loopback only."""
    if host not in _LOOPBACK:
        raise ValueError("a benchmark talks to this machine only")
    load, chooser = Load(), selectors.DefaultSelector()
    for _ in range(connections):
        sock = socket.create_connection((host, port), timeout=10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = _Line(sock)
        if _next(line, requests):
            chooser.register(sock, selectors.EVENT_READ, line)
    begin = time.perf_counter()
    while chooser.get_map() and time.perf_counter() - begin < seconds + 30:
        for key, _ in chooser.select(timeout=1):
            line = key.data
            status = _read(line)
            if status is None:
                continue
            now = time.perf_counter()
            load.statuses[status] = load.statuses.get(status, 0) + 1
            load.took.append(now - line.sent)
            if now - begin >= seconds or status == 0 or not _next(line, requests):
                chooser.unregister(line.sock)
                line.sock.close()
    load.seconds = time.perf_counter() - begin
    return load


def _next(line: _Line, requests: Iterator[bytes]) -> bool:
    request = next(requests, None)
    if request is None:
        return False
    line.got, line.sent = b"", time.perf_counter()
    line.sock.sendall(request)
    return True


def _read(line: _Line) -> int | None:
    part = line.sock.recv(65536)
    if not part:
        return 0
    line.got += part
    head, gap, body = line.got.partition(b"\r\n\r\n")
    if not gap:
        return None
    length = next((int(h.split(b":")[1]) for h in head.split(b"\r\n")[1:] if h.lower().startswith(b"content-length:")), 0)
    return int(head.split(b" ", 2)[1]) if len(body) >= length else None
