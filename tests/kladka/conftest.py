"""A desk and a platform for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kladka.helpers import Desk, Site, start


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A pretend desk."""
    made = Desk()
    yield made
    made.close()


@pytest.fixture
def site(desk: Desk, tmp_path: Path) -> Iterator[Site]:
    """A platform whose counters stand still."""
    made = start(desk_url=desk.url, folder=tmp_path)
    yield made
    made.stop()
