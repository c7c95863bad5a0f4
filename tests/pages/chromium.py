"""Finding Debian's Chromium for the tests that drive a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from playwright.sync_api import Browser, sync_playwright

COMMAND = "apt-get update && apt-get install -y --no-install-recommends chromium"
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")


def must_be_there() -> bool:
    """Whether a missing browser is a failure: in CI, and for whoever asks for it."""
    return os.environ.get("REQUIRE_BROWSER") == "1" or os.environ.get("CI", "").lower() in ("1", "true")


def _there() -> str | None:
    return os.environ.get("ODZEW_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@cache
def chromium() -> str:
    """Return the path of Chromium: `ODZEW_CHROMIUM`, else the one on the path, else Debian's, installed if we are root.

    Where that cannot be, the test fails if a browser must be there, and is skipped if not; both say the command.
    """
    if found := _there():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        done = subprocess.run(
            ["sh", "-c", COMMAND],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
        if found := _there():
            return found
        pytest.fail(f"{COMMAND}: ended with {done.returncode}: {done.stderr[-500:]}")
    advice = f"There is no Chromium. As root: {COMMAND}; or name one in ODZEW_CHROMIUM."
    if must_be_there():
        pytest.fail(advice)
    pytest.skip(advice)


@contextmanager
def started() -> Iterator[Browser]:
    """Start Chromium for a while."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        try:
            yield found
        finally:
            found.close()
