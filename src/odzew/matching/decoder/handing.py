"""How a file is handed to a child: as a descriptor that can only be read."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from typing import Final

from odzew.foundation.errors import Invalid

_PIECE: Final = 1 << 20
_SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def sealed(*, data: bytes) -> int:
    """Return a descriptor of a file in memory with these bytes, which nobody can change any more; the caller closes it."""
    fd = os.memfd_create("file", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(fd)
        raise
    return fd


def read_only(*, fd: int) -> int:
    """Return a new descriptor of the regular file behind `fd` that can only be read; the caller closes it.

    Raises `OSError` if it may not be read, and `Invalid` if it is a pipe, a socket or another thing without a length.
    """
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        raise Invalid("Only a regular file can be decoded; read what comes through a pipe or a socket first.")
    return os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC)


def digests(*, fd: int, size: int) -> tuple[bytes, bytes]:
    """Return SHA-256 and MD5 of the first `size` bytes behind `fd`; a shorter file gives those of what is there."""
    sha256, md5, at = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    while at < size and (piece := os.pread(fd, min(_PIECE, size - at), at)):
        sha256.update(piece)
        md5.update(piece)
        at += len(piece)
    return sha256.digest(), md5.digest()


def digests_of(*, data: bytes) -> tuple[bytes, bytes]:
    """Return SHA-256 and MD5 of `data`."""
    return hashlib.sha256(data).digest(), hashlib.md5(data, usedforsecurity=False).digest()
