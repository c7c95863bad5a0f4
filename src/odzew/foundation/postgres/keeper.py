"""Runs one command as somebody, and stops it when its own parent is gone. A program of its own; it imports nothing of Odzew.

    python -I -S keeper.py '{"parent": 123, ...}' postgres -D ...

It watches the *process* that started it (not the thread, which is all the kernel's parent-death signal looks at, and it forgets
even that when credentials change). The command has the kernel's signal on the keeper, so killing the keeper stops the command too.
SIGTERM stops the command in order. The caller gives it a session of its own: Ctrl-C in a terminal reaches neither.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

CANNOT_BECOME = 71
CANNOT_RUN = 126
GRACE_SECONDS = 60
LOG_BYTES = 1 << 20

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the command to its end and return its exit code (128 + the signal that ended it, as a shell does)."""
    spec = json.loads(sys.argv[1])
    keeper = os.getpid()
    child = os.fork()
    if child == 0:
        _run(spec, keeper, sys.argv[2:])
    status = _watch(child, int(spec["parent"]), spec["log"])
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _watch(child: int, parent: int, log: str | None) -> int:
    """Return the child's wait status; stop it on SIGTERM or when `parent` is no longer our parent."""

    def stop(*_: object) -> None:
        _send(child, signal.SIGINT)
        signal.alarm(GRACE_SECONDS)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGALRM, lambda *_: _send(child, signal.SIGQUIT))
    events, exact = _events(child, parent)
    orphaned = False
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        if not orphaned and os.getppid() != parent:
            orphaned, exact = True, False
            events = select.poll()
            stop()
        events.poll(60_000 if exact else 200)
        if log:
            keep_small(log)


def _send(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, number)


def _events(child: int, parent: int) -> tuple[select.poll, bool]:
    """Return what to wait on, and whether it wakes us by itself (else the caller looks five times a second)."""
    events = select.poll()
    try:
        for pid in (child, parent):
            events.register(os.pidfd_open(pid), select.POLLIN)
    except (AttributeError, OSError):
        return select.poll(), False
    return events, True


def keep_small(log: str) -> None:
    """Move a log that has grown too large to `.1`; the server appends, so it goes on at the new beginning."""
    path = Path(log)
    try:
        if path.stat().st_size > LOG_BYTES:
            old = path.with_name(path.name + ".1")
            old.unlink(missing_ok=True)
            old.touch(mode=0o600)
            shutil.copyfile(path, old)
            os.truncate(path, 0)
    except OSError:
        return


def _run(spec: dict[str, Any], keeper: int, command: list[str]) -> NoReturn:
    try:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.umask(0o077)
        if spec["inside"]:
            _enter_namespace(*spec["inside"])
        if spec["become"]:
            uid, gid = spec["become"]
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
        _die_with(keeper)
    except BaseException:
        _leave(CANNOT_BECOME)
    try:
        os.chdir(spec["folder"])
        if not os.access(".", os.W_OK | os.X_OK):
            raise PermissionError(13, "cannot write in", spec["folder"])
        os.execv(command[0], command)  # noqa: S606
    except BaseException:
        _leave(CANNOT_RUN)


def _leave(code: int) -> NoReturn:
    print(traceback.format_exc(limit=0).strip().rpartition("\n")[2], file=sys.stderr, flush=True)  # noqa: T201
    os._exit(code)


def _enter_namespace(uid: int, gid: int) -> None:
    """Be `uid`:`gid` inside a user namespace of our own, while every file made still belongs to who we are outside."""
    outside = os.geteuid(), os.getegid()
    _call("unshare", _CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {outside[0]} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {outside[1]} 1")
    os.setgid(gid)
    os.setuid(uid)


def _die_with(keeper: int) -> None:
    if sys.platform == "linux":
        _call("prctl", _PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
    if os.getppid() != keeper:
        os._exit(CANNOT_BECOME)


def _call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*(ctypes.c_ulong(value) for value in arguments)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    sys.exit(main())
