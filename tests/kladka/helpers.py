"""A pretend desk, a running platform, and a plain client."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from standardwebhooks.webhooks import Webhook

from odzew.entrypoints.kladka import Kladka, build, listen, serve

KEY = "key-of-the-platform"
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ...").decode()
PNG = b"\x89PNG\r\n\x1a\n" + b"\r\n--not a boundary\r\n\r\n\x00\xff" * 20
CODE = "4829 1730 5561 0274 9386"


@dataclass
class Call:
    """One call that the desk received."""

    method: str
    path: str
    key: str
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object."""
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value


class Desk:
    """Answers like the desk does; `fail` is a status it answers instead, 0 for none."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.fail = 0
        self.receipt: dict[str, Any] = {"notice": "n-1", "case": "c-1", "receipt_code": CODE, "answer_due": "2026-05-02T18:00:00Z"}
        self.verdict: dict[str, Any] = {"verdict": "allow", "as_of": "2026-05-02T18:00:00Z", "checked": True}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def at(self, path: str) -> list[Call]:
        """The calls to one path below /api/v1."""
        return [call for call in self.calls if call.path == f"/api/v1{path}"]

    def asked(self, post_id: str) -> list[dict[str, Any]]:
        """The items under this id about which the desk was asked before they were published."""
        parts = [call.body.split(b'name="item"\r\n\r\n', 1)[1].split(b"\r\n--", 1)[0] for call in self.at("/check")]
        return [item for item in map(json.loads, parts) if item["id"] == post_id]

    def close(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                call = Call(self.command, self.path, self.headers.get("Authorization", ""), body)
                status, answer = desk.fail or 200, {}
                if not desk.fail and self.path.endswith("/notices"):
                    status, answer = 201, desk.receipt
                if not desk.fail and self.path.endswith("/check"):
                    answer = desk.verdict
                desk.calls.append(call)
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_PUT = do_POST  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        return Handler


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Site:
    """A running platform and a client for it."""

    app: Kladka
    url: str
    stop: Callable[[], None] = field(repr=False)

    def ask(self, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Make one call."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            connection.request(method, path.removeprefix(self.url), body=body, headers=headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """Get a page; `accept_language` is Accept-Language."""
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def form(self, path: str, **fields: str) -> Answer:
        """Send a form as a browser does."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        return self.ask("POST", path, body=urlencode(fields).encode(), headers=headers)

    def post(self, *, picture: bytes | None = PNG, **fields: str) -> Answer:
        """Post something."""
        fields = {"account": "halina", "text": "Kładka", **fields}
        body, kind = multipart(fields=fields, picture=picture)
        return self.ask("POST", "/posts", body=body, headers={"Content-Type": kind})

    def made(self, *, picture: bytes | None = PNG, **fields: str) -> dict[str, str]:
        """Post something and return what the platform says of it."""
        answer = self.post(picture=picture, **fields)
        assert answer.status == 201, answer.text
        value = answer.json
        assert isinstance(value, dict)
        return value

    def mode(self, mode: str, **more: object) -> None:
        """Tell the platform how to behave."""
        body = json.dumps({"mode": mode, **more}).encode()
        assert self.ask("POST", "/control", body=body, headers={"Content-Type": "application/json"}).status == 200

    def webhook(self, kind: str, data: object, *, at: float | None = None, **more: Any) -> Answer:
        """Send a signed webhook. `more`: `webhook_id`, `event_at` (None leaves it out), `secret`."""
        body, headers = signed(kind=kind, data=data, at=at, **more)
        return self.ask("POST", "/webhooks", body=body, headers=headers)

    def order(self, measure: str, post: dict[str, str], *, measure_id: str = "", scope: str = "item", **more: Any) -> Answer:
        """Order a measure on a post."""
        data = {
            "measure_id": measure_id or str(uuid.uuid4()),
            "measure": measure,
            "scope": scope,
            "item": {"id": post["id"]},
            "case": "c-7",
        }
        if "ordered_at" in more:
            data["ordered_at"] = more.pop("ordered_at")
        return self.webhook("measure.ordered", data, **more)

    def statuses(self, post: dict[str, str]) -> tuple[int, int]:
        """What a stranger gets: the page's and the picture's status."""
        return self.get(post["url"]).status, self.get(post["media_url"]).status


def start(*, desk_url: str, folder: Path, ticks: bool = False) -> Site:
    """Run the platform on a free loopback port."""
    server = listen()
    app = build(desk_url=desk_url, api_key=KEY, webhook_secret=SECRET, public_url=server.url, state_dir=folder, ticks=ticks)
    thread = threading.Thread(target=serve, kwargs={"app": app, "server": server}, daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        thread.join()
        app.close()

    return Site(app=app, url=server.url, stop=stop)


def multipart(*, fields: dict[str, str], picture: bytes | None) -> tuple[bytes, str]:
    """Write a form with a picture; return the body and its content type."""
    edge = "edge-of-the-form"
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()
    ]
    if picture is not None:
        head = f'--{edge}\r\nContent-Disposition: form-data; name="picture"; filename="a;b.png"\r\nContent-Type: image/png\r\n\r\n'
        parts.append(head.encode() + picture + b"\r\n")
    return b"".join(parts) + f"--{edge}--\r\n".encode(), f'multipart/form-data; boundary="{edge}"'


def signed(*, kind: str, data: object, at: float | None = None, **more: Any) -> tuple[bytes, dict[str, str]]:
    """Write a webhook and sign it with the reference library."""
    moment = time.time() if at is None else at
    event_at = more.get("event_at", moment)
    event: dict[str, Any] = {"type": kind, "data": data}
    if event_at is not None:
        event["timestamp"] = datetime.fromtimestamp(event_at, tz=UTC).isoformat()
    body = json.dumps(event).encode()
    message_id = more.get("webhook_id") or f"msg_{uuid.uuid4().hex}"
    signature = Webhook(more.get("secret", SECRET)).sign(message_id, datetime.fromtimestamp(moment, tz=UTC), body.decode())
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment)),
        "webhook-signature": signature,
        "Content-Type": "application/json",
    }
    return body, headers


def eventually(check: Callable[[], bool], *, seconds: float = 15) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)
