"""A desk on the wire: the cast of the tests, with keys, through the real routes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from odzew.entrypoints import hashes
from odzew.entrypoints.api import door
from tests.api.wire import Wire


@pytest.fixture
def wire(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A desk of three reviewers, one of each other role, and keys for all."""
    yield from on_the_wire(Wire(), monkeypatch)


@pytest.fixture
def alone(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A desk of one who decides, with an auditor and an operator."""
    yield from on_the_wire(Wire(people=1, others=("auditor", "operator")), monkeypatch)


def on_the_wire(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Let the routes act for the desk of a story."""
    door.forget()
    hashes.quick.cache_clear()
    rooms = [f"api.{name}" for name in ("notices", "items", "cases", "case_views", "check", "opinions")]
    for room in (*rooms, "hma.contents"):
        monkeypatch.setattr(f"odzew.entrypoints.{room}.the_desk", lambda: wire.story.desk)
    yield wire
    door.forget()
    hashes.quick.cache_clear()
