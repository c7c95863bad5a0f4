"""The walls around a child: first what the server does once for all its children, then what each child does to itself."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from odzew.matching.decoder import kernel, seccomp
from odzew.matching.decoder.data import PROTECTIONS, Limits

NOBODY: Final = 65_534
_ALONE: Final = kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWNS
_ROOM_FOR_DESCRIPTORS: Final = 16

Found = dict[str, str]
"""What was tried, by name: an empty text if the wall stands, else why not."""


def confine_server() -> Found:
    """Take the network and the files away from this process and all it will fork; returns what holds, and why not.

    As root by new namespaces; as an ordinary user by the same inside a user namespace of its own. The process must have one thread.
    """
    found: Found = {}
    _try(found, "no_network", _leave_namespaces)
    _try(found, "no_files", _empty_root)
    return found


def confine_child(*, limits: Limits, parent: int, mapped: int) -> Found:
    """Confine this process, freshly forked by the server `parent`, for the rest of its life; returns what holds, and why not.

    `mapped` is the address space that the server had mapped, in bytes: the memory limit is counted from there. The order matters:
    the rights to set up the first walls are given up by the later ones.
    """
    found: Found = {}
    os.setpgid(0, 0)
    if os.geteuid() == 0 and os.getuid() == 0:
        _try(found, "other_user", _become_nobody)
    _try(found, "no_capabilities", kernel.drop_capabilities)
    _try(found, "no_new_rights", _no_new_rights)
    _try(found, "ends_with_its_parent", lambda: _end_with(parent))
    _try(found, "memory_limit", lambda: _limit(resource.RLIMIT_AS, mapped + limits.memory_bytes))
    _try(found, "processor_limit", lambda: _limit(resource.RLIMIT_CPU, limits.film_seconds * (limits.files + 1)))
    _try(found, "no_written_files", lambda: _limit(resource.RLIMIT_FSIZE, 0))
    _try(found, "few_open_files", lambda: _limit(resource.RLIMIT_NOFILE, _ROOM_FOR_DESCRIPTORS))
    _try(found, "no_new_processes", lambda: _limit(resource.RLIMIT_NPROC, 0))
    _limit(resource.RLIMIT_CORE, 0)
    _try(found, "system_call_filter", _filter_calls)
    return found


def mapped_bytes() -> int:
    """Return the address space this process has mapped, in bytes."""
    with Path("/proc/self/statm").open("rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def be_ended_first() -> None:
    """Ask the kernel to end this process and its children before others if the machine runs out of memory."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800", encoding="ascii")


def allow_processor_seconds(*, seconds: int) -> None:
    """Let this process use `seconds` of processor time from now; beyond that the kernel ends it with SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    want = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (min(want, hard) if hard != resource.RLIM_INFINITY else want, hard))


def packed(found: Found) -> int:
    """Return the walls that stand as bits, in the order of `PROTECTIONS`."""
    return sum(1 << place for place, name in enumerate(PROTECTIONS) if found.get(name) == "")


def _try(found: Found, name: str, wall: Callable[[], None]) -> None:
    try:
        wall()
    except (OSError, ValueError, KeyError) as problem:
        found[name] = str(problem) or type(problem).__name__
    else:
        found[name] = ""


def _leave_namespaces() -> None:
    """Root leaves by its own right; an ordinary user by that of a new user namespace."""
    try:
        kernel.unshare(flags=_ALONE)
    except OSError:
        kernel.unshare(flags=_ALONE | kernel.CLONE_NEWUSER)


def _empty_root() -> None:
    """Make an empty folder that is already removed the root: in it nothing can be found, and nothing made."""
    folder = Path(tempfile.mkdtemp(prefix="odzew-"))
    try:
        os.chdir(folder)
    finally:
        folder.rmdir()
    os.chroot(".")
    os.chdir("/")


def _become_nobody() -> None:
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def _no_new_rights() -> None:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)


def _end_with(parent: int) -> None:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _limit(which: int, most: int) -> None:
    resource.setrlimit(which, (most, most))


def _filter_calls() -> None:
    kernel.install_filter(program=seccomp.program(machine=kernel.machine(), pid=os.getpid()))
