"""A service of ours that shares hash lists in every form, and can page, stall, repeat, lie, refuse and die on demand. Loopback only."""

from __future__ import annotations

import base64
import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from xml.sax.saxutils import escape

USER, PASSWORD, TOKEN = "desk", "pass:łódź", "120|secret-token"
KEYS = {"x-functions-key": "fetch-secret", "ocp-apim-subscription-key": "subscription-secret"}
SECRETS: dict[str, dict[str, str]] = {
    "ncmec": {"user": USER, "password": PASSWORD},
    "stopncii": {"subscription_key": "subscription-secret", "fetch_key": "fetch-secret", "feedback_key": "feedback-secret"},
    "threatexchange": {"token": TOKEN},
    "arachnid": {"user": USER, "password": PASSWORD},
}


@dataclass
class Entry:
    """What the service says of one entry now: its hash, or that it was withdrawn."""

    name: str
    value: bytes
    type: str
    at: datetime
    live: bool = True
    word: str = ""


@dataclass
class Service:
    """The list and its faults. `faults` are used up one by one, each by one request; `poison`: entries whose page cannot be read."""

    form: str
    clock: Callable[[], datetime]
    size: int = 3
    entries: dict[str, Entry] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    poison: set[str] = field(default_factory=set)
    always: str = ""
    endless: bool = False
    shuffle: int = 0
    knows: dict[bytes, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    wrong_keys: int = 0
    last: tuple[Any, bytes] = (None, b"")
    base: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    def say(self, number: int, value: bytes | None, *, type_: str = "pdq", word: str = "") -> None:
        """Add, change, or withdraw (None) an entry, now."""
        name = f"e{number}"
        before = self.entries.get(name)
        if before is not None and (value is None or (self.form == "stopncii" and before.value != value)):
            # There a hash is the entry: another hash is another one, and the former is withdrawn.
            gone = f"{name}:{before.value.hex()}" if self.form == "stopncii" else name
            self.entries.pop(name)
            self.entries[gone] = Entry(name, before.value, before.type, self.clock(), live=False)
        if value is not None:
            self.entries.pop(f"{name}:{value.hex()}", None)
            self.entries[name] = Entry(name, value, type_, self.clock(), word=word)

    def live(self) -> set[tuple[str, bytes]]:
        """Return what the list holds now."""
        return {(e.type, e.value) for e in self.entries.values() if e.live}

    def _page(self, since: datetime, until: datetime, start: int) -> tuple[list[Entry], int]:
        inside = [e for e in self.entries.values() if since <= e.at < until]
        random.Random(self.shuffle).shuffle(inside)
        end = start + self.size
        return inside[start:end], end if end < len(inside) or self.endless else 0

    def answer(self, path: str, headers: Any) -> bytes:
        """Return a page of the list."""
        parts = urlsplit(path)
        words = {k: v[0] for k, v in parse_qs(parts.query).items()}
        make = {"ncmec": self._ncmec, "stopncii": self._stopncii, "threatexchange": self._threatexchange}[self.form]
        return make(words)

    def _broken(self, page: list[Entry]) -> bool:
        return any(e.name in self.poison for e in page)

    def _ncmec(self, words: dict[str, str]) -> bytes:
        since, until = (datetime.fromisoformat(words[k]) for k in ("from", "to"))
        page, start = self._page(since, until, int(words.get("start", "0")))
        images = "".join(_image(e) for e in page)
        following = "/v2/entries?" + urlencode({**words, "start": start}) if start else ""
        paging = f"<paging><next>{escape(following)}</next></paging>" if following else ""
        close = "" if self._broken(page) else "</queryResult>"
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">'
            f'<images count="{len(page)}" maxTimestamp="2026-03-02T09:00:00Z">{images}</images>{paging}{close}'
        ).encode()

    def _stopncii(self, words: dict[str, str]) -> bytes:
        since = datetime.fromtimestamp(int(words["startTimestamp"]), UTC)
        page, start = self._page(since, self.clock() + timedelta(days=1), int(words.get("nextPageToken", "0")))
        records: list[dict[str, Any]] = [
            {
                "lastModtimestamp": int(e.at.timestamp()),
                "signalType": {"pdq": "ImagePDQ", "md5": "VideoMD5"}[e.type],
                "hashValue": e.value.hex().upper(),
                "hashStatus": "Active" if e.live else "Withdrawn",
                "caseNumbers": {},
            }
            for e in page
        ]
        more = {"nextPageToken": str(start) if start else "", "hasMoreRecords": bool(start)}
        out = {"count": len(page), "nextSetTimestamp": int(self.clock().timestamp()), **more, "hashRecords": records}
        return json.dumps(out).encode()[: -5 if self._broken(page) else None]

    def _threatexchange(self, words: dict[str, str]) -> bytes:
        since, until = (datetime.fromtimestamp(int(words[k]), UTC) for k in ("start_time", "stop_time"))
        page, start = self._page(since, until, int(words.get("after", "0")))
        data = [_update(e) for e in page]
        more = urlencode({**words, "after": start, "access_token": TOKEN})
        paging = {"paging": {"next": f"{self.base}/7/threat_updates?{more}"}} if start else {}
        return json.dumps({"data": data, **paging}).encode()[: -3 if self._broken(page) else None]

    def answers(self, body: bytes) -> bytes:
        """Say what is known of hashes."""
        values = json.loads(body)["hashes"]
        return json.dumps({"scanned_hashes": {v: self.knows.get(base64.b64decode(v)) for v in values}}).encode()

    def lets_in(self, headers: Any) -> bool:
        """Were the right credentials shown?"""
        if self.form == "stopncii":
            feedback = headers.get("x-functions-key") == "feedback-secret"
            return all(headers.get(k) == v for k, v in KEYS.items() if not (feedback and k == "x-functions-key"))
        if self.form == "threatexchange":
            return bool(headers.get("authorization") == f"Bearer {TOKEN}")
        return bool(headers.get("authorization") == "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())


def _image(e: Entry) -> str:
    tag = "image" if e.live else "deletedImage"
    prints = f"<fingerprints><{e.type}>{e.value.hex()}</{e.type}><sha1>{'a1' * 20}</sha1></fingerprints>" if e.live else ""
    at = e.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f'<{tag}><member id="42">Żółw &amp; Co</member><timestamp>{at}</timestamp><id>{e.name}</id>'
        f"<classification>{e.word or 'A1'}</classification>{prints}<feedback/></{tag}>"
    )


