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
    yield from _on_the_wire(Wire(), monkeypatch)


@pytest.fixture
def alone(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A desk of one who decides, with an auditor and an operator."""
    yield from _on_the_wire(Wire(people=1, others=("auditor", "operator")), monkeypatch)


def _on_the_wire(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    door.forget()
    hashes.quick.cache_clear()
    for module in ("notices", "items", "cases", "case_views", "check", "opinions"):
        monkeypatch.setattr(f"odzew.entrypoints.api.{module}.the_desk", lambda: wire.story.desk)
    yield wire
    door.forget()
    hashes.quick.cache_clear()
