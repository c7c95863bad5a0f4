"""Films to hashes: which pictures of a film are looked at, and what is given back.

The *known* side (a film that must be found again) looks at every picture and keeps one whenever it has changed by more than 16 bits,
so that every picture of good quality is within 16 bits of a kept one, at whatever offset a copy begins. The *upload* side looks in
tiers, from cheap to thorough: `key`, `nonref`, `full`. Nothing here reads a clock, opens a file by name or starts a thread.
"""

from __future__ import annotations

import io
from typing import BinaryIO, Final

from odzew.hashing.canonical import Unreadable
from odzew.hashing.video_container import opened
from odzew.hashing.video_data import Tier, VideoHashes, VideoLimits
from odzew.hashing.video_sampling import CHANGED_BITS, Kept
from odzew.hashing.video_walk import Walk

NO_PICTURE: Final = "There is no picture in this film that can be looked at."
NONE_DECODED: Final = "No picture of this film could be decoded."


def hash_video(*, file: BinaryIO | bytes, tier: Tier = "full", limits: VideoLimits | None = None) -> VideoHashes:
    """Return the hashes of a film's pictures.

    `file` is the whole film, or a seekable file object that is read from its start. `tier` is one of

    - `known`: every picture, kept when it changed (more than 16 bits from every one kept before),
    - `full`: every picture decoded, one a second hashed,
    - `nonref`: one a second hashed, without decoding the pictures that no other picture is made from,
    - `key`: key frames, and where they are far apart a picture every 2 s between them as far as that is cheap, every 12 s always.

    A film of a few seconds is seen at least eight times, a very long one at wider steps.
    Only pictures of quality 50 or more are given back; the others are counted as `flat`. Raises `Unreadable` where there is no
    film (verdict `unknown` or `damaged`), no picture in it (`no_picture`), or none that can be decoded (`damaged`).
    """
    chosen = limits or VideoLimits()
    source = io.BytesIO(file) if isinstance(file, bytes) else file
    found = _look(source, tier, chosen)
    if tier == "key" and not found.looked:
        found = _look(source, "nonref", chosen)
    if not found.looked:
        raise Unreadable(NONE_DECODED, verdict="damaged")
    return found


def _look(file: BinaryIO, tier: Tier, limits: VideoLimits) -> VideoHashes:
    kept = Kept(near=CHANGED_BITS if tier == "known" else 0, most=limits.frames)
    with opened(file=file, limits=limits) as container:
        walk = Walk(container=container, tier=tier, limits=limits, kept=kept)
        if not walk.streams:
            raise Unreadable(" ".join([NO_PICTURE, *walk.notes()]), verdict="no_picture")
        walk.go()
    frames = tuple(sorted(kept.frames, key=lambda frame: frame.at))
    return VideoHashes(
        frames=frames,
        note=" ".join(walk.notes()),
        whole=not walk.account.stopped,
        looked=kept.looked,
        flat=kept.flat,
        seconds=round(walk.account.seconds, 3),
    )
