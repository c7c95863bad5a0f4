"""What leaves the desk by its side doors: the log and the alarm channels."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence

import pytest
import structlog

from odzew.entrypoints import alarm_channels, logs
from odzew.entrypoints.worker import Loop, Worker
from odzew.foundation.outgoing import Reply
from odzew.foundation.settings import Settings
from tests.cast import START

PERSONAL = "Zosia zosia@example.org 12345678901234567890 https://kladka.example/posts/1 odz_prg_0"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure(level="info")
    yield written
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


def test_nothing_personal_passes(log: io.StringIO) -> None:
    ours = logging.getLogger("odzew.entrypoints.worker")
    ours.warning("tried %s again", PERSONAL, extra={"text": PERSONAL, "loop": "clocks", "account": PERSONAL})
    logging.getLogger("psycopg").error("Key (external_id)=(%s) exists", PERSONAL)
    logging.getLogger("_granian").error(PERSONAL)
    try:
        raise ValueError(PERSONAL)
    except ValueError:
        ours.exception("a deed failed")
        logging.getLogger("elsewhere").exception(PERSONAL)
    structlog.stdlib.get_logger("odzew.x").info("ready", url=PERSONAL, port=8400)
    text = log.getvalue()
    for word in PERSONAL.split():
        assert word not in text
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert [line["event"] for line in lines[:4]] == ["tried %s again", "psycopg reports", "_granian reports", "a deed failed"]
    assert lines[0]["loop"] == "clocks" and lines[0]["level"] == "warning"
    assert lines[3]["error"].startswith("ValueError at ")


class _Channel:
    """A channel that keeps what it gets."""

    def __init__(self, status: int) -> None:
        self.status, self.sent = status, list[tuple[str, bytes]]()

    def post(self, *, url: str, body: bytes, headers: Mapping[str, str], hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Take a message."""
        self.sent.append((url, body))
        return Reply(status=self.status)

    def look(self, *, url: str, hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Nobody looks here."""
        raise AssertionError(url)


def test_an_alarm_is_a_neutral_sentence_with_a_number() -> None:
    chosen = Settings(alarm_ntfy="https://ntfy.example/desk", alarm_webhook="https://hooks.example/1")
    out = _Channel(200)
    payload = {"code": "returned", "case": "0190", "alarm": "0191"}
    assert alarm_channels.ring_all(chosen=chosen, payload=payload, at=START, out=out) == {"ntfy": True, "webhook": True}
    assert out.sent[0] == (
        "https://ntfy.example/desk",
        b"Odzew: Something that was gone is back; it was ordered hidden again. Alarm 0191.",
    )
    assert json.loads(out.sent[1][1])["code"] == "returned"
    assert not any(alarm_channels.ring_all(chosen=chosen, payload=payload, at=START, out=_Channel(500)).values())
    assert "http" not in "".join(alarm_channels.SENTENCES.values())


def test_mail_goes_by_smtp(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    class Server:
        def __enter__(self) -> Server:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def send_message(self, message: object) -> None:
            sent.append(str(message))

    monkeypatch.setattr(alarm_channels, "_server", lambda scheme, host, port: Server())
    chosen = Settings(alarm_mail="night@desk.example", smtp_url="smtp://localhost:25")
    assert alarm_channels.sender(chosen=chosen)({"code": "test", "alarm": "7"}, START)
    assert "Subject: Odzew: alarm" in sent[0] and "This is a test." in sent[0]
    refused = Settings(alarm_mail="night@desk.example", smtp_url="smtp://127.0.0.1:1")
    monkeypatch.undo()
    assert not alarm_channels.sender(chosen=refused)({"code": "test"}, START)


def test_a_loop_that_fails_goes_on_and_one_that_dies_is_started_again(log: io.StringIO) -> None:
    seen: list[float] = []
    died = threading.Event()

    def fails() -> float:
        seen.append(time.monotonic())
        raise ValueError(PERSONAL)

    def dies() -> float:
        if not died.is_set():
            died.set()
            raise SystemExit
        seen.append(0.0)
        return 60.0

    worker = Worker(loops=[Loop(name="fails", deed=fails), Loop(name="dies", deed=dies)])
    deadline = time.monotonic() + 10
    while (len([s for s in seen if s]) < 2 or 0.0 not in seen) and time.monotonic() < deadline:
        worker.mind()
        time.sleep(0.05)
    assert worker.stop(within=5)
    assert len([s for s in seen if s]) >= 2 and 0.0 in seen
    assert "a loop had died" in log.getvalue() and "Zosia" not in log.getvalue()
