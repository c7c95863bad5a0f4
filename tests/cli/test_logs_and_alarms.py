"""What leaves the desk by its side doors: the log and the alarm channels."""

from __future__ import annotations

import io
import json
import logging
import smtplib
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
import structlog
from django.db import OperationalError

from odzew.entrypoints import alarm_channels, logs
from odzew.entrypoints.mail import sending
from odzew.entrypoints.worker import Loop, Worker, in_force
from odzew.foundation.outgoing import Reply
from odzew.foundation.settings import Settings
from odzew.ledger import policies
from odzew.policy.shipped import shipped_policy_text
from odzew.usecases.put_policy_in_force import put_policy_in_force
from tests.cast import START, Story

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

        def send_message(self, message: object, from_addr: object) -> None:
            sent.append(str(message))

    monkeypatch.setattr(sending, "connect", lambda scheme, host, port: Server())
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


class _Mail:
    """A mail server without TLS, which remembers what it was told."""

    sock, told = None, list[str]()

    def __init__(self, *_: object, **__: object) -> None:
        self.told.clear()

    def __enter__(self) -> _Mail:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def ehlo(self) -> None:
        """Hello."""

    def has_extn(self, _name: str) -> bool:
        """It offers nothing."""
        return False

    def login(self, user: str, password: str) -> None:
        """Hear a password."""
        self.told.append(f"{user} {password}")

    def send_message(self, message: object, from_addr: object = None) -> None:
        """Take a message."""
        self.told.append(str(message))


@pytest.mark.parametrize(("url", "took"), [("smtp://ola:geheim@mail.example", False), ("smtp://mail.example", True)])
def test_a_password_is_never_sent_in_the_clear(url: str, took: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtplib, "SMTP", _Mail)
    chosen = Settings(alarm_mail="night@desk.example", smtp_url=url)
    assert alarm_channels.ring_all(chosen=chosen, payload={"code": "test"}, at=START, out=_Channel(200)) == {"mail": took}
    assert not any("geheim" in line for line in _Mail.told) and bool(_Mail.told) is took


def test_the_policy_is_kept_once_as_soon_as_the_database_answers(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[bool] = []

    def put(**given: Any) -> bool:
        calls.append(len(calls) > 0)
        if not calls[-1]:
            raise OperationalError("the database starts")
        return put_policy_in_force(**given)

    monkeypatch.setattr("odzew.usecases.put_policy_in_force.put_policy_in_force", put)
    worker = Worker(loops=[in_force(chosen=Settings(), desk=story.desk, clock=lambda: story.now)])
    worker.mind()
    deadline = time.monotonic() + 10
    while len(calls) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert worker.stop(within=5) and calls == [False, True]
    assert policies.text_of(digest=story.desk.policy.digest) == shipped_policy_text()
