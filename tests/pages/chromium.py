"""Finding Debian's Chromium for the tests that drive a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")
ADVICE = (
    "There is no Chromium. As root: apt-get update && apt-get install -y --no-install-recommends chromium; "
    "or name one in ODZEW_CHROMIUM. `make test` installs Debian's where it runs as root."
)


def must_be_there() -> bool:
    """Whether a missing browser is a failure: in CI, and for whoever asks for it."""
    return os.environ.get("REQUIRE_BROWSER") == "1" or os.environ.get("CI", "").lower() in ("1", "true")


def chromium() -> str:
    """Return the path of Chromium: `ODZEW_CHROMIUM`, else the one on the path.

    Where there is none, the test fails if a browser must be there, and is skipped if not; both say what to do.
    """
    found = os.environ.get("ODZEW_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    if must_be_there():
        pytest.fail(ADVICE)
    pytest.skip(ADVICE)


@contextmanager
def started() -> Iterator[Browser]:
    """Start Chromium for a while."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        try:
            yield found
        finally:
            found.close()
