"""A picture of 12 megapixels on the form's own page, in Chromium: how long the device takes for its fingerprint.

It needs Chromium and playwright (the extra `odzew[dev]` brings it); without them there is no figure.
"""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from odzew.entrypoints.bench.data import Figure, lower_is_better, median
from odzew.entrypoints.bench.hash import SIZES, photo

ROUNDS: Final = 3
SIZE: Final = SIZES["12 MP"]
MOST_SECONDS: Final = 1.0
_ARGUMENTS: Final = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")
# From the moment that the page knows of the file to the moment that the form carries its hashes.
_WATCH: Final = """() => {
  const file = document.querySelector('#fingerprint'), field = document.querySelector('[name=hashes]');
  window.took = null;
  file.addEventListener('change', () => {
    const begin = performance.now(), look = () => field.value ? window.took = performance.now() - begin : setTimeout(look, 2);
    look();
  }, { capture: true, once: true });
}"""


def on_device(*, port: int) -> list[Figure]:
    """Return the time from choosing a picture to its hashes in the form, or nothing where there is no browser."""
    browser = os.environ.get("ODZEW_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser or find_spec("playwright") is None:
        return []
    with tempfile.TemporaryDirectory(prefix="odzew-phone-") as folder:
        picture = Path(folder) / "picture.jpg"
        photo(seed=7, size=SIZE).save(picture, "JPEG", quality=85)
        took = _chosen(browser, f"http://127.0.0.1:{port}/?lang=en", picture)
    figure = "fingerprint_12_mp"
    return [
        lower_is_better(figure=figure, ours=median(values=took), peer=MOST_SECONDS, unit="s", peer_name="the limit", n=len(took))
    ]


def _chosen(browser: str, address: str, picture: Path) -> list[float]:
    took = []
    with importlib.import_module("playwright.sync_api").sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser, args=list(_ARGUMENTS))
        try:
            for _ in range(ROUNDS):
                took.append(_once(running, address, picture))
        finally:
            running.close()
    return took


def _once(running: Any, address: str, picture: Path) -> float:
    """Choose the picture on a new phone's second screen; return the seconds."""
    context = running.new_context()
    try:
        page = context.new_page()
        page.goto(address)
        page.check("input[name=who][value=me]")
        with page.expect_worker():
            page.click("#form .go")
        page.workers[0].evaluate("() => 1")
        page.evaluate(_WATCH)
        page.set_input_files("#fingerprint", str(picture))
        page.wait_for_function("() => window.took !== null", timeout=60_000)
        return float(page.evaluate("() => window.took")) / 1000
    finally:
        context.close()
