"""Whoever keeps the processes of one machine never gives up by itself."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from odzew.entrypoints import household
from odzew.foundation.errors import Unavailable
from odzew.foundation.settings import Settings


class _Ended:
    """A database that runs until it is told that it has ended."""

    url = "postgresql:///odzew"

    def __init__(self) -> None:
        self.code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""
        return self.code


def test_a_database_that_does_not_start_is_tried_again_until_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, now, tries = _Ended(), _Ended(), [100.0], list[float]()
    answers: list[Any] = [first, Unavailable("No space left on device."), Unavailable("No space left on device."), second]

    def own(_data: Path, _alone: bool) -> Any:
        tries.append(now[0])
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setenv("ODZEW_DATABASE_URL", "")
    monkeypatch.setattr(household, "_own", own)
    monkeypatch.setattr(household, "time", SimpleNamespace(monotonic=lambda: now[0]))
    database = household.Database(chosen=Settings(data=tmp_path))
    database.mind()
    assert len(tries) == 1, "it runs"
    first.code = 1
    for _ in range(200):
        database.mind()
        now[0] += 0.1
    assert answers == [] and len(tries) == 4
    pauses = [b - a for a, b in pairwise(tries[1:])]
    assert all(pause >= 0.4 for pause in pauses) and pauses == sorted(pauses)
