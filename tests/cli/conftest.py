"""One demo for all tests that only use it: to start one takes many seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.demos import CLOCK, Demo


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A running demo."""
    running = Demo(tmp_path_factory.mktemp("demo") / "data", "--clock", str(CLOCK))
    try:
        yield running
    finally:
        assert running.stop() == 0
