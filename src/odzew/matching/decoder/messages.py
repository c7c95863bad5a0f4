"""The form of every message between a process that asks and a child, and the checks of what a child says.

A child may have been taken over by the file it decoded, so nothing it sends is believed: every length is bounded before a byte of
it is read, every number has a range, texts are plain printable ASCII, and an answer that breaks one rule is no answer at all
(`BadAnswer`). Nothing is ever unpickled or evaluated.

A request is 32 bytes and one descriptor; an answer is a head of 28 bytes and a body. Numbers are little-endian.

    request  "OZRQ", version u8, task u8, mode u8, turned u8, tier u8 (0 none), 7 bytes of zeros, token 16 bytes
    answer   "OZAN", version u8, task u8, verdict u8, zero u8, token 16 bytes (of the request); then body length u32
    body     mode u8 (0 none, 1 exact, 2 fast; 128 more if not steady), orientations u8, note length u16, frames u32,
             hash 33 bytes if mode is not 0, orientations of 32 bytes, frames of 41 bytes, note

A hash is 32 bytes of bits and one of quality; a frame is its time as float64 in seconds and a hash. The task `preview` has the same
head, and with `ok` a body of pixels (`preview.py`); `MOST_BODY` leaves room for them.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Final, Literal

from odzew.hashing.data import Frame, Mode, Pdq, Picture
from odzew.hashing.video_data import TIERS, Tier
from odzew.matching.decoder.data import FROM_A_CHILD, VERDICTS, Verdict

VERSION: Final = 1
MOST_BODY: Final = 2 << 20
MOST_FRAMES: Final = 40_000
MOST_NOTE: Final = 1000
LONGEST_SECONDS: Final = 1e7
TOKEN_BYTES: Final = 16

Task = Literal["hashes", "probe", "preview"]
_TASKS: Final[tuple[Task, ...]] = ("hashes", "probe", "preview")
_MODES: Final[tuple[Mode, ...]] = ("exact", "fast")
_NOT_STEADY: Final = 0x80

_REQUEST: Final = struct.Struct("<4sBBBBB7x16s")
_HEAD: Final = struct.Struct("<4sBBBB16sI")
_BODY: Final = struct.Struct("<BBHI")
_HASH: Final = struct.Struct("<32sB")
_FRAME: Final = struct.Struct("<d32sB")
REQUEST_BYTES: Final = _REQUEST.size
HEAD_BYTES: Final = _HEAD.size


class BadAnswer(Exception):
    """A child said something that no honest child says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a child is asked to do with the one file that comes along.

    `token` is 16 random bytes; `turned` asks for all eight orientations; `tier` says how a film is looked at, None leaves it to `mode`.
    """

    task: Task
    token: bytes
    mode: Mode = "exact"
    turned: bool = False
    tier: Tier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a child found in a file, checked: the hash of a picture, hashes of frames, a note in plain ASCII."""

    picture: Picture | None = None
    frames: tuple[Frame, ...] = ()
    note: str = ""


def pack_request(*, request: Request) -> bytes:
    """Return a request as its 32 bytes."""
    task, mode = _TASKS.index(request.task), _MODES.index(request.mode)
    tier = 1 + TIERS.index(request.tier) if request.tier else 0
    return _REQUEST.pack(b"OZRQ", VERSION, task, mode, request.turned, tier, request.token)


def read_request(*, data: bytes) -> Request:
    """Return the request in `data`; raises `ValueError` if it is none."""
    if len(data) != _REQUEST.size:
        raise ValueError("A request has another length.")
    magic, version, task, mode, turned, tier, token = _REQUEST.unpack(data)
    if magic != b"OZRQ" or version != VERSION or task >= len(_TASKS) or mode >= len(_MODES) or turned > 1 or tier > len(TIERS):
        raise ValueError("This is not a request.")
    return Request(task=_TASKS[task], token=token, mode=_MODES[mode], turned=bool(turned), tier=TIERS[tier - 1] if tier else None)


def pack_answer(*, task: Task, token: bytes, verdict: Verdict, body: bytes) -> bytes:
    """Return an answer to the request with this `token`; the body may be empty."""
    return _HEAD.pack(b"OZAN", VERSION, _TASKS.index(task), VERDICTS.index(verdict), 0, token, len(body)) + body


