"""A desk on the wire for clients of Hasher-Matcher-Actioner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from odzew.entrypoints import hashes
from tests.api.conftest import on_the_wire
from tests.api.wire import Wire
from tests.hma.client import Client


@pytest.fixture(scope="package", autouse=True)
def _no_decoder_left() -> Iterator[None]:
    yield
    hashes.the_decoder().close()


@pytest.fixture
def hma(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of Hasher-Matcher-Actioner that was given another address, and keys."""
    for wire in on_the_wire(Wire(), monkeypatch):
        yield Client(wire)
