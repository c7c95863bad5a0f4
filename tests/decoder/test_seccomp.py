"""The filter for system calls, run by a small interpreter of its machine language for both processors."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odzew.matching.decoder.seccomp import ALLOW, AUDIT_ARCH, CALLS, CONDITIONAL, END, NOT_THERE, REFUSE, program

PID = 4242
MACHINES = ("x86_64", "aarch64")
COLUMN = {"x86_64": 0, "aarch64": 1}
PROGRAMS = {machine: program(machine=machine, pid=PID) for machine in MACHINES}

# Of what opens, connects, starts, signals or looks: numbers from the kernel's tables, typed here a second time.
FORBIDDEN = {
    "open": (2, None), "openat": (257, 56), "openat2": (437, 437), "creat": (85, None), "socket": (41, 198),
    "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept4": (288, 242), "socketpair": (53, 199),
    "execve": (59, 221), "execveat": (322, 281), "clone": (56, 220), "fork": (57, None), "vfork": (58, None),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kill": (62, 129),
    "tkill": (200, 130), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "unshare": (272, 97), "setns": (308, 268),
    "mount": (165, 40), "chroot": (161, 51), "setuid": (105, 146), "setresuid": (117, 147), "capset": (126, 91),
    "prctl": (157, 167), "seccomp": (317, 277), "bpf": (321, 280), "io_uring_setup": (425, 425), "memfd_create": (319, 279),
    "userfaultfd": (323, 282), "perf_event_open": (298, 241), "keyctl": (250, 219), "unlinkat": (263, 35), "renameat2": (316, 276),
    "linkat": (265, 37), "ftruncate": (77, 46), "fchmod": (91, 52), "getdents64": (217, 61), "readlinkat": (267, 78),
    "ioctl": (16, 29), "shmget": (29, 194), "mq_open": (240, 180), "inotify_init1": (294, 26), "personality": (135, 92),
    "pkey_mprotect": (329, 288), "setrlimit": (160, 164), "dup3": (292, 24), "pidfd_getfd": (438, 438), "shmat": (30, 196),
}  # fmt: skip


def run(code: bytes, *, arch: int, number: int, arguments: tuple[int, ...]) -> int:
    """Interpret a filter over one call; returns what it says to do."""
    words = struct.pack("<IIQ6Q", number & 0xFFFF_FFFF, arch, 0, *(a & (1 << 64) - 1 for a in (*arguments, *(0,) * 6)[:6]))
    at, held = 0, 0
    while True:
        kind, if_true, if_false, value = struct.unpack_from("<HBBI", code, at * 8)
        at += 1
        if kind == 0x06:
            return int(value)
        if kind == 0x20:
            (held,) = struct.unpack_from("<I", words, value)
        elif kind == 0x15:
            at += if_true if held == value else if_false
        elif kind == 0x45:
            at += if_true if held & value else if_false
        else:
            raise AssertionError(f"An instruction nobody wrote: {kind:#x}")


def ask(machine: str, number: int, *arguments: int) -> int:
    return run(PROGRAMS[machine], arch=AUDIT_ARCH[machine], number=number, arguments=arguments)


wide = st.integers(0, (1 << 64) - 1)


@pytest.mark.parametrize("machine", MACHINES)
@given(number=st.integers(0, (1 << 32) - 1) | st.integers(0, 600), arguments=st.tuples(*[wide] * 6))
def test_only_what_is_listed_is_allowed(machine: str, number: int, arguments: tuple[int, ...]) -> None:
    listed = {numbers[COLUMN[machine]] for numbers in (CALLS | CONDITIONAL).values()}
    assert ask(machine, number, *arguments) in (ALLOW, REFUSE, NOT_THERE)
    if number not in listed:
        assert ask(machine, number, *arguments) != ALLOW


@pytest.mark.parametrize("machine", MACHINES)
@given(arguments=st.tuples(*[wide] * 6))
def test_nothing_that_opens_or_starts_or_signals_is_allowed(machine: str, arguments: tuple[int, ...]) -> None:
    for name, numbers in FORBIDDEN.items():
        if (number := numbers[COLUMN[machine]]) is not None:
            assert ask(machine, number, *arguments) == REFUSE, name


@pytest.mark.parametrize("machine", MACHINES)
@given(arguments=st.tuples(*[wide] * 6))
def test_no_memory_becomes_code(machine: str, arguments: tuple[int, ...]) -> None:
    for name in ("mmap", "mprotect"):
        number = CONDITIONAL[name][COLUMN[machine]]
        assert number is not None
        assert ask(machine, number, *arguments) == (REFUSE if arguments[2] & 4 else ALLOW)


@pytest.mark.parametrize("machine", MACHINES)
@given(arguments=st.tuples(*[wide | st.sampled_from([0, PID, 1, 2, 3])] * 6))
def test_conditions_hold_exactly(machine: str, arguments: tuple[int, ...]) -> None:
    low = [a & 0xFFFF_FFFF for a in arguments]
    wanted = {
        "tgkill": low[0] == PID,
        "prlimit64": low[0] == 0 and (low[1] == 0 or arguments[2] == 0),
        "fcntl": low[1] in (1, 3),
        "newfstatat": bool(arguments[3] & 0x1000),
    }
    for name, allowed in wanted.items():
        number = CONDITIONAL[name][COLUMN[machine]]
        assert number is not None
        assert ask(machine, number, *arguments) == (ALLOW if allowed else REFUSE), name


@pytest.mark.parametrize("machine", MACHINES)
@given(arch=st.integers(0, (1 << 32) - 1), number=st.integers(0, 600))
def test_the_numbering_of_another_processor_ends_the_child(machine: str, arch: int, number: int) -> None:
    if arch != AUDIT_ARCH[machine]:
        assert run(PROGRAMS[machine], arch=arch, number=number, arguments=()) == END


def test_a_machine_without_a_list_has_no_filter() -> None:
    with pytest.raises(KeyError):
        program(machine="m68k", pid=1)


def test_no_number_is_listed_twice() -> None:
    for column in (0, 1):
        numbers = [n for each in (CALLS | CONDITIONAL).values() if (n := each[column]) is not None]
        assert len(numbers) == len(set(numbers)) and len(numbers) >= len(CALLS | CONDITIONAL) - 1
