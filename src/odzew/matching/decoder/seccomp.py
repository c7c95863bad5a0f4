"""The list of system calls a child may make, and its form as a filter for the kernel (seccomp, classic BPF).

It is a list of what is allowed, not of what is forbidden: a call that nobody thought of is refused, also one that a later kernel
brings. What is not allowed fails with EPERM instead of ending the child, because libraries try calls they can do without, and
because `probing.py` has to see each attempt fail. A call by another processor's numbering ends the child at once.

Nothing allowed here opens anything: a child works on the descriptors it is handed. Numbers: Linux `arch/x86/entry/syscalls/
syscall_64.tbl` and `include/uapi/asm-generic/unistd.h`; the format of the program: Linux `Documentation/userspace-api/
seccomp_filter.rst`.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import struct
from dataclasses import dataclass
from typing import Final

AUDIT_ARCH: Final = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_COLUMN: Final = {"x86_64": 0, "aarch64": 1}

ALLOW: Final = 0x7FFF_0000
REFUSE: Final = 0x0005_0000 | errno.EPERM
NOT_THERE: Final = 0x0005_0000 | errno.ENOSYS
END: Final = 0x8000_0000

LOAD: Final = 0x20
JUMP_EQUAL: Final = 0x15
JUMP_ANY_BIT: Final = 0x45
RETURN: Final = 0x06

_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_AT_EMPTY_PATH: Final = 0x1000
_RLIMIT_CPU: Final = 0

CALLS: Final[dict[str, tuple[int | None, int | None]]] = {
    # memory
    "brk": (12, 214),
    "madvise": (28, 233),
    "mremap": (25, 216),
    "munmap": (11, 215),
    # the descriptors it was handed
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "ppoll": (271, 73),
    "pread64": (17, 67),
    "read": (0, 63),
    "readv": (19, 65),
    "recvfrom": (45, 207),
    "recvmsg": (47, 212),
    "sendmsg": (46, 211),
    "sendto": (44, 206),
    "write": (1, 64),
    # itself
    "exit": (60, 93),
    "exit_group": (231, 94),
    "futex": (202, 98),
    "getpid": (39, 172),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    "gettid": (186, 178),
    "membarrier": (324, 283),
    "restart_syscall": (219, 128),
    "rseq": (334, 293),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_getaffinity": (204, 123),
    "sched_yield": (24, 124),
    "set_robust_list": (273, 99),
    "sigaltstack": (131, 132),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    # time
    "clock_getres": (229, 114),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "gettimeofday": (96, 169),
    "nanosleep": (35, 101),
    "time": (201, None),
}
CONDITIONAL: Final[dict[str, tuple[int | None, int | None]]] = {
    "fcntl": (72, 25),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "newfstatat": (262, 79),
    "prlimit64": (302, 261),
    "tgkill": (234, 131),
}
ABSENT: Final[dict[str, tuple[int | None, int | None]]] = {"clone3": (435, 435)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Equal:
    """The argument has this value; only its low 32 bits count unless `whole`."""

    argument: int
    value: int
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """The argument has none of these bits."""

    argument: int
    bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class With:
    """The argument has one of these bits."""

    argument: int
    bits: int


Test = Equal | Without | With


def conditions(*, pid: int) -> dict[str, tuple[tuple[Test, ...], ...]]:
    """Return for each conditional call the sets of tests of which one must hold as a whole, for the child with this `pid`.

    No memory can be made executable; a signal goes to itself alone (the C library ends itself so); limits can be read, and only
    the one on processor time can be set, which the kernel lets nobody raise beyond its ceiling; nothing is looked up by path.
    """
    no_code = Without(argument=2, bits=mmap.PROT_EXEC)
    itself = Equal(argument=0, value=0)
    return {
        "fcntl": ((Equal(argument=1, value=fcntl.F_GETFD),), (Equal(argument=1, value=fcntl.F_GETFL),)),
        "mmap": ((no_code,),),
        "mprotect": ((no_code,),),
        "newfstatat": ((With(argument=3, bits=_AT_EMPTY_PATH),),),
        "prlimit64": (
            (itself, Equal(argument=1, value=_RLIMIT_CPU)),
            (itself, Equal(argument=2, value=0, whole=True)),
        ),
        "tgkill": ((Equal(argument=0, value=pid),),),
    }


def program(*, machine: str, pid: int) -> bytes:
    """Return the filter for the child `pid` on this `machine`: instructions of 8 bytes each.

    Raises `KeyError` for a machine that has no list of calls here.
    """
    column = _COLUMN[machine]
    lines = [
        _line(LOAD, _ARCH_AT),
        _line(JUMP_EQUAL, AUDIT_ARCH[machine], 1, 0),
        _line(RETURN, END),
        _line(LOAD, _NUMBER_AT),
    ]
    for numbers, action in ((CALLS, ALLOW), (ABSENT, NOT_THERE)):
        for each in numbers.values():
            if (number := each[column]) is not None:
                lines += [_line(JUMP_EQUAL, number, 0, 1), _line(RETURN, action)]
    for name, sets in conditions(pid=pid).items():
        if (number := CONDITIONAL[name][column]) is not None:
            block = [line for tests in sets for line in _all_of(tests)] + [_line(RETURN, REFUSE)]
            lines += [_line(JUMP_EQUAL, number, 0, len(block)), *block]
    return b"".join([*lines, _line(RETURN, REFUSE)])


def _all_of(tests: tuple[Test, ...]) -> list[bytes]:
    """Allow if every test holds; else go on behind the block."""
    block = [_line(RETURN, ALLOW)]
    for test in reversed(tests):
        block = _one(test, beyond=len(block)) + block
    return block


def _one(test: Test, *, beyond: int) -> list[bytes]:
    """Fall through if the test holds, else jump over the `beyond` lines that follow."""
    at = _ARGUMENTS_AT + 8 * test.argument
    if isinstance(test, Without):
        return [_line(LOAD, at), _line(JUMP_ANY_BIT, test.bits, beyond, 0)]
    if isinstance(test, With):
        return [_line(LOAD, at), _line(JUMP_ANY_BIT, test.bits, 0, beyond)]
    low = [_line(LOAD, at), _line(JUMP_EQUAL, test.value & 0xFFFF_FFFF, 0, beyond)]
    if not test.whole:
        return low
    return [_line(LOAD, at + 4), _line(JUMP_EQUAL, test.value >> 32, 0, beyond + 2), *low]


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)
