"""Fixtures that all tests may use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.cast import Story

# How long an example takes says nothing on a machine that is busy with other things.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _scheduled_like_any_other() -> Iterator[None]:
    """No test leaves this process a real-time one, which would starve what it waits for (see bench/clips.py)."""
    yield
    assert os.sched_getscheduler(0) in (os.SCHED_OTHER, os.SCHED_BATCH, os.SCHED_IDLE)


@pytest.fixture
def story(transactional_db: None) -> Story:
    """A desk of three reviewers and one platform."""
    return Story()
