"""Which files a catalogue has, one after the other in an order that is the same every time, with little in memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from odzew.foundation.errors import Conflict, Invalid

_PIECE: Final = 1 << 20
_LONGEST: Final = 1 << 16
_NO_LIST: Final = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A path, as the machine has it; `note` says why there is nothing to hash at it."""

    path: bytes
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    """A folder being walked: what leads to it from the top, and what is left of its names, the last first."""

    place: bytes
    above: list[bytes]
    names: list[tuple[bytes, bool, bool]]


def walk(*, folder: bytes, after: bytes | None = None, leave_out: tuple[int, int] | None = None) -> Iterator[Entry]:
    """Yield everything below a folder that is not a folder itself, ordered by names; those after the path `after` if it is given.

    Links are not followed, so that no loop catches it: a link is an entry with a note, as is a folder that cannot be read. In memory
    are the names of one folder for each step down. `leave_out` is the device and number of a file that is passed over. Raises
    `Conflict` if `after` is not below the folder.
    """
    passed = None if after is None else _passed(folder, after)
    steps: list[_Step] = []
    yield from _enter(steps, folder, [], passed)
    while steps:
        step = steps[-1]
        if not step.names:
            steps.pop()
            continue
        name, is_folder, is_link = step.names.pop()
        here, path = [*step.above, name], _within(step.place) + name
        if passed is not None and here <= passed and not (is_folder and here == passed[: len(here)]):
            continue
        if is_folder:
            yield from _enter(steps, path, here, passed)
        elif is_link:
            yield Entry(path=path, note="It is a link, which is not followed.")
        elif leave_out is None or _number(path) != leave_out:
            yield Entry(path=path)


def _within(folder: bytes) -> bytes:
    return folder if folder.endswith(b"/") else folder + b"/"


def _passed(folder: bytes, after: bytes) -> list[bytes]:
    top = _within(folder)
    if after == folder:
        return []
    if not after.startswith(top):
        raise Conflict("--out is of another folder than this one: give the same, as it was written then, or choose another --out.")
    return after.removeprefix(top).split(b"/")


def _enter(steps: list[_Step], place: bytes, above: list[bytes], passed: list[bytes] | None) -> Iterator[Entry]:
    """Step into a folder; one that cannot be read is an entry, once."""
    try:
        with os.scandir(place) as found:
            names = sorted(((e.name, e.is_dir(follow_symlinks=False), e.is_symlink()) for e in found), reverse=True)
    except OSError as error:
        if passed is None or above > passed:
            yield Entry(path=place, note=f"The folder cannot be read: {error.strerror}.")
        return
    steps.append(_Step(place, above, names))


def _number(path: bytes) -> tuple[int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def listed(*, lines: BinaryIO, skip: int = 0, last: bytes | None = None) -> Iterator[Entry]:
    """Yield the paths of a list, separated by NUL if its beginning has one, else by newlines; without the first `skip`.

    Raises `Conflict` if the last of those left out is not `last`: it is another list than the one that was begun; and `Invalid`.
    """
    before = None
    for number, path in enumerate(_split(lines)):
        if number < skip:
            before = path
            continue
        if number == skip:
            _same(before, last, skip)
        note = "" if len(path) <= _LONGEST else "Its name is longer than any file's."
        yield Entry(path=path[:_LONGEST], note=note)


def _same(before: bytes | None, last: bytes | None, skip: int) -> None:
    if skip and before != last:
        raise Conflict("The list is another one than the one that was begun: give the same, or begin anew with another --out.")


def _split(lines: BinaryIO) -> Iterator[bytes]:
    rest = lines.read(_PIECE)
    mark = b"\0" if b"\0" in rest else b"\n"
    while rest:
        *whole, rest = rest.split(mark)
        yield from (path for path in whole if path)
        piece = lines.read(_PIECE)
        if not piece:
            break
        rest += piece
        if len(rest) > _NO_LIST:
            raise Invalid("That is no list of paths: its names have no end. Separate them by newlines or by NUL.")
    if rest:
        yield rest
