"""A decoder's server with faults: `python -m tests.decoder.rigged FAULT,... SOCKET OWNER LIMITS`.

`files` makes its children do what a file says (`hang`, `spin`, `hog`, `crash`, `abort`, `raise`, `silence`, and lies); `no_filter` and
`no_namespaces` take a wall away; `slow_start` and `no_start` keep it from becoming ready.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import NoReturn

from odzew.hashing.data import Frame, Pdq, Picture
from odzew.matching.decoder import __main__ as decoder
from odzew.matching.decoder import confinement, kernel, messages, tasks
from odzew.matching.decoder.data import Limits, Verdict

Answer = tuple[Verdict, messages.Said]
PDQ = Pdq(bits=b"\x55" * 32, quality=90)


def _hang() -> NoReturn:
    while True:
        time.sleep(1)


def _spin() -> NoReturn:
    while True:
        pass


def _hog() -> NoReturn:
    held = []
    while True:
        held.append(bytearray(1 << 24))


def _crash() -> NoReturn:
    os.kill(os.getpid(), signal.SIGSEGV)
    signal.raise_signal(signal.SIGSEGV)
    raise AssertionError


def _raise() -> NoReturn:
    raise RuntimeError("A fault of ours.")


def _end() -> NoReturn:
    os._exit(0)


def _fine() -> Answer:
    return "ok", messages.Said(picture=Picture(pdq=PDQ, mode="exact"))


def _contradict() -> Answer:
    return "unreadable", messages.Said(picture=Picture(pdq=PDQ, mode="exact"))


def _foreign() -> Answer:
    return "refused", messages.Said()


def _boast() -> Answer:
    return "ok", messages.Said(picture=Picture(pdq=Pdq(bits=PDQ.bits, quality=200), mode="exact"))


def _never() -> Answer:
    return "ok", messages.Said(frames=(Frame(at=float("nan"), pdq=PDQ),))


def _chatter() -> Answer:
    os.write(3, b"OZAN" + bytes(200))
    return _fine()


def _flood() -> NoReturn:
    while True:
        os.write(3, bytes(1 << 16))


DEEDS: dict[bytes, Callable[[], Answer]] = {
    b"fine": _fine, b"hang": _hang, b"spin": _spin, b"hog": _hog, b"crash": _crash, b"raise": _raise, b"abort": os.abort,
    b"end": _end, b"contradict": _contradict, b"foreign": _foreign, b"boast": _boast, b"never": _never, b"chatter": _chatter,
    b"flood": _flood,
}  # fmt: skip


def rigged(*, fd: int, request: messages.Request, limits: Limits) -> Answer:
    """Do what the file says; `hog` ends as an honest child would end it."""
    try:
        return DEEDS[os.pread(fd, 100, 0).split()[0]]()
    except MemoryError:
        return "out_of_memory", messages.Said(note="It needs more memory than one file may use.")


def _refused(**_words: object) -> NoReturn:
    raise PermissionError("taken away by a test")


def main() -> None:
    """Put the faults in, then serve as always."""
    faults = sys.argv.pop(1).split(",")
    if "files" in faults:
        tasks.hashes = rigged
        tasks.prepare = lambda: None
    if "no_filter" in faults:
        kernel.install_filter = _refused
    if "no_namespaces" in faults:
        kernel.unshare = _refused
    if "no_capabilities" in faults:
        kernel.drop_capabilities()
    if "slow_start" in faults:
        time.sleep(60)
    if "no_start" in faults:
        sys.exit(1)
    if "no_room" in faults:
        confinement.confine_child = _refused
    decoder.main()


if __name__ == "__main__":
    main()
