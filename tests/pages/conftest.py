"""Fixtures of the tests of the pages: a real server and a real browser."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from playwright.sync_api import Browser

from tests.pages import chromium


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Keep no access log."""


class _Server(ThreadedWSGIServer):
    """Knows the connections that browsers keep open, so that its end is the end of them too."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.open: list[socket.socket] = []

    def get_request(self) -> Any:
        connection, address = super().get_request()
        self.open.append(connection)
        return connection, address

    def server_close(self) -> None:
        super().server_close()
        for connection in self.open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Served:
    """The desk's web, or what stands for it, on a port of this machine, which can be ended and started again."""

    def __init__(self, app: Callable[..., Iterable[bytes]] | None = None) -> None:
        self._app = app or WSGIHandler()
        self._port = 0
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.start()

    @property
    def url(self) -> str:
        """Where it is, also while it is away."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Serve, on the same port as before."""
        self._server = _Server(("127.0.0.1", self._port), _Silent)
        self._server.set_app(self._app)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Be away."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


@pytest.fixture
def served(transactional_db: None) -> Iterator[Served]:
    """The desk's web on a free port of this machine."""
    server = Served()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def desk_url(served: Served) -> str:
    """The address of the desk's web."""
    return served.url


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all browser tests of this process."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    # Playwright's own event loop runs in this thread; the tests use the database between its calls, never during one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with chromium.started() as started:
            yield started
    finally:
        if before is None:
            os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before
