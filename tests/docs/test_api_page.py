"""Every route is documented with who may use it, and no documented route is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver

from odzew.entrypoints.api.app import api
from odzew.entrypoints.api.door import Key, Rights
from odzew.entrypoints.site.urls import urlpatterns
from tests.docs.tables import DOCS

ROW = re.compile(r"^\| `([A-Z]+) (/[^`]*)` \| ([^|]*) \| ([^|]*) \|", re.MULTILINE)
ROWS = {(method, path): (programs, people) for method, path, programs, people in ROW.findall((DOCS / "api.md").read_text("utf-8"))}


def _doors() -> Iterator[tuple[tuple[str, str], Rights]]:
    document = api.get_openapi_schema()
    rights: dict[str, Rights] = {}
    for _prefix, router in api._routers:
        for view in router.path_operations.values():
            for operation in view.operations:
                doors = [d for d in (operation.auth_callbacks or []) if isinstance(d, Key)]
                assert len(doors) == 1, f"{operation.operation_id} has no door"
                rights[str(operation.operation_id)] = doors[0].rights
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            yield (method.upper(), path), rights[described["operationId"]]


def test_the_page_has_every_route_of_the_openapi_document_and_no_other() -> None:
    documented = {row for row in ROWS if row[1].startswith("/api/v1/") and not row[1].endswith("openapi.json")}
    assert documented == {route for route, _ in _doors()}


def test_the_page_says_who_may_use_each_route() -> None:
    for route, rights in _doors():
        programs, people = ROWS[route]
        assert set(re.findall(r"`(\w+)`", programs)) == rights.scopes, route
        assert set(re.findall(r"\w+", people)) == rights.roles, route


def _paths(patterns: list[Any], before: str = "/") -> Iterator[str]:
    for entry in patterns:
        text = str(entry.pattern)
        if text.startswith("^"):
            continue
        if isinstance(entry, URLResolver):
            yield from _paths(entry.url_patterns, before + text)
        elif isinstance(entry, URLPattern):
            yield before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", text)


def test_every_address_of_the_desk_is_on_the_page() -> None:
    known = {path for _, path in ROWS}
    assert {path for path in _paths(urlpatterns) if path != "/api/v1/"} <= known
