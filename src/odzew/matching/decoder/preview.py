"""What a child gives back of a file that a person must look at: a few small grey pictures as plain pixels, checked.

No encoded picture ever comes out of a child: one that was taken over could send a file made to harm the browser it is shown in.
Pixels cannot: their number is known before they are read, and they are encoded by the process that asked.

    body     pictures u8, then for each: width u16, height u16, second as float64, and width x height bytes of grey
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Final

from odzew.hashing.data import Kind
from odzew.hashing.stills import FRAMES, SIDE, Still
from odzew.matching.decoder.data import Verdict
from odzew.matching.decoder.messages import LONGEST_SECONDS, BadAnswer, Request, Said, read_said

_PICTURE: Final = struct.Struct("<HHd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """One small grey picture: `pixels` are `width` x `height` bytes, row after row; `at` is its second in a film."""

    width: int
    height: int
    at: float
    pixels: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """The answer for one file that is to be looked at; `pictures` are there only with the verdict `ok`.

    SHA-256 and MD5 are made by the asking process. `kind` is what the file's first bytes say it is.
    """

    verdict: Verdict
    kind: Kind
    sha256: bytes
    md5: bytes
    pictures: tuple[Small, ...]
    note: str


def pack_stills(*, stills: tuple[Still, ...]) -> bytes:
    """Return stills as a body."""
    parts = [bytes([len(stills)])]
    for still in stills:
        high, wide = still.pixels.shape
        parts += [_PICTURE.pack(wide, high, still.at), still.pixels.tobytes()]
    return b"".join(parts)


def read_preview(*, body: bytes, request: Request, verdict: Verdict) -> tuple[tuple[Small, ...], Said]:
    """Return what a child shows of a file, checked; raises `BadAnswer`. A verdict other than `ok` carries a note alone."""
    if verdict != "ok":
        return (), read_said(body=body, request=request, verdict=verdict)
    if not body or not 1 <= body[0] <= FRAMES:
        raise BadAnswer("An answer with a number of pictures out of range.")
    found, at = [], 1
    for _ in range(body[0]):
        if at + _PICTURE.size > len(body):
            raise BadAnswer("An answer that ends early.")
        wide, high, second = _PICTURE.unpack_from(body, at)
        at += _PICTURE.size
        if not (1 <= wide <= SIDE and 1 <= high <= SIDE):
            raise BadAnswer("A picture that is larger than asked for.")
        if not (math.isfinite(second) and -LONGEST_SECONDS <= second <= LONGEST_SECONDS):
            raise BadAnswer("A picture at no time.")
        pixels = body[at : at + wide * high]
        if len(pixels) != wide * high:
            raise BadAnswer("An answer that ends early.")
        found.append(Small(width=wide, height=high, at=second, pixels=pixels))
        at += wide * high
    if at != len(body):
        raise BadAnswer("An answer whose parts do not add up to its length.")
    return tuple(found), Said()
