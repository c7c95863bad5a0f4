"""What every page of the desk must look like to a person: whoever reads it, on whatever screen, with whatever hands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

SCREENS = tuple(product((320, 1280), ("light", "dark")))
_AXE = Axe()
_TARGETS = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), textarea, select, label:has(input)')]
  .filter(e => !e.closest('label') || e.tagName === 'LABEL')
  .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([, b]) => b.width > 0 && Math.round(b.height) < LEAST)
  .map(([html, b]) => `${html}: ${b.height}`)"""

_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def reader(browser: Browser, *, language: str, script: bool = True, looked_at: bool = False, **more: Any) -> Iterator[Page]:
    """Open a page for somebody who reads `language`; `looked_at` lets the checks below run their own scripts in it."""
    context = browser.new_context(locale=language, java_script_enabled=script, bypass_csp=looked_at, **more)
    context.set_default_timeout(15_000)
    try:
        yield context.new_page()
    finally:
        context.close()


def faults(page: Page, *, least: int = 48, name: str = "") -> list[str]:
    """Say what is wrong with the page that is open, on small and large screens, in light and in dark, and with letters twice as large.

    With `PICTURES` in the environment, a folder, each state that has a `name` is put there as pictures, to be looked at.
    """
    found = []
    folder = os.environ.get("PICTURES") if name else None
    for width, scheme in SCREENS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        where = f"{page.title()} {width} px {scheme}"
        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
        seen = _AXE.run(page)
        found += [f"{where}: {v['id']}: {v['help']}: {v['nodes'][0]['html'][:120]}" for v in seen.response["violations"]]
        if scheme == "light":
            found += [f"{where}: scrolls sideways by {wide} px"] if (wide := page.evaluate(_WIDE)) > 0 else []
            found += [f"{where}: too small to touch: {t}" for t in page.evaluate(_TARGETS.replace("LEAST", str(least)))]
    page.evaluate("() => { document.documentElement.style.fontSize = '200%' }")
    found += [f"{page.title()} at 200 %: scrolls sideways by {wide} px"] if (wide := page.evaluate(_WIDE)) > 0 else []
    page.evaluate("() => { document.documentElement.style.fontSize = '' }")
    return found
