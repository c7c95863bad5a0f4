"""The asking side's hold on its server and on one child: start, ask, end."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from odzew.foundation.errors import Unavailable
from odzew.matching.decoder import control, messages
from odzew.matching.decoder.data import Limits, Protection, Verdict

MODULE: Final[tuple[str, ...]] = ("odzew.matching.decoder",)
"""What is run as the server."""

_CONTROL_SECONDS: Final = 20.0
_REAP_SECONDS: Final = 5.0
_KEPT: Final = ("PYTHONPATH", "NUMBA_CACHE_DIR", "ODZEW_DATA", "HOME")
_QUIET: Final = {"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


class Ended(Exception):
    """The other side is gone. `early`: it was before it could have seen the file."""

    def __init__(self, *, early: bool = False) -> None:
        super().__init__("The other side is gone.")
        self.early = early


class ChildHandle:
    """One child: its socket, its pidfd, and how many files it has seen."""

    def __init__(self, *, link: socket.socket, pid: int, pidfd: int) -> None:
        self.link = link
        self.pid = pid
        self.pidfd = pidfd
        self.files = 0
        self.walls: tuple[Protection, ...] = ()
        self.closed = False

    def greet(self, *, seconds: float) -> None:
        """Wait until the child stands behind its walls; raises `Ended` or `TimeoutError`."""
        until = time.monotonic() + seconds
        magic, length = control.LENGTH.unpack(self._take(control.LENGTH.size, until))
        if magic != control.CHILD_READY or length > control.MOST_BYTES:
            raise Ended
        self.walls = control.read_walls(data=self._take(length, until))

    def ask(self, *, request: messages.Request, fd: int | None) -> None:
        """Hand over a file; raises `Ended` with `early` if the child was gone before."""
        self.files += 1
        try:
            socket.send_fds(self.link, [messages.pack_request(request=request)], [] if fd is None else [fd])
        except OSError as problem:
            raise Ended(early=True) from problem

    def hear(self, *, request: messages.Request, until: float) -> tuple[Verdict, bytes]:
        """Return the verdict and the body of the answer; raises `Ended`, `TimeoutError` or `messages.BadAnswer`."""
        verdict, length = messages.read_head(data=self._take(messages.HEAD_BYTES, until), request=request)
        return verdict, self._take(length, until)

    def kill(self) -> None:
        """End it now, if it is not already gone."""
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def gone(self, *, seconds: float) -> bool:
        """Wait until it has ended; True if it has."""
        watch = select.poll()
        watch.register(self.pidfd, select.POLLIN)
        return bool(watch.poll(int(seconds * 1000)))

    def close(self) -> None:
        """Let go of the descriptors, once."""
        if self.closed:
            return
        self.closed = True
        self.link.close()
        with contextlib.suppress(OSError):
            os.close(self.pidfd)

    def _take(self, length: int, until: float) -> bytes:
        parts = bytearray()
        while len(parts) < length:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.link.settimeout(left)
            try:
                part = self.link.recv(length - len(parts))
            except TimeoutError:
                raise
            except OSError as problem:
                raise Ended from problem
            if not part:
                raise Ended
            parts += part
        return bytes(parts)


class ServerHandle:
    """One running server. Its methods may be called from several threads."""

    def __init__(self, *, limits: Limits) -> None:
        self._lock = threading.Lock()
        self._link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        words = [str(theirs.fileno()), str(os.getpid()), json.dumps(asdict(limits))]
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", *MODULE, *words],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                    cwd="/",
                    env=environment(environ=os.environ),
                )
        except BaseException:
            self._link.close()
            raise
        try:
            self.walls = self._greeting(limits.start_seconds)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self._process.poll() is None

    def spawn(self) -> ChildHandle:
        """Return a new child behind its walls; raises `Ended`, `TimeoutError`, or `Unavailable` if the machine has no room for one."""
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with self._lock, theirs:
                message, fds = self._exchange(control.SPAWN, theirs.fileno())
        except BaseException:
            mine.close()
            raise
        if message[:1] != control.SPAWNED or len(message) != control.PID.size or len(fds) != 1:
            for fd in fds:
                os.close(fd)
            mine.close()
            raise Unavailable("No process can be started to decode files: the machine has no room for one.")
        child = ChildHandle(link=mine, pid=control.PID.unpack(message)[1], pidfd=fds[0])
        try:
            child.greet(seconds=_CONTROL_SECONDS)
        except BaseException:
            self.end(child=child)
            raise
        return child

    def end(self, *, child: ChildHandle) -> int | None:
        """Kill a child if it lives, and return its wait status; None if the server could not tell, or had told already."""
        if child.closed:
            return None
        child.kill()
        gone = child.gone(seconds=_REAP_SECONDS)
        child.close()
        if not gone:
            return None
        try:
            with self._lock:
                message, fds = self._exchange(control.PID.pack(control.WAIT, child.pid), None)
        except (Ended, TimeoutError):
            return None
        for fd in fds:
            os.close(fd)
        if message[:1] != control.ENDED or len(message) != control.STATUS.size:
            return None
        _word, pid, status = control.STATUS.unpack(message)
        return status if pid == child.pid else None

    def close(self) -> None:
        """End the server, and with it its children."""
        self._process.kill()
        with self._lock:
            self._link.close()
        self._process.wait()

    def _greeting(self, seconds: float) -> tuple[Protection, ...]:
        self._link.settimeout(seconds)
        message = self._heard()[0]
        if message[:1] != control.READY:
            raise Ended
        self._link.settimeout(_CONTROL_SECONDS)
        return control.read_walls(data=message[1:])

    def _exchange(self, message: bytes, fd: int | None) -> tuple[bytes, list[int]]:
        """Say a word and hear the answer; a server that is too slow is ended, as its answer would be taken for the next one's."""
        try:
            socket.send_fds(self._link, [message], [] if fd is None else [fd])
            return self._heard()
        except TimeoutError:
            self._process.kill()
            raise
        except OSError as problem:
            raise Ended(early=True) from problem

    def _heard(self) -> tuple[bytes, list[int]]:
        try:
            message, fds, _flags, _address = socket.recv_fds(self._link, control.MOST_BYTES, 4)
        except TimeoutError:
            raise
        except OSError as problem:
            raise Ended(early=True) from problem
        if not message:
            raise Ended(early=True)
        return message, fds


def environment(*, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the little that the server is told of the environment: where Python and its caches are, and to use one thread."""
    return {name: environ[name] for name in _KEPT if name in environ} | _QUIET
