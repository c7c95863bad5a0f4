"""The few calls of Linux that Python has no name for, through the C library."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from typing import Final

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_CAPBSET_DROP: Final = 24
PR_SET_NO_NEW_PRIVS: Final = 38
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4

CLONE_NEWNS: Final = 0x0002_0000
CLONE_NEWUTS: Final = 0x0400_0000
CLONE_NEWIPC: Final = 0x0800_0000
CLONE_NEWUSER: Final = 0x1000_0000
CLONE_NEWNET: Final = 0x4000_0000

SECCOMP_SET_MODE_FILTER: Final = 1
_CAPABILITY_VERSION_3: Final = 0x2008_0522
_NUMBERS: Final = {"x86_64": {"seccomp": 317, "capset": 126}, "aarch64": {"seccomp": 277, "capset": 91}}

_libc = ctypes.CDLL(None, use_errno=True)


def machine() -> str:
    """Return the processor's name as Linux gives it: "x86_64", "aarch64" or another."""
    return platform.machine()


def prctl(option: int, first: int = 0, second: int = 0) -> None:
    """Do `prctl(2)`; raises `OSError`."""
    words = (ctypes.c_ulong(first), ctypes.c_ulong(second), ctypes.c_ulong(0), ctypes.c_ulong(0))
    if _libc.prctl(ctypes.c_int(option), *words) < 0:
        raise _error("prctl")


def unshare(*, flags: int) -> None:
    """Leave the namespaces of `flags` for new, empty ones (`unshare(2)`); raises `OSError`."""
    if _libc.unshare(ctypes.c_int(flags)) != 0:
        raise _error("unshare")


def drop_capabilities() -> None:
    """Give up every capability of this process for good (`capset(2)`, and the bounding and ambient sets where they can be)."""
    number = _number("capset")
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), 8)
    nothing = ctypes.create_string_buffer(24)
    if _libc.syscall(ctypes.c_long(number), header, nothing) != 0:
        raise _error("capset")


def install_filter(*, program: bytes) -> None:
    """Bind this process to a seccomp `program` (whole BPF instructions of 8 bytes); needs `no_new_privs`; raises `OSError`."""
    number = _number("seccomp")
    code = ctypes.create_string_buffer(program, len(program))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(code)), 16)
    if _libc.syscall(ctypes.c_long(number), ctypes.c_uint(SECCOMP_SET_MODE_FILTER), ctypes.c_uint(0), head) != 0:
        raise _error("seccomp")


def _number(call: str) -> int:
    found = _NUMBERS.get(machine())
    if found is None:
        raise OSError(38, f"{call}: not known on {machine()}")
    return found[call]


def _error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")