def read_head(*, data: bytes, request: Request) -> tuple[Verdict, int]:
    """Return the verdict and the length of the body that follows; raises `BadAnswer`."""
    if len(data) != _HEAD.size:
        raise BadAnswer("The head of an answer has another length.")
    magic, version, task, verdict, spare, token, length = _HEAD.unpack(data)
    if magic != b"OZAN" or version != VERSION or spare or task != _TASKS.index(request.task) or token != request.token:
        raise BadAnswer("An answer to another question.")
    if verdict >= len(VERDICTS) or VERDICTS[verdict] not in FROM_A_CHILD:
        raise BadAnswer("An answer with a verdict that is not a child's to give.")
    if length > MOST_BODY:
        raise BadAnswer("An answer that is too long.")
    return VERDICTS[verdict], length


def pack_said(*, said: Said) -> bytes:
    """Return what was found as a body; frames beyond the most that fit are left off, and a note is cut and made ASCII."""
    note = plain(said.note).encode("ascii")
    frames = said.frames[:MOST_FRAMES]
    picture = said.picture
    mode = 1 + _MODES.index(picture.mode) + (0 if picture.steady else _NOT_STEADY) if picture else 0
    turned = picture.turned if picture else ()
    parts = [_BODY.pack(mode, len(turned), len(note), len(frames))]
    if picture:
        parts.append(_HASH.pack(picture.pdq.bits, picture.pdq.quality))
    parts += turned
    parts += [_FRAME.pack(frame.at, frame.pdq.bits, frame.pdq.quality) for frame in frames]
    return b"".join([*parts, note])


def read_said(*, body: bytes, request: Request, verdict: Verdict) -> Said:
    """Return what a child found, checked against what it was asked; raises `BadAnswer`.

    A verdict other than `ok` carries a note alone. An exact hash is believed only as an answer to a question for one, and all eight
    orientations come if, and only if, they were asked for.
    """
    if len(body) < _BODY.size:
        raise BadAnswer("An answer that ends early.")
    kind, orientations, note_bytes, frame_count = _BODY.unpack_from(body)
    mode, steady = kind & ~_NOT_STEADY, not kind & _NOT_STEADY
    if not mode and not steady:
        raise BadAnswer("An answer about a picture that is not there.")
    if mode > len(_MODES) or note_bytes > MOST_NOTE or frame_count > MOST_FRAMES:
        raise BadAnswer("An answer with a number out of range.")
    wanted = _BODY.size + (_HASH.size if mode else 0) + 32 * orientations + _FRAME.size * frame_count + note_bytes
    if len(body) != wanted:
        raise BadAnswer("An answer whose parts do not add up to its length.")
    if orientations != (8 if mode and request.turned else 0):
        raise BadAnswer("An answer with other orientations than asked for.")
    if (verdict == "ok") != bool(mode or frame_count):
        raise BadAnswer("An answer whose hashes and verdict contradict each other.")
    at = _BODY.size
    picture = None
    if mode:
        pdq = _pdq(*_HASH.unpack_from(body, at))
        at += _HASH.size
        turned = tuple(body[at + 32 * n : at + 32 * n + 32] for n in range(orientations))
        at += 32 * orientations
        picture = _picture(pdq, turned, _MODES[mode - 1], steady, request)
    frames = tuple(_frame(*_FRAME.unpack_from(body, at + _FRAME.size * n)) for n in range(frame_count))
    note = body[at + _FRAME.size * frame_count :]
    if any(not 32 <= letter < 127 for letter in note):
        raise BadAnswer("An answer with a note that is not plain text.")
    return Said(picture=picture, frames=frames, note=note.decode("ascii"))


def plain(text: str) -> str:
    """Return `text` as one line of printable ASCII of at most `MOST_NOTE` letters."""
    return "".join(c if 32 <= ord(c) < 127 else "?" for c in " ".join(text.split()))[:MOST_NOTE]


def _pdq(bits: bytes, quality: int) -> Pdq:
    if quality > 100:
        raise BadAnswer("An answer with a quality beyond 100.")
    return Pdq(bits=bits, quality=quality)


def _picture(pdq: Pdq, turned: tuple[bytes, ...], mode: Mode, steady: bool, request: Request) -> Picture:
    if mode == "fast" and request.mode == "exact":
        raise BadAnswer("A fast hash where an exact one was asked for.")
    if turned and turned[0] != pdq.bits:
        raise BadAnswer("Orientations that do not begin with the picture as it stands.")
    return Picture(pdq=pdq, turned=turned, mode=mode, steady=steady)


def _frame(at: float, bits: bytes, quality: int) -> Frame:
    if not (math.isfinite(at) and -LONGEST_SECONDS <= at <= LONGEST_SECONDS):
        raise BadAnswer("A frame at no time.")
    return Frame(at=at, pdq=_pdq(bits, quality))
