"""The words between a process that asks and its server, over a socket that keeps messages apart.

    server  "R" and which walls stand, once, when it is ready
    owner   "S" and one end of a socket pair: fork a child for it     server  "P", the child's pid u32, and a pidfd;  or "E"
    owner   "W", pid u32: how did it end?                             server  "X", pid u32, wait status u32;  or "?" if it lives

Walls are told as lines `name` or `name=why not`, in plain ASCII. The server never saw a file, but its words are bounded all the same.
"""

from __future__ import annotations

import struct
from typing import Final

from odzew.matching.decoder.data import PROTECTIONS, Protection

MOST_BYTES: Final = 8192
READY: Final = b"R"
SPAWN: Final = b"S"
SPAWNED: Final = b"P"
WAIT: Final = b"W"
ENDED: Final = b"X"
ALIVE: Final = b"?"
FAILED: Final = b"E"
PID: Final = struct.Struct("<cI")
STATUS: Final = struct.Struct("<cIi")
LENGTH: Final = struct.Struct("<4sI")
CHILD_READY: Final = b"OZRD"


def tell_walls(*, found: dict[str, str]) -> bytes:
    """Return which walls stand (an empty text) and which do not (why), as lines."""
    lines = (name if not why else f"{name}={_plain(why)}" for name, why in found.items())
    return "\n".join(lines).encode("ascii")[: MOST_BYTES // 2]


def read_walls(*, data: bytes) -> tuple[Protection, ...]:
    """Return the walls told in `data`; unknown names are left out."""
    walls = []
    for line in data.decode("ascii", "replace").splitlines():
        name, cut, why = line.partition("=")
        if name in PROTECTIONS:
            walls.append(Protection(name=name, active=not cut, why=_plain(why)))
    return tuple(walls)


def _plain(text: str) -> str:
    return "".join(c if 32 <= ord(c) < 127 else "?" for c in text)[:200]
