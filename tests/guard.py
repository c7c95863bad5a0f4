"""Runs the tests so that they end: `python tests/guard.py MINUTES COMMAND...`; standard library alone.

Whoever waits for a test run waits for every process that holds its output. So this process adopts whatever the run leaves behind. When the
time is over, or when the run has ended and something of it still lives after a few seconds, it says what, ends it, and fails.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = float(os.environ.get("ODZEW_TEST_GRACE", "20"))
DUMP_SECONDS = 5.0


def descendants(pid: int) -> list[int]:
    """Return the processes below one, the nearest first."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for task in _tasks(waiting.pop()):
            with contextlib.suppress(OSError):
                born = [int(n) for n in task.joinpath("children").read_text().split()]
                found += born
                waiting += born
    return found


def _tasks(pid: int) -> list[Path]:
    with contextlib.suppress(OSError):
        return list(Path(f"/proc/{pid}/task").iterdir())
    return []


def _told(pid: int) -> str:
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        return f"{pid} {words[:200]}"
    return str(pid)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _left(within: float) -> list[int]:
    """Return what still lives after some time to end by itself."""
    until = time.monotonic() + within
    while True:
        _reap()
        alive = descendants(os.getpid())
        if not alive or time.monotonic() > until:
            return alive
        time.sleep(0.2)


def _end(pids: list[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def run(*, minutes: float, command: list[str]) -> int:
    """Run a command for at most so many minutes; return its exit code, 124 when the time was over, 1 when it left processes behind."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        code = process.wait(minutes * 60)
    except subprocess.TimeoutExpired:
        alive = descendants(os.getpid())
        print(
            f"The tests took longer than {minutes:g} minutes and are ended. Alive:", *map(_told, alive), sep="\n  ", file=sys.stderr
        )
        # pytest's fault handler says where each thread is, then everything ends.
        _end([p for p in alive if "pytest" in _told(p)], signal.SIGABRT)
        time.sleep(DUMP_SECONDS)
        _end(alive, signal.SIGKILL)
        _left(GRACE_SECONDS)
        return 124
    except KeyboardInterrupt:
        _end([process.pid], signal.SIGINT)
        code = process.wait()
    if alive := _left(GRACE_SECONDS):
        print("The tests left processes behind, which are ended:", *map(_told, alive), sep="\n  ", file=sys.stderr)
        _end(alive, signal.SIGKILL)
        _left(GRACE_SECONDS)
        return code or 1
    return code


if __name__ == "__main__":
    sys.exit(run(minutes=float(sys.argv[1]), command=sys.argv[2:]))
