"""Fixtures that all tests may use."""

from __future__ import annotations

import pytest

from tests.cast import Story


@pytest.fixture
def story(transactional_db: None) -> Story:
    """A desk of three reviewers and one platform."""
    return Story()
