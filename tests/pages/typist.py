"""Somebody who fills in the form without a browser."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from tests.pages.site import LINK

URLENCODED = "application/x-www-form-urlencoded"


class Typist(Client):
    """Sends forms as a browser does."""

    def post(self, path: str, data: Any = None, content_type: str = URLENCODED, **more: Any) -> Any:  # type: ignore[override]
        """Send a form, or a body as it is."""
        return super().post(path, urlencode(data, doseq=True) if isinstance(data, dict) else data, content_type, **more)


def fields(page: Any) -> dict[str, Any]:
    """Return what a browser would send from the page: its hidden fields and texts."""
    text = page.content.decode()
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text):
        found.setdefault(name, []).append(unescape(value))
    for name, value in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n(.*?)</textarea>', text, re.DOTALL):
        found[name] = unescape(value)
    return found


def walk(client: Typist, *, where: str = LINK, more: str = "", **answers: Any) -> Any:
    """Fill in the three screens and return the page before Send."""
    first = client.get("/", {"lang": "en"})
    second = client.post("/", {**fields(first), **answers})
    return client.post("/", {**fields(second), "where": where, "more": more})


def press_send(client: Typist, third: Any, **more: Any) -> Any:
    """Press Send."""
    return client.post("/", {**fields(third), "answer": "code"}, **more)


def code_on(page: Any) -> str:
    """Return the code on a receipt."""
    found = re.search(r"data-receipt-code>(.*?)</output>", page.content.decode())
    assert found, page.content.decode()
    return re.sub(r"\D", "", found[1])