def _update(e: Entry) -> dict[str, Any]:
    kind = {"pdq": "HASH_PDQ", "md5": "HASH_VIDEO_MD5"}[e.type]
    out = {
        "id": e.name,
        "indicator": e.value.hex(),
        "type": kind,
        "last_updated": int(e.at.timestamp()),
        "should_delete": not e.live,
    }
    if not e.live:
        return out
    descriptor = {
        "id": "1",
        "owner": {"id": "9"},
        "status": e.word or "MALICIOUS",
        "tags": {"data": [{"id": "1", "text": "chair"}]},
    }
    return {**out, "descriptors": {"data": [descriptor]}}


class _Handler(BaseHTTPRequestHandler):
    service: Service

    def do_GET(self) -> None:
        """Give a page, or a fault."""
        self._serve(lambda: self.service.answer(self.path, self.headers))

    def do_POST(self) -> None:
        """Take what is asked or told."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.service.bodies.append(body)
        asks = self.service.form == "arachnid"
        self._serve(lambda: self.service.answers(body) if asks else b"{}")

    def do_PUT(self) -> None:
        """Take what is told."""
        self.do_POST()

    def _serve(self, make: Callable[[], bytes]) -> None:
        service = self.service
        service.asked.append(f"{self.command} {self.path}")
        if not service.lets_in(self.headers):
            service.wrong_keys += 1
            return self._reply(401, b"")
        fault = service.always or (service.faults.pop(0) if service.faults else "")
        if fault.isdigit():
            return self._reply(int(fault), b"no", {"retry-after": "7200"} if fault == "429" else None)
        if fault == "redirect":
            return self._reply(302, b"", {"location": "http://127.0.0.1:9/else"})
        if fault == "die":
            self.close_connection = True
            self.connection.close()
            return None
        if fault == "stall":
            service.released.wait(20)
            self.close_connection = True
            return None
        body = make()
        before, words = service.last, dict(parse_qs(urlsplit(self.path).query))
        follows = [words.pop(name, None) for name in ("start", "nextPageToken", "after")]
        if fault == "repeat" and any(follows) and before[0] == words:
            body = before[1]  # the page before, once more
        service.last = words, body
        if fault == "garbage":
            body = b"\x00<\xff nothing {"
        if fault == "doctype":
            body = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + body
        if fault == "cut":
            return self._reply(200, body, cut=len(body) // 2)
        return self._reply(200, body)

    def _reply(self, status: int, body: bytes, headers: Mapping[str, str] | None = None, *, cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was closed on purpose is no news."""


@contextmanager
def served(*, form: str, clock: Callable[[], datetime]) -> Iterator[Service]:
    """Serve a list on loopback for as long as the test needs it."""
    service = Service(form=form, clock=clock)
    handler = type("Handler", (_Handler,), {"service": service})
    server = _Quiet(("127.0.0.1", 0), handler)
    service.base = f"http://127.0.0.1:{server.server_address[1]}" + quote("/hashsharing")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        service.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
