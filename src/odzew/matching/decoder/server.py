"""The server: one process with one thread that forks children and says how they ended. It never sees a file.

It is made ready before its first fork (imports, compiled kernels), so that a new child costs milliseconds; then it takes network and
files away from itself. It lives until its owner is gone: the control socket ends, or the owner's pidfd tells.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
from typing import Final

from odzew.matching.decoder import child, confinement, control
from odzew.matching.decoder.data import Limits

_BREATH_MS: Final = 1000
_MOST_REMEMBERED: Final = 1024


class Server:
    """What the server knows: its children, and how those ended that nobody asked about yet."""

    def __init__(self, *, link: socket.socket, owner: int, limits: Limits) -> None:
        self._link = link
        self._owner = owner
        self._limits = limits
        self._mapped = 0
        self._nothing = -1
        self._children: set[int] = set()
        self._ended: dict[int, int] = {}

    def run(self) -> None:
        """Serve until the owner is gone, then end the children."""
        pidfd = os.pidfd_open(self._owner)
        if os.getppid() != self._owner:
            return
        child.prepare()
        self._nothing = os.open(os.devnull, os.O_RDWR)
        self._mapped = confinement.mapped_bytes()
        confinement.be_ended_first()
        found = confinement.confine_server()
        gc.collect()
        gc.freeze()
        self._link.send(control.READY + control.tell_walls(found=found))
        watch = select.poll()
        watch.register(self._link, select.POLLIN)
        watch.register(pidfd, select.POLLIN)
        try:
            while os.getppid() == self._owner:
                ready = dict(watch.poll(_BREATH_MS))
                self._reap()
                if pidfd in ready or (self._link.fileno() in ready and not self._one()):
                    return
        finally:
            self._end_all()

    def _one(self) -> bool:
        """Answer one message; False at the end of the conversation."""
        try:
            message, fds, _flags, _address = socket.recv_fds(self._link, 64, 4)
        except OSError:
            return False
        try:
            if message[:1] == control.SPAWN and len(fds) == 1:
                self._spawn(fds[0])
            elif message[:1] == control.WAIT and len(message) == control.PID.size:
                self._say_end(control.PID.unpack(message)[1])
            elif not message:
                return False
        except OSError:
            return False
        finally:
            for fd in fds:
                os.close(fd)
        return True

    def _spawn(self, channel: int) -> None:
        me = os.getpid()
        try:
            pid = os.fork()
        except OSError as problem:
            self._link.send(control.FAILED + str(problem).encode("ascii", "replace")[:200])
            return
        if pid == 0:
            child.live(channel=channel, nothing=self._nothing, parent=me, limits=self._limits, mapped=self._mapped)
        self._children.add(pid)
        pidfd = os.pidfd_open(pid)
        try:
            socket.send_fds(self._link, [control.PID.pack(control.SPAWNED, pid)], [pidfd])
        finally:
            os.close(pidfd)

    def _say_end(self, pid: int) -> None:
        status = self._ended.pop(pid, None)
        if status is None:
            self._link.send(control.ALIVE)
        else:
            self._link.send(control.STATUS.pack(control.ENDED, pid, status))

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._children.discard(ended[0])
                self._ended[ended[0]] = ended[1]
        while len(self._ended) > _MOST_REMEMBERED:
            del self._ended[next(iter(self._ended))]

    def _end_all(self) -> None:
        for pid in self._children:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
