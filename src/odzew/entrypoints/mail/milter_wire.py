"""The milter protocol's packets: four bytes of length, one letter, and data. What is not one ends the connection."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass
from typing import Final

# A mail server sends at most 64 KiB of a body at a time, and macros and headers within that.
MOST_BYTES: Final = 256 * 1024
VERSION: Final = 6
# What we ask not to be told: connections, HELO, unknown commands; and where no answer of ours is waited for: headers, body.
_NO_CONNECT, _NO_HELO, _NO_UNKNOWN, _NO_DATA, _NO_REPLY_HEADER = 0x01, 0x02, 0x100, 0x200, 0x80
WANTED: Final = _NO_CONNECT | _NO_HELO | _NO_UNKNOWN | _NO_DATA | _NO_REPLY_HEADER

CONTINUE, ACCEPT, DISCARD, REPLY = b"c", b"a", b"d", b"y"


@dataclass(frozen=True, slots=True)
class Packet:
    """One command of the mail server."""

    command: bytes
    data: bytes

    @property
    def words(self) -> list[bytes]:
        """The data as texts that end with a zero byte."""
        return self.data.removesuffix(b"\0").split(b"\0") if self.data else []


class Broken(Exception):
    """What came is no packet, is too large, or did not come in time."""


def read_packet(sock: socket.socket, *, within: float) -> Packet | None:
    """Return the next packet, or None where the other side has ended. Raises `Broken`."""
    until = time.monotonic() + within
    head = _read(sock, 5, until)
    if head is None:
        return None
    size = struct.unpack(">I", head[:4])[0]
    if not 1 <= size <= MOST_BYTES:
        raise Broken("no packet has this length")
    data = _read(sock, size - 1, until) if size > 1 else b""
    if data is None:
        raise Broken("cut off")
    return Packet(head[4:5], data)


def _read(sock: socket.socket, size: int, until: float) -> bytes | None:
    """Return exactly `size` bytes by a moment; None where nothing at all came any more."""
    got = bytearray()
    while len(got) < size:
        left = until - time.monotonic()
        if left <= 0:
            raise Broken("too slow")
        sock.settimeout(left)
        try:
            piece = sock.recv(min(65536, size - len(got)))
        except OSError as error:
            raise Broken(type(error).__name__) from error
        if not piece:
            if got:
                raise Broken("cut off")
            return None
        got += piece
    return bytes(got)


def packet(*, command: bytes, data: bytes = b"") -> bytes:
    """Return a packet as it goes over the wire."""
    return struct.pack(">I", 1 + len(data)) + command + data


def negotiated(*, offer: bytes) -> tuple[bytes, bool]:
    """Return our answer to the mail server's offer, and whether it waits for an answer to each header. Raises `Broken`."""
    if len(offer) < 12:
        raise Broken("no offer")
    version, _actions, steps = struct.unpack(">III", offer[:12])
    if version < 2:
        raise Broken("too old")
    agreed = WANTED & steps
    return packet(command=b"O", data=struct.pack(">III", min(version, VERSION), 0, agreed)), not agreed & _NO_REPLY_HEADER


def refusal(*, code: str, sentence: str) -> bytes:
    """Return the packet that refuses with a code (`550 5.7.1`) and one plain sentence in plain letters."""
    plain = "".join(c if " " <= c <= "~" else "?" for c in sentence)[:400].replace("%", "%%")
    return packet(command=REPLY, data=f"{code} {plain}".encode("ascii") + b"\0")
