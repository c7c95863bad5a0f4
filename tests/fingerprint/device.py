"""A phone with the form open: files are chosen, and the hidden field is read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import FilePayload, Page

from odzew.entrypoints.reporter.fingerprint.served import source

AT_ONCE: Final = 10
OVER: Final = "() => document.querySelector('progress').hidden && !document.querySelector('#fingerprint').value"
"""Nothing is being done any more."""


@dataclass
class Device:
    """The page; what it says on the console; what its server was asked, and sent in POSTs, since it was loaded."""

    page: Page
    asked: list[str]
    sent: list[bytes]
    said: list[str] = field(default_factory=list)

    def open(self, address: str, *, worker: bool = True) -> None:
        """Load the page and, where scripts run, the worker."""
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        if worker:
            with self.page.expect_worker():
                self.page.goto(address)
            self.page.workers[0].evaluate("() => 1")
        else:
            self.page.goto(address)
        self.asked.clear()
        self.sent.clear()

    def put(self, *files: tuple[str, bytes]) -> None:
        """Choose files as a person does."""
        payloads: list[FilePayload] = [{"name": name, "mimeType": "", "buffer": data} for name, data in files]
        self.page.set_input_files("#fingerprint", payloads)

    def choose(self, *files: tuple[str, bytes]) -> list[dict[str, Any]]:
        """Choose files; return the hashes in the hidden field when they are there."""
        self.put(*files)
        return self.found()

    def found(self) -> list[dict[str, Any]]:
        """Return the hashes in the hidden field when nothing is being done any more."""
        self.page.wait_for_function(OVER)
        text = self.page.input_value("[name=hashes]")
        return list(json.loads(text)) if text else []

    def choose_each(self, files: Sequence[tuple[str, bytes]]) -> list[dict[str, Any]]:
        """Return for each picture what the page found of it: `sha256`, `md5`, `pdq` (None without one) and `quality`."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(files), AT_ONCE):
            for row in self.choose(*files[start : start + AT_ONCE]):
                if row["type"] == "pdq":
                    found.append({"pdq": row["value"], "quality": row["quality"]})
                    continue
                if row["type"] == "sha256" and (not found or "sha256" in found[-1]):
                    found.append({"pdq": None, "quality": None})
                found[-1][row["type"]] = row["value"]
        return found

    def inside(self, function: str, of: Any) -> Any:
        """Return what a function that sees the inside of PDQ gives."""
        return self.page.evaluate(f"given => {{ {source(name='pdq.js')}\nreturn ({function})(given) }}", of)

    @property
    def status(self) -> str:
        """What the page says."""
        return self.page.inner_text("[role=status]")
