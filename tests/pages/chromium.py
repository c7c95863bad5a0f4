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

INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")


def must_be_there() -> bool:
    """Whether a missing browser is a failure: CI, or whoever asks for it."""
    return os.environ.get("REQUIRE_BROWSER") == "1" or os.environ.get("CI", "").lower() in ("1", "true")


@cache
def chromium() -> str:
    """Return the path of Chromium: `ODZEW_CHROMIUM`, else the one on the path.

    Where one must be there and is not, it is installed from Debian as root; else the test fails and says the command.
    """
    found = os.environ.get("ODZEW_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    command = " ".join(INSTALL)
    if not must_be_there():
        pytest.skip(f"no Chromium; install it with: {command}, or name one in ODZEW_CHROMIUM")
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        pytest.fail(f"these tests need Chromium; install it as root with: {command}, or name one in ODZEW_CHROMIUM")
    done = subprocess.run(
        INSTALL, capture_output=True, text=True, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    )
    found = shutil.which("chromium")
    if done.returncode or found is None:
        pytest.fail(f"{command} ended with {done.returncode}: {done.stderr[-500:]}")
    return found


@contextmanager
def started() -> Iterator[Browser]:
    """Start Chromium for a while."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        try:
            yield found
        finally:
            found.close()
