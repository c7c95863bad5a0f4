"""One file in, its hashes out, as plain values: what a catalogue, or an engine that spreads work over many machines, calls for each file.

`hash_one` needs no desk and no settings, is found by its name (so it can be pickled), and takes and gives only plain values. Each process
that calls it has a decoder of its own, started with its first file.
"""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from odzew.foundation.errors import Unavailable
from odzew.hashing.data import FileHashes
from odzew.matching.decoder.data import Decoded, Limits
from odzew.matching.decoder.pool import Decoder

# Whoever hashes a catalogue has time: a file waits for a free child, it is not turned away.
_PATIENCE: Final = 24 * 3600.0
_NO_FILE: Final = "It is no regular file, but a folder, a pipe or a device."
_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


@lru_cache(maxsize=1)
def decoder_for(*, children: int) -> Decoder:
    """Return this process's decoder for catalogues."""
    return Decoder(limits=Limits(wait_seconds=_PATIENCE, waiting=100_000), children=children)


def hash_one(source: bytes | str | os.PathLike[str], /, *, turned: bool = False, children: int = 1) -> dict[str, Any]:
    """Return the hashes of a file, given as its bytes or its path, as JSON's own values.

    `verdict`, `kind`, `bytes`, `sha256`, `md5`, `pdq` and `quality` are always there (None if there is none); `turned` (the eight
    orientations, the upright first), `frames` and `note` where there are any. `verdict` is one of the decoder's, or `unread`: the
    file could not be read at all. `children`: how many files this process decodes at a time, from several threads. Raises
    `Unavailable` if this machine offers no walls to decode behind; nothing else is an error.
    """
    if isinstance(source, bytes):
        return _said(decoder_for(children=children).hashes(data=source, turned=turned), len(source))
    try:
        if not stat.S_ISREG(Path(source).stat().st_mode):
            return unread(note=_NO_FILE)
        fd = os.open(source, _FLAGS)
    except (OSError, ValueError) as error:
        return unread(note=f"It cannot be read: {_reason(error)}.")
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            return unread(note=_NO_FILE)
        return _said(decoder_for(children=children).hashes(data=fd, turned=turned), found.st_size)
    except OSError as error:
        return unread(note=f"It cannot be read: {_reason(error)}.")
    finally:
        os.close(fd)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "no file can be called that"


def unread(*, note: str) -> dict[str, Any]:
    """Return what is said of a file that was not read at all."""
    names = ("kind", "bytes", "sha256", "md5", "pdq", "quality")
    return {"verdict": "unread", **dict.fromkeys(names), "note": note}


def _said(decoded: Decoded, size: int) -> dict[str, Any]:
    if decoded.verdict == "refused":
        raise Unavailable(decoded.note)
    hashes = decoded.hashes
    picture = hashes.picture if hashes else None
    said: dict[str, Any] = {
        "verdict": decoded.verdict,
        "kind": hashes.kind if hashes else None,
        "bytes": size,
        "sha256": hashes.sha256.hex() if hashes else None,
        "md5": hashes.md5.hex() if hashes else None,
        "pdq": picture.pdq.hex if picture else None,
        "quality": picture.pdq.quality if picture else None,
    }
    if picture and picture.turned:
        said["turned"] = [bits.hex() for bits in picture.turned]
    if hashes and hashes.frames:
        said["frames"] = frames_said(hashes=hashes)
    return said | ({"note": decoded.note} if decoded.note else {})


def frames_said(*, hashes: FileHashes) -> list[dict[str, Any]]:
    """Return the pictures of a film or animation as JSON's own values."""
    return [{"at": round(f.at, 3), "pdq": f.pdq.hex, "quality": f.pdq.quality} for f in hashes.frames]
