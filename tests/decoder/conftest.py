"""Decoders for tests: one that is sound, shared by all that do no harm to it, and ones with faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from odzew.matching.decoder import handles
from odzew.matching.decoder.data import Limits
from odzew.matching.decoder.pool import Decoder

ROOT = Path(__file__).parents[2]

Rig = Callable[..., Decoder]


@pytest.fixture(scope="session")
def decoder() -> Iterator[Decoder]:
    """A decoder with the shipped limits and two children."""
    with Decoder() as found:
        yield found


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """Makes decoders with the faults named, as in `tests.decoder.rigged`; `children` and the limits can be given too."""
    made: list[Decoder] = []

    def make(*faults: str, children: int = 1, **limits: float) -> Decoder:
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        monkeypatch.setattr(handles, "MODULE", ("tests.decoder.rigged", ",".join(faults)))
        made.append(Decoder(limits=Limits(**limits), children=children))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for decoder in made:
        decoder.close()
