"""Fixtures that all tests may use."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.cast import Story

# How long an example takes says nothing on a machine that is busy with other things.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture
def story(transactional_db: None) -> Story:
    """A desk of three reviewers and one platform."""
    return Story()
