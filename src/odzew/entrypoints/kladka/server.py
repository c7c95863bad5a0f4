"""A small threaded server from the standard library, on the loopback address only."""

from __future__ import annotations

import socket
import socketserver
import threading
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import WSGIApplication

HOST: Final = "127.0.0.1"
AT_ONCE: Final = 64
PATIENCE: Final = 30


class Handler(WSGIRequestHandler):
    """Quiet, and not patient for ever with a silent caller."""

    timeout = PATIENCE

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write no access log."""


class Server(socketserver.ThreadingMixIn, WSGIServer):
    """One thread a request, at most 64 at once; further callers wait in the queue."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, *, port: int) -> None:
        self._places = threading.BoundedSemaphore(AT_ONCE)
        super().__init__((HOST, port), Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.server_port}"

    def server_bind(self) -> None:
        """Bind without asking any name server who we are."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a place, then begin a thread."""
        self._places.acquire()
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one request and give the place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is nothing to shout about."""


def listen(*, port: int = 0) -> Server:
    """Take a loopback port (0: any free one). Callers wait until `serve` begins."""
    return Server(port=port)


def serve(*, app: WSGIApplication, server: Server) -> None:
    """Serve until `server.shutdown()` is called from another thread."""
    server.set_app(app)
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        server.server_close()
