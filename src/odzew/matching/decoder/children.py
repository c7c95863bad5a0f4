"""The server and its idle children, as one process holds them: started when first needed, started anew when they are gone."""

from __future__ import annotations

import threading
from typing import Final

from odzew.foundation.errors import Unavailable
from odzew.matching.decoder.data import Limits
from odzew.matching.decoder.handles import ChildHandle, Ended, ServerHandle

_ESSENTIAL: Final = ("system_call_filter", "no_network")


class Refused(Unavailable):
    """This machine offers neither of the walls without which no file is decoded."""

    code = "decoder-refused"


class Children:
    """One server at a time and the children that wait for work; for many threads."""

    def __init__(self, *, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._idle: list[ChildHandle] = []
        self._server: ServerHandle | None = None

    def take(self) -> tuple[ServerHandle, ChildHandle]:
        """Return a child that waits, or a new one; raises `Refused`, or `Unavailable` if none can be started."""
        server = self._running()
        with self._lock:
            if self._server is server and self._idle:
                return server, self._idle.pop()
        return server, self._new(server)

    def put(self, *, server: ServerHandle, child: ChildHandle) -> None:
        """Take a child back; one that has seen enough files is ended."""
        with self._lock:
            if self._server is server and child.files < self._limits.files:
                self._idle.append(child)
                return
        server.end(child=child)

    def processes(self) -> tuple[int, ...]:
        """Return the process ids of the server and of the children that wait; empty before the start."""
        with self._lock:
            return (self._server.pid, *(child.pid for child in self._idle)) if self._server else ()

    def close(self) -> None:
        """End the server and all children."""
        with self._lock:
            server = self._server
        if server:
            self._forget(server)

    def _running(self) -> ServerHandle:
        with self._starting:
            server = self._server
            if server and server.alive():
                return server
            if server:
                self._forget(server)
            try:
                server = ServerHandle(limits=self._limits)
            except (Ended, TimeoutError, OSError) as problem:
                raise Unavailable("The process that decodes files could not be started; its reason is in the log.") from problem
            with self._lock:
                self._server = server
            return server

    def _new(self, server: ServerHandle) -> ChildHandle:
        try:
            child = server.spawn()
        except (Ended, TimeoutError) as problem:
            self._forget(server)
            raise Unavailable("The process that decodes files ended while it was asked for a child; try again.") from problem
        walls = {wall.name for wall in (*server.walls, *child.walls) if wall.active}
        if not walls.intersection(_ESSENTIAL):
            server.end(child=child)
            raise Refused(
                "No file is decoded on this machine: it allows neither a filter for system calls nor an empty network; see docs/decoding.md."
            )
        return child

    def _forget(self, server: ServerHandle) -> None:
        with self._lock:
            if self._server is not server:
                return
            self._server = None
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()
        server.close()
