"""Shared: a fetched file that lives in memory alone."""

from __future__ import annotations

import os


class InMemory:
    """A file in memory alone: nothing of it reaches a disk, and it ends with its descriptor."""

    def __init__(self) -> None:
        self.fd = os.memfd_create("hosted", os.MFD_CLOEXEC)

    def write(self, data: bytes, /) -> None:
        """Add bytes to the end."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.fd, view) :]

    def __enter__(self) -> InMemory:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)
