"""The way in: bytes to hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np

from odzew.hashing.animation import frames_of
from odzew.hashing.canonical import LIMITS, Canonical, Limits, Unreadable, canonical, check_bytes, form_of
from odzew.hashing.data import FileHashes, Frame, Kind, Mode, Picture
from odzew.hashing.fast import fast_picture
from odzew.hashing.pdq import GOOD, SMALLEST, pdq_of_grey, pdq_of_rgb
from odzew.hashing.sniff import HEAD, kind_of
from odzew.hashing.video import hash_video
from odzew.hashing.video_data import Tier, VideoLimits

TOO_SMALL: Final = "A picture of fewer than 5 pixels on a side has no PDQ hash; it is matched only exactly, by SHA-256 and MD5."
LOW_QUALITY: Final = "The picture has too little structure for PDQ (quality below 50); it is matched only exactly."
NOT_STEADY: Final = "The picture has little of what PDQ looks at (a plaid, a bare gradient); re-encoded copies may be missed."
_CHUNK: Final = 1 << 20


def hash_picture(*, data: bytes, mode: Mode = "exact", turned: bool = False, limits: Limits = LIMITS) -> Picture:
    """Hash a picture, or the first frame of an animation; with `turned` in all eight orientations.

    "exact" gives the bits that `pdqhash` gives for the canonical pixels. "fast" may decode a JPEG at a smaller scale: for looking up only.
    Raises `Unreadable`, also for pictures of fewer than five pixels on a side.
    """
    return (_quick(data, mode, turned, limits) or _slow(data, turned, limits))[0]


def hash_file(
    *, data: bytes | BinaryIO, mode: Mode = "exact", turned: bool = False, limits: Limits = LIMITS, tier: Tier | None = None
) -> FileHashes:
    """Hash a file, given as bytes or as a binary file object (read from its start): SHA-256 and MD5 always, PDQ of a picture or a film.

    `turned` is for pictures (`hash_film` has it for films). `tier` says how a film is looked at (see `odzew.hashing.video`): without it
    `known` for "exact" and `key` for "fast". Never raises for what is in the file: a file that cannot be decoded has a `note` instead.
    """
    read = _read(data, limits)
    try:
        if read.kind == "video":
            content = hash_film(data=data, mode=mode, tier=tier)
        else:
            if read.kind == "image":
                check_bytes(size=read.size, limits=limits)
            content = hash_still(data=read.whole, mode=mode, turned=turned, limits=limits)
    except Unreadable as error:
        content = Content(note=error.sentence)
    return FileHashes(
        kind=read.kind, sha256=read.sha256, md5=read.md5, picture=content.picture, frames=content.frames, note=content.note
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file shows: the hash of a picture, of frames that differ, and a note."""

    picture: Picture | None = None
    frames: tuple[Frame, ...] = ()
    note: str = ""


def hash_still(*, data: bytes, mode: Mode = "exact", turned: bool = False, limits: Limits = LIMITS) -> Content:
    """Hash a picture and, if it moves, its frames that differ. Raises `Unreadable` if not even the first can be decoded."""
    found, note = _quick(data, mode, turned, limits) or _slow(data, turned, limits)
    frames: tuple[Frame, ...] = ()
    try:
        frames, more = frames_of(data=data, limits=limits)
    except Unreadable as error:
        more = error.sentence
    return Content(picture=found, frames=frames, note=" ".join(filter(None, (note, more, _doubt(found)))))


def hash_film(
    *,
    data: bytes | BinaryIO,
    mode: Mode = "exact",
    turned: bool = False,
    tier: Tier | None = None,
    limits: VideoLimits | None = None,
) -> Content:
    """Hash the frames of a film; without a `tier`, `known` for "exact" and `key` for "fast". Raises `Unreadable`."""
    film = hash_video(file=data, tier=tier or ("known" if mode == "exact" else "key"), turned=turned, limits=limits)
    return Content(frames=film.frames, note=film.note)


def _doubt(picture: Picture) -> str:
    if picture.pdq.quality < GOOD:
        return LOW_QUALITY
    return "" if picture.steady else NOT_STEADY


def warm() -> None:
    """Compile the kernels, or load them from where they were kept, so that nobody's first picture waits for it."""
    chess = np.indices((70, 130)).sum(axis=0, dtype=np.uint8) % 2 * 255
    for pixels in (chess, np.zeros_like(chess)):
        pdq_of_grey(plane=pixels)
        pdq_of_rgb(pixels=np.repeat(pixels[:, :, None], 3, axis=2))


def _quick(data: bytes, mode: Mode, turned: bool, limits: Limits) -> tuple[Picture, str] | None:
    if mode == "exact" or form_of(data=data, limits=limits) != "JPEG":
        return None
    found = fast_picture(data=data, turned=turned, limits=limits)
    return (found, "") if found else None


def _slow(data: bytes, turned: bool, limits: Limits) -> tuple[Picture, str]:
    source = canonical(data=data, limits=limits)
    return _hashed(source, turned), source.note


def _hashed(source: Canonical, turned: bool) -> Picture:
    if min(source.pixels.shape[:2]) < SMALLEST:
        raise Unreadable(TOO_SMALL, verdict="too_small")
    if source.pixels.ndim == 2:
        return pdq_of_grey(plane=source.pixels, turned=turned, orientation=source.orientation)
    return pdq_of_rgb(pixels=source.pixels, turned=turned, orientation=source.orientation)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What was read of a file: `whole` is all of it if it is a picture of no more bytes than allowed, else its head."""

    sha256: bytes
    md5: bytes
    kind: Kind
    size: int
    whole: bytes


def _read(data: bytes | BinaryIO, limits: Limits) -> _Read:
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    kept: list[bytes] = []
    kind: Kind = "unknown"
    size = 0
    for chunk in _chunks(data):
        sha256.update(chunk)
        md5.update(chunk)
        if not size:
            kept, kind = [chunk], kind_of(head=chunk[:HEAD])
        elif kind == "image" and size + len(chunk) <= limits.size:
            kept.append(chunk)
        size += len(chunk)
    whole = b"".join(kept) if kind == "image" else b"".join(kept)[:HEAD]
    return _Read(sha256=sha256.digest(), md5=md5.digest(), kind=kind, size=size, whole=whole)


def _chunks(data: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    data.seek(0)
    while chunk := data.read(_CHUNK):
        yield chunk
