"""Somebody who files the report form over real HTTP and without a script: a GET, three POSTs, and the receipt."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlencode

from odzew.entrypoints.bench.load import Line, connect

_HOST: Final = "127.0.0.1"


class Screen(HTMLParser):
    """What a browser would send from a page (its hidden fields and texts), and the code on it."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.code = ""
        self._text, self._coded = "", False
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden":
            self.fields.append((given.get("name") or "", given.get("value") or ""))
        self._text = given.get("name") or "" if tag == "textarea" else ""
        self._coded = self._coded or "data-receipt-code" in given

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields.append((self._text, data.removeprefix("\n")))
        if self._coded:
            self.code += data

    def handle_endtag(self, tag: str) -> None:
        self._text = "" if tag == "textarea" else self._text
        self._coded = self._coded and tag != "output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A report that was filed: its code, seconds from Send until the receipt was there whole, and for all four pages together."""

    code: str
    receipt: float
    pages: float


def file_report(*, port: int, where: str, network: str) -> Filed:
    """File a report as a bystander on a phone of that network would, and note how long the receipt took.

    Raises RuntimeError when a page is refused, or the receipt has no code.
    """
    line = connect(host=_HOST, port=port)
    try:
        begin = time.perf_counter()
        screen = _ask(line, network)
        screen = _ask(line, network, screen, {"who": "someone_else", "age": "under_18"})
        screen = _ask(line, network, screen, {"where": where})
        sent = time.perf_counter()
        screen = _ask(line, network, screen, {"answer": "code"})
        end = time.perf_counter()
    finally:
        line.sock.close()
    code = "".join(c for c in screen.code if c.isdigit())
    if len(code) != 20:
        raise RuntimeError("the receipt has no code")
    return Filed(code=code, receipt=end - sent, pages=end - begin)


def _ask(line: Line, network: str, screen: Screen | None = None, typed: Mapping[str, str] | None = None) -> Screen:
    """Send the screen with what was typed on it, or ask for the first one; return what comes back."""
    kept = [pair for pair in screen.fields if pair[0] not in (typed or {})] if screen else []
    body = urlencode([*kept, *(typed or {}).items()]).encode() if screen else b""
    head = f"{'POST' if screen else 'GET'} / HTTP/1.1\r\nHost: {_HOST}\r\nX-Forwarded-For: {network}\r\nAccept-Language: pl\r\n"
    if screen:
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    line.ask(f"{head}\r\n".encode() + body)
    status, page = line.answer()
    if status != 200:
        raise RuntimeError(f"a page of the form was answered with {status}")
    return Screen(page)
