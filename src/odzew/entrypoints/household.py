"""The processes of one machine: started, watched, started again when they die, and gone when this one is."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Final

from odzew.entrypoints import runtime
from odzew.foundation.errors import OdzewError, Unavailable
from odzew.foundation.postgres import Running, check_server, ensure
from odzew.foundation.settings import Settings

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.2
STOP_SECONDS: Final = 12.0
OWN_SECONDS: Final = 60.0
PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_SECONDS: Final = 60.0


class Database:
    """The desk's database while a household lives: the one of the settings, or the embedded one, started again if it ends."""

    def __init__(self, *, chosen: Settings, alone: bool = False) -> None:
        self._data, self._alone, self._running = chosen.data, alone, None if chosen.database_url else _own(chosen.data, alone)
        if self._running is None:
            check_server(url=chosen.database_url)
        else:
            os.environ["ODZEW_DATABASE_URL"] = self._running.url
        self._failures, self._again_at = 0, 0.0

    def mind(self) -> None:
        """Start the embedded database again if it has ended; its address stays the same.

        One that does not start (a full disk, say) is tried again, later each time: the desk never gives up by itself.
        """
        if self._running is None or self._running.poll() is None or time.monotonic() < self._again_at:
            return
        log.error("the database has ended and is started again")
        try:
            self._running, self._failures = _own(self._data, self._alone), 0
        except OdzewError as error:
            self._failures += 1
            self._again_at = time.monotonic() + PAUSES[min(self._failures, len(PAUSES) - 1)]
            log.error("the database does not start; tried again", extra={"code": error.code, "attempt": self._failures})

    def stop(self) -> None:
        """Stop the database if it was started here."""
        if self._running is not None:
            runtime.close_connections()
            os.environ.pop("ODZEW_DATABASE_URL", None)
            self._running.stop()


def _own(data: Path, alone: bool) -> Running:
    """Return the embedded database; `alone`: only as a child of this process, after waiting for whoever runs it now."""
    deadline = time.monotonic() + OWN_SECONDS
    while True:
        running = ensure(data=data)
        if running.started or not alone:
            return running
        if running.wait(timeout=max(0.0, deadline - time.monotonic())) is None:
            raise Unavailable(f"Another process runs the database in {data}: stop it first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process to run: a module with its words, and what its environment has besides ours."""

    name: str
    module: str
    words: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Kept:
    child: Child
    process: subprocess.Popen[bytes]
    since: float
    failures: int = 0
    again_at: float | None = None


class Household:
    """Children of this process. Each is on a leash (see `leash`), in a session of its own, so that Ctrl-C reaches only us."""

    def __init__(self, *, database: Database | None = None, log_to: IO[bytes] | None = None, held: int | None = None) -> None:
        self._database, self._log_to, self._held = database, log_to, held
        self._kept: dict[str, _Kept] = {}

    def start(self, *, child: Child) -> None:
        """Start a child; from now on it is started again whenever it ends."""
        self._kept[child.name] = _Kept(child, self._spawn(child), time.monotonic())

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "odzew.entrypoints.leash", str(os.getpid()), child.module, *child.words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._log_to,
            env={**os.environ, **child.environment},
            pass_fds=() if self._held is None else (self._held,),
            start_new_session=True,
        )

    def mind(self) -> None:
        """Look once after the database and every child; what has ended is started again, later each time it ends soon."""
        if self._database is not None:
            self._database.mind()
        now = time.monotonic()
        for kept in self._kept.values():
            if kept.again_at is None and (code := kept.process.poll()) is not None:
                kept.failures = 0 if now - kept.since > STEADY_SECONDS else kept.failures + 1
                kept.again_at = now + PAUSES[min(kept.failures, len(PAUSES) - 1)]
                log.error("a process has ended and is started again", extra={"process": kept.child.name, "exit": code})
            if kept.again_at is not None and now >= kept.again_at:
                kept.process, kept.since, kept.again_at = self._spawn(kept.child), now, None

    def failing(self) -> str | None:
        """Return the name of a child that ended three times soon after its start, or None."""
        return next((k.child.name for k in self._kept.values() if k.failures >= 3), None)

    def wait(self, *, ready: Callable[[], bool], within: float) -> bool:
        """Look after everything until `ready`; False if that takes too long or a child cannot live."""
        deadline = time.monotonic() + within
        while not ready():
            if time.monotonic() > deadline or self.failing():
                return False
            self.mind()
            time.sleep(LOOK_SECONDS / 2)
        return True

    def live(self) -> None:
        """Look after everything until a KeyboardInterrupt."""
        while True:
            self.mind()
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """Ask every child to stop, in the order of their start, then end what has not; the database last."""
        for kept in self._kept.values():
            with contextlib.suppress(ProcessLookupError):
                kept.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for kept in self._kept.values():
            try:
                kept.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                kept.process.kill()
                kept.process.wait()
        if self._database is not None:
            self._database.stop()


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Turn SIGTERM into a KeyboardInterrupt as Ctrl-C is one; leaving is quiet and cannot be interrupted by a second."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {n: signal.signal(n, interrupt) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        return
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
