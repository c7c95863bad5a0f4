"""A desk on the wire: the cast of the tests, with keys, through the real routes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from odzew.entrypoints.api import context, counters, door
from tests.api.wire import Wire


@pytest.fixture
def wire(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A desk of three reviewers, one of each other role, and keys for all."""
    door.forget()
    wire = Wire()
    context.the_desk.cache_clear()
    monkeypatch.setattr("odzew.entrypoints.api.notices.the_desk", lambda: wire.story.desk)
    monkeypatch.setattr("odzew.entrypoints.api.items.the_desk", lambda: wire.story.desk)
    monkeypatch.setattr("odzew.entrypoints.api.cases.the_desk", lambda: wire.story.desk)
    monkeypatch.setattr("odzew.entrypoints.api.case_views.the_desk", lambda: wire.story.desk)
    yield wire
    door.forget()
    counters.text(gauges=[])
