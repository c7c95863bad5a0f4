"""One decoder for all tests that do no harm to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from odzew.matching.decoder.pool import Decoder


@pytest.fixture(scope="session")
def decoder() -> Iterator[Decoder]:
    """A decoder with the shipped limits and two children."""
    with Decoder() as found:
        yield found
