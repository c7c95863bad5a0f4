"""A whole desk in processes of its own, each of which can be killed: database, web, two workers; and a platform that obeys."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import psycopg

from odzew.foundation.postgres import Running, ensure

_READY: Final = 60.0


class Platform(BaseHTTPRequestHandler):
    """Obeys measures; counts how often each was sent; its addresses answer as ordered."""

    orders: Counter[str] = Counter()  # noqa: RUF012 - one platform for all requests
    status: dict[str, int] = {}  # noqa: RUF012 - one platform for all requests
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a webhook."""
        body = self.rfile.read(int(self.headers["content-length"]))
        message = json.loads(body)
        if message["type"] == "measure.ordered":
            data = message["data"]
            self.orders[data["measure_id"]] += 1
            code = {"withhold": 451, "remove": 410, "restore": 200}[data["measure"]]
            for url in [data["item"]["url"], *(m["url"] for m in data["item"]["media"])]:
                self.status["/" + url.split("/", 3)[3]] = code
        self._answer(200)

    def do_GET(self) -> None:
        """Show what a stranger sees."""
        self._answer(self.status.get(self.path, 200))

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


class House:
    """Everything a desk needs, in processes that die on demand and are started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.platform = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
        self.platform.daemon_threads = True
        self.thread = threading.Thread(target=self.platform.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        self.host = f"127.0.0.1:{self.platform.server_port}"
        self.port = _free_port()
        self.database: Running = ensure(data=folder)
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ODZEW_")},
            "ODZEW_DATA": str(folder),
            "ODZEW_DATABASE_URL": self.database.url,
            "ODZEW_PORT": str(self.port),
            "ODZEW_DEMO": "1",
            "ODZEW_LOG_LEVEL": "error",
        }
        self.log = (folder / "children.log").open("ab")
        self.key = self._enrol()

    def _enrol(self) -> str:
        """Migrate and enrol the platform in a process of its own."""
        code = (
            "import sys\nfrom odzew.entrypoints import runtime\n"
            "runtime.start_django()\nruntime.migrate()\n"
            "from odzew.foundation.settings import settings\nfrom odzew.foundation.moments import utc_now\n"
            "from odzew.ledger.people import add_platform, add_program\n"
            "desk = runtime.make_desk(chosen=settings())\nhost = sys.argv[1]\n"
            "view, _ = add_platform(name='crash', hosts=[host], private_hosts=[host], webhook=f'http://{host}/hook',"
            " keys=desk.keys, now=utc_now())\n"
            "print(add_program(name='crash', scopes=frozenset({'notices', 'items', 'read'}),"
            " sources=frozenset({'user', 'automatic'}), now=utc_now(), platform=view.id, limit_per_second=100000))\n"
        )
        done = subprocess.run([sys.executable, "-c", code, self.host], env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    def start(self, *names: str) -> None:
        """Start the database and the processes that are not running."""
        if self.database.poll() is not None:
            self.database.stop()
            self.database = ensure(data=self.folder)
        for name in names or ("web", "worker-1", "worker-2"):
            child = self.children.get(name)
            if child is None or child.poll() is not None:
                word = "serve" if name == "web" else "worker"
                self.children[name] = subprocess.Popen(
                    [sys.executable, "-m", "odzew", word], env=self.env, start_new_session=True, stdout=self.log, stderr=self.log
                )

    def wait_ready(self) -> None:
        """Wait until the web answers."""
        end = time.monotonic() + _READY
        while time.monotonic() < end:
            with suppress(OSError):
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"the web did not come up: {(self.folder / 'children.log').read_text()[-2000:]}")

    def kill(self, name: str) -> None:
        """Kill -9: the web with its own children, a worker, or every process of the database."""
        if name == "database":
            os.kill(self.database.pid, signal.SIGKILL)
            with suppress(Exception):
                self.database.wait(timeout=20)
            return
        child = self.children[name]
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def ask(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None) -> tuple[int, Any]:
        """Call the desk as the platform."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            data = raw if raw is not None else None if body is None else json.dumps(body).encode()
            kind = "application/x-ndjson" if raw is not None else "application/json"
            connection.request(method, path, body=data, headers={"authorization": f"Bearer {self.key}", "content-type": kind})
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text.startswith((b"{", b"[")) else text
        finally:
            connection.close()

    def post(self, number: int) -> str:
        """Register an item; return its id."""
        item = f"item-{number}-{secrets.token_hex(3)}"
        body = {
            "kind": "post",
            "url": f"http://{self.host}/posts/{item}",
            "account": {"id": f"account-{number % 50}"},
            "created_at": "2026-01-01T00:00:00Z",
            "media": [{"id": f"{item}-m", "url": f"http://{self.host}/media/{item}"}],
        }
        status, reply = self.ask("PUT", f"/api/v1/items/{item}", body)
        assert status in (200, 201, 204), (status, reply)
        return item

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database itself."""
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            return connection.execute(sql.encode(), values).fetchall()

    def stop(self) -> None:
        """End everything that was started here."""
        for name in list(self.children):
            self.kill(name)
        self.database.stop()
        self.platform.shutdown()
        self.platform.server_close()
        self.log.close()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
