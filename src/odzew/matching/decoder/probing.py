"""A child throws itself against its own walls and says which held: run by tests and by `odzew check`, never on somebody's file."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import socket
from collections.abc import Callable
from typing import Final

from odzew.matching.decoder import kernel
from odzew.matching.decoder.data import ATTEMPTS

_PTRACE_TRACEME: Final = 0
_libc = ctypes.CDLL(None, use_errno=True)


def attempt() -> bytes:
    """Try everything of `ATTEMPTS` in turn; returns one byte each: 1 if the attempt failed, 0 if it succeeded.

    What succeeds is undone where that is possible. A child that was probed is thrown away.
    """
    return bytes(_failed(_WAYS[name]) for name in ATTEMPTS)


def read_attempts(*, body: bytes) -> tuple[str, ...]:
    """Return the attempts that succeeded; raises `ValueError` if `body` is not what a child says."""
    if len(body) != len(ATTEMPTS) or any(byte > 1 for byte in body):
        raise ValueError("This is not the result of a probe.")
    return tuple(name for name, byte in zip(ATTEMPTS, body, strict=True) if not byte)


def _failed(way: Callable[[], None]) -> bool:
    try:
        way()
    except (OSError, ValueError):
        return True
    return False


def _read() -> None:
    os.close(os.open("/etc/passwd", os.O_RDONLY))


def _write() -> None:
    fd = os.open("/tmp", os.O_TMPFILE | os.O_WRONLY)  # noqa: S108
    os.write(fd, b"x")
    os.close(fd)


def _connect() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as link:
        link.settimeout(1)
        try:
            link.connect(("127.0.0.1", 9))
        except ConnectionRefusedError:
            return


def _listen() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as link:
        link.bind(("127.0.0.1", 0))
        link.listen()


def _fork() -> None:
    if (pid := os.fork()) == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _execute() -> None:
    for program in ("/bin/true", "/usr/bin/true", "/proc/self/exe"):
        if os.path.lexists(program):
            os.execv(program, [program])  # noqa: S606
    os.execv("/", ["/"])  # noqa: S606


def _trace() -> None:
    if _libc.ptrace(ctypes.c_long(_PTRACE_TRACEME), ctypes.c_long(0), ctypes.c_long(0), ctypes.c_long(0)) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def _signal() -> None:
    os.kill(os.getppid(), 0)


def _map_code() -> None:
    with mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC):
        pass


def _raise_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (soft + mmap.PAGESIZE, hard + mmap.PAGESIZE))


def _namespace() -> None:
    kernel.unshare(flags=kernel.CLONE_NEWUSER)


def _root() -> None:
    os.setresuid(0, 0, 0)


_WAYS: Final[dict[str, Callable[[], None]]] = {
    "read_a_file": _read,
    "write_a_file": _write,
    "connect": _connect,
    "listen": _listen,
    "fork": _fork,
    "execute": _execute,
    "trace": _trace,
    "signal_another": _signal,
    "map_code": _map_code,
    "raise_a_limit": _raise_limit,
    "make_a_namespace": _namespace,
    "become_root": _root,
}
