"""The web is killed between any two steps of the form, and while it answers: what somebody wrote is still there, and is filed once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from odzew.entrypoints.bench.load import free_port
from odzew.entrypoints.bench.person import Screen
from odzew.foundation.writes import fetch_all
from odzew.ledger.events import read_texts
from tests.api.serving import START, _url, answer_on, head, open_to
from tests.cast import Story
from tests.pages.site import LINK, WORDS

FORM = "Content-Type: application/x-www-form-urlencoded"


@dataclass
class Web:
    """The desk's web in a session of its own, which is killed as a whole and started again at the same port."""

    port: int = field(default_factory=free_port)
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until somebody listens."""
        env = {**os.environ, "ODZEW_DATABASE_URL": _url(), "ODZEW_PORT": str(self.port), "ODZEW_WEB_PROCESSES": "1"}
        call = [sys.executable, "-m", "odzew.entrypoints.web"]
        self.running = subprocess.Popen(call, env={**env, "ODZEW_LOG_LEVEL": "error"}, start_new_session=True)
        until = time.monotonic() + START
        while not self._listens():
            assert time.monotonic() < until, "the web did not start"
            time.sleep(0.05)

    def _listens(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """End every process of it at once."""
        if self.running is not None:
            os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait(20)
            self.running = None
            until = time.monotonic() + START
            while self._listens() and time.monotonic() < until:
                time.sleep(0.02)

    def again(self) -> None:
        """Kill it and start it."""
        self.kill()
        self.start()


@pytest.fixture
def web() -> Iterator[Web]:
    """A web that runs, and is gone at the end."""
    one = Web()
    one.start()
    yield one
    one.kill()


def _request(screen: Screen | None, **typed: Any) -> bytes:
    if screen is None:
        return head("GET", "/?lang=pl")
    kept = [pair for pair in screen.fields if pair[0] not in typed]
    body = urlencode([*kept, *typed.items()], doseq=True).encode()
    return head("POST", "/", FORM, length=len(body)) + body


def _shown(web: Web, request: bytes) -> Screen:
    with closing(open_to(web.port, request)) as sock:
        status, _, page = answer_on(sock, request[:4].decode().strip())
    assert status == 200
    return Screen(page)


def test_killed_between_any_two_steps_and_while_it_files_no_word_is_lost_or_doubled(story: Story, web: Web) -> None:
    story.post()
    first = _shown(web, _request(None))
    web.again()
    second = _shown(web, _request(first, who="me", age="under_18", what=["posted", "danger"]))
    web.again()
    third = _shown(web, _request(second, where=LINK, more=WORDS))
    web.again()
    send = _request(third, answer="code")
    with closing(open_to(web.port, send)) as sock:
        sock.settimeout(5)
        time.sleep(0.05)  # somewhere in the middle of filing it, or just after: either way it is one report
        web.again()
    receipt = _shown(web, send)
    code = "".join(c for c in receipt.code if c.isdigit())
    assert len(code) == 20 and "".join(c for c in _shown(web, send).code if c.isdigit()) == code
    (row,) = fetch_all("SELECT claimant, minor, flags, text_id FROM notices_notice", [])
    assert row[:3] == ("depicted", True, ["imminent"]) and read_texts(ids=[row[3]])[row[3]] == WORDS
