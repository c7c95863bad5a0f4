"""The decoder as the web and the worker use it: a file in, a checked answer out, whatever the file is."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import TracebackType
from typing import Final, Self

from odzew.foundation.errors import Unavailable
from odzew.hashing.data import FileHashes, Mode
from odzew.matching.decoder import handing, messages, probing
from odzew.matching.decoder.data import Decoded, Limits, Protection, Verdict
from odzew.matching.decoder.handles import ChildHandle, Ended, ServerHandle

_ESSENTIAL: Final = ("system_call_filter", "no_network")
_TRIES: Final = 3
_NOTES: Final[dict[Verdict, str]] = {
    "busy": "Too many files are being decoded; try again in a moment.",
    "timed_out": "Decoding it took longer than a file may take, and was ended.",
    "crashed": "Decoding it ended the process that did it.",
}


class Refused(Unavailable):
    """This machine offers neither of the walls without which no file is decoded."""

    code = "decoder-refused"


class Decoder:
    """Decodes files from strangers in confined children; safe to use from many threads, in any process.

    Nothing is started before the first use. After a fork the new process has a decoder of its own at its first use. Use it as a
    context manager, or end it with `close`; it also ends by itself with its process.
    """

    def __init__(self, *, limits: Limits | None = None, children: int = 2) -> None:
        self._limits = limits or Limits()
        self._most = children
        self._new()

    def _new(self) -> None:
        self._owner = os.getpid()
        self._free = threading.Condition()
        self._starting = threading.Lock()
        self._idle: list[ChildHandle] = []
        self._out = 0
        self._waiting = 0
        self._server: ServerHandle | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def hashes(self, *, data: bytes | int, mode: Mode = "exact", turned: bool = False) -> Decoded:
        """Return the hashes of a file, given as its bytes or as a descriptor of a regular file; `turned`: all eight orientations.

        Every bad file is a verdict, never an error. A descriptor stays open and is not moved. Raises `OSError` if it cannot be read.
        """
        fd = handing.sealed(data=data) if isinstance(data, bytes) else handing.read_only(fd=data)
        try:
            size = os.fstat(fd).st_size
            if size > self._limits.file_bytes:
                note = f"It has {size} bytes; the limit is {self._limits.file_bytes}."
                return Decoded(verdict="too_large", hashes=None, note=note)
            request = messages.Request(
                task="hashes",
                token=os.urandom(messages.TOKEN_BYTES),
                mode=mode,
                turned=turned,
                pixels=self._limits.pixels,
            )
            return self._hashes(fd, size, data, request)
        finally:
            os.close(fd)

    def protections(self) -> tuple[Protection, ...]:
        """Return which walls stand around the children of this machine, and which could not be set up; starts the decoder.

        Raises `Unavailable` if it cannot be started.
        """
        server, child = self._take_child()
        self._give_back(server, child)
        return (*server.walls, *child.walls)

    def probe(self) -> tuple[str, ...]:
        """Let a child try to break out in every way of `ATTEMPTS`; returns those that succeeded: none, on a good machine.

        Raises `Unavailable` if the decoder cannot be started or the child gave no result.
        """
        server, child = self._take_child()
        request = messages.Request(task="probe", token=os.urandom(messages.TOKEN_BYTES))
        try:
            child.ask(request=request, fd=None)
            _verdict, body = child.hear(request=request, until=time.monotonic() + self._limits.wall_seconds)
            return probing.read_attempts(body=body)
        except (Ended, TimeoutError, messages.BadAnswer, ValueError) as problem:
            raise Unavailable("The decoder's self-check gave no result: a child broke out of the check or was ended.") from problem
        finally:
            self._drop(server, child)

    def close(self) -> None:
        """End the server and all children; a later call starts them anew."""
        if self._owner != os.getpid():
            return
        with self._free:
            server, self._server = self._server, None
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()
        if server:
            server.close()

    def _hashes(self, fd: int, size: int, data: bytes | int, request: messages.Request) -> Decoded:
        digests: tuple[bytes, bytes] | None = None
        for _ in range(_TRIES):
            try:
                server, child = self._take_child()
            except Busy:
                return self._answer("busy", fd, size, data, digests)
            except Refused as problem:
                return self._answer("refused", fd, size, data, digests, problem.sentence)
            except Unavailable as problem:
                return self._answer("crashed", fd, size, data, digests, problem.sentence)
            until = time.monotonic() + self._limits.wall_seconds
            try:
                child.ask(request=request, fd=fd)
                digests = digests or _digests(fd, size, data)
                verdict, body = child.hear(request=request, until=until)
                said = messages.read_said(body=body, request=request, verdict=verdict)
            except Ended as end:
                status = self._drop(server, child)
                if end.early or not server.alive():
                    continue
                verdict = "timed_out" if status is not None and _signal(status) == signal.SIGXCPU else "crashed"
                return self._answer(verdict, fd, size, data, digests)
            except TimeoutError:
                self._drop(server, child)
                return self._answer("timed_out", fd, size, data, digests)
            except messages.BadAnswer as problem:
                self._drop(server, child)
                return self._answer("crashed", fd, size, data, digests, str(problem))
            except BaseException:
                self._drop(server, child)
                raise
            if verdict == "out_of_memory":
                self._drop(server, child)
            else:
                self._give_back(server, child)
            sha256, md5 = digests
            hashes = FileHashes(kind=said.kind, sha256=sha256, md5=md5, picture=said.picture, frames=said.frames, note=said.note)
            return Decoded(verdict=verdict, hashes=hashes, note=said.note)
        return self._answer("crashed", fd, size, data, digests)

    def _answer(
        self, verdict: Verdict, fd: int, size: int, data: bytes | int, digests: tuple[bytes, bytes] | None, note: str = ""
    ) -> Decoded:
        sha256, md5 = digests or _digests(fd, size, data)
        note = note or _NOTES[verdict]
        return Decoded(verdict=verdict, hashes=FileHashes(kind="unknown", sha256=sha256, md5=md5, note=note), note=note)

    def _take_child(self) -> tuple[ServerHandle, ChildHandle]:
        """Return a child for one file; raises `Busy`, `Refused` or `Unavailable`."""
        if self._owner != os.getpid():
            self._new()
        self._take_place()
        try:
            server = self._running()
            with self._free:
                child = self._idle.pop() if self._idle else None
            return server, child or self._spawned(server)
        except BaseException:
            self._leave_place()
            raise

    def _spawned(self, server: ServerHandle) -> ChildHandle:
        try:
            child = server.spawn()
        except (Ended, TimeoutError) as problem:
            self._forget(server)
            raise Unavailable("The decoder ended while a child was started.") from problem
        walls = {wall.name for wall in (*server.walls, *child.walls) if wall.active}
        if not walls.intersection(_ESSENTIAL):
            server.end(child=child)
            raise Refused("No file is decoded: this machine offers neither a filter for system calls nor a network of one's own.")
        return child

    def _take_place(self) -> None:
        until = time.monotonic() + self._limits.wait_seconds
        with self._free:
            if self._out >= self._most and self._waiting >= self._limits.waiting:
                raise Busy
            self._waiting += 1
            try:
                if not self._free.wait_for(lambda: self._out < self._most, until - time.monotonic()):
                    raise Busy
            finally:
                self._waiting -= 1
            self._out += 1

    def _leave_place(self) -> None:
        with self._free:
            self._out -= 1
            self._free.notify()

    def _running(self) -> ServerHandle:
        with self._starting:
            with self._free:
                server = self._server
            if server and server.alive():
                return server
            if server:
                self._forget(server)
            try:
                server = ServerHandle(limits=self._limits)
            except (Ended, TimeoutError, OSError) as problem:
                raise Unavailable("The decoder could not be started.") from problem
            with self._free:
                self._server = server
            return server

    def _forget(self, server: ServerHandle) -> None:
        with self._free:
            if self._server is not server:
                return
            self._server = None
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()
        server.close()

    def _give_back(self, server: ServerHandle, child: ChildHandle) -> None:
        with self._free:
            keep = self._server is server and child.files < self._limits.files
            if keep:
                self._idle.append(child)
        if not keep:
            server.end(child=child)
        self._leave_place()

    def _drop(self, server: ServerHandle, child: ChildHandle) -> int | None:
        try:
            return server.end(child=child)
        finally:
            self._leave_place()


class Busy(Exception):
    """No child is free, and none became free in time."""


def _digests(fd: int, size: int, data: bytes | int) -> tuple[bytes, bytes]:
    return handing.digests_of(data=data) if isinstance(data, bytes) else handing.digests(fd=fd, size=size)


def _signal(status: int) -> int:
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
