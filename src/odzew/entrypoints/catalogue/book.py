"""The file of lines that a catalogue is written to: one JSON object for each path, never a torn one, and where it stopped it goes on."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from odzew.foundation.errors import Conflict, Invalid

_PIECE: Final = 1 << 20
_SYNC_SECONDS: Final = 2.0


class Book:
    """The lines of a catalogue. `lines` of them are there, the last about the path `last`; nobody else writes while it is open."""

    def __init__(self, *, path: Path, resume: bool) -> None:
        """Open it; what a stop left torn at its end is cut off. Raises `Conflict` (it is there already, or in use) and `Invalid`."""
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise Invalid(f"{path} cannot be written: {error.strerror}.") from error
        try:
            self._begin(path, resume)
        except BaseException:
            os.close(self._fd)
            raise
        self._synced = time.monotonic()

    def _begin(self, path: Path, resume: bool) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(f"Another catalogue is being written to {path}: wait for it, or choose another --out.") from error
        if os.fstat(self._fd).st_size and not resume:
            raise Conflict(f"{path} is there already: go on with --resume, or choose another --out.")
        self.lines, end, start = self._measure()
        os.ftruncate(self._fd, end)
        self.last = self._path_of(path, os.pread(self._fd, end - start, start)) if self.lines else None

    def _measure(self) -> tuple[int, int, int]:
        """Return how many whole lines there are, where they end, and where the last of them begins."""
        lines = at = end = start = 0
        while piece := os.pread(self._fd, _PIECE, at):
            lines += piece.count(b"\n")
            if (found := piece.rfind(b"\n")) >= 0:
                before = piece.rfind(b"\n", 0, found)
                start = at + before + 1 if before >= 0 else end
                end = at + found + 1
            at += len(piece)
        return lines, end, start

    @staticmethod
    def _path_of(path: Path, line: bytes) -> bytes:
        try:
            return path_in(line=json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Conflict(f"{path} does not end as a catalogue does: choose another --out.") from error

    @property
    def number(self) -> tuple[int, int]:
        """The device and number of the file, by which a walk leaves it out."""
        found = os.fstat(self._fd)
        return found.st_dev, found.st_ino

    def write(self, *, line: dict[str, Any]) -> None:
        """Add a line; what was written is on the disk some seconds later, or when the book is closed."""
        view = memoryview((json.dumps(line, ensure_ascii=False) + "\n").encode())
        try:
            while view:
                view = view[os.write(self._fd, view) :]
            self.lines += 1
            if time.monotonic() - self._synced > _SYNC_SECONDS:
                os.fsync(self._fd)
                self._synced = time.monotonic()
        except OSError as error:
            raise Invalid(f"The catalogue cannot be written: {error.strerror}; make room, then go on with --resume.") from error

    def close(self) -> None:
        """Bring everything to the disk, and let others write."""
        try:
            os.fsync(self._fd)
        finally:
            os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def path_said(*, path: bytes) -> dict[str, str]:
    """Return a path for a line: as text, and if it is not UTF-8 its bytes in hex too."""
    try:
        return {"path": path.decode()}
    except UnicodeDecodeError:
        return {"path": path.decode(errors="replace"), "path_hex": path.hex()}


def path_in(*, line: dict[str, Any]) -> bytes:
    """Return the path that a line is about. Raises `KeyError` or `ValueError` if it is no line of a catalogue."""
    return bytes.fromhex(line["path_hex"]) if "path_hex" in line else str(line["path"]).encode()
