"""A desk whose pages and calls are one: what somebody sends by a program, others read at the console and on the status page."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from odzew.entrypoints.console import figures_data
from odzew.entrypoints.console import views as console
from odzew.entrypoints.reporter import pages, tally
from odzew.entrypoints.reporter import views as reporter
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.entrypoints.reporter.tally import SENDS, Tally
from tests.api.conftest import on_the_wire
from tests.api.wire import Wire


def one_desk(made: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Let all pages and routes act for the desk of a story."""
    monkeypatch.setattr(console, "desk", lambda: made.story.desk)
    monkeypatch.setattr(pages, "desk", lambda: made.story.desk)
    monkeypatch.setattr(console, "_guesses", Guesses())
    monkeypatch.setattr(reporter, "_guesses", Guesses())
    monkeypatch.setattr(tally, "sends", Tally(SENDS))
    monkeypatch.setattr(console, "settings", lambda: SimpleNamespace(demo=True))
    figures_data.forget()
    yield from on_the_wire(made, monkeypatch)
    figures_data.forget()
