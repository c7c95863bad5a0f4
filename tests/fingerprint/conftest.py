"""Fixtures: the part of the form on a page of its own, and a browser on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.template.loader import render_to_string
from playwright.sync_api import Browser

from odzew.answers.wordbook import book
from odzew.entrypoints.reporter import pages
from odzew.entrypoints.reporter.draft import Draft
from odzew.entrypoints.reporter.fingerprint.served import policy, script
from tests.fingerprint.device import Device
from tests.pages.conftest import Served, browser

__all__ = ["browser"]
Open = Callable[..., AbstractContextManager[Device]]


def _page(language: str, hashes: str) -> bytes:
    said = book(language=language).sentences
    words = {key.removeprefix("page."): text for key, text in said.items() if key.startswith("page.")}
    facts = {"w": words, "draft": Draft(who="my_child", hashes=hashes), "fingerprint_script": script().address}
    part = render_to_string("reporter/fingerprint.html", facts)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{words["title"]}</title><link rel="icon" href="data:,"><style>{pages.css()}</style></head>'
        f'<body><main class="one"><h1>{words["heading"]}</h1><form method="post" action="/form">{part}'
        f'<button class="go" id="on">{words["next"]}</button></form></main></body></html>'
    ).encode()


@dataclass
class Site:
    """The desk's own addresses, and at `/form` the part of the form alone; nothing of it needs a database. `sent` is what came in POSTs."""

    desk: Callable[..., Iterable[bytes]] = field(default_factory=WSGIHandler)
    asked: list[str] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] != "/form":
            return self.desk(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST":
            self.sent.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        asked = dict(part.split("=", 1) for part in environ.get("QUERY_STRING", "").split("&") if part)
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy(of=pages.policy()))]
        start_response("200 OK", headers)
        return [_page(asked.get("lang", "en"), "[]" if "had" in asked else "")]


@pytest.fixture(scope="package")
def server() -> Iterator[tuple[str, Site]]:
    """A page with the part of the form: its address, and what was asked of its server."""
    site = Site()
    served = Served(site)
    try:
        yield f"{served.url}/form", site
    finally:
        served.stop()


@pytest.fixture
def opened(browser: Browser, server: tuple[str, Site]) -> Open:
    """Open the page on a new phone: `rigged` is put before the script; without `worker` none is waited for."""
    address, site = server

    @contextmanager
    def _open(
        *, query: str = "", rigged: str = "", changed: tuple[str, str] = ("", ""), worker: bool = True, **how: Any
    ) -> Iterator[Device]:
        context = browser.new_context(locale="en", **how)
        context.set_default_timeout(60_000)
        try:
            if rigged or changed[0]:
                content = f"{rigged}\n{script().content.decode()}"
                assert changed[0] in content
                content = content.replace(*changed) if changed[0] else content
                context.route("**/fingerprint-*.js", lambda route: route.fulfill(body=content, content_type="text/javascript"))
            made = Device(page=context.new_page(), asked=site.asked, sent=site.sent)
            made.open(address + query, worker=worker and how.get("java_script_enabled", True))
            yield made
        finally:
            context.close()

    return _open


@pytest.fixture
def device(opened: Open) -> Iterator[Device]:
    """A phone with the page open, and offline since it has been loaded."""
    with opened() as made:
        made.page.context.set_offline(True)
        yield made
