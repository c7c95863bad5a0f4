"""Behind its walls a child finds what the kernel finds without them: nothing that decoding needs is missing there."""

from __future__ import annotations

from odzew.hashing.api import hash_file
from odzew.hashing.data import Mode
from odzew.matching.decoder.messages import plain
from odzew.matching.decoder.pool import Decoder
from tests.decoder.corpus import films, stills

MODES: tuple[Mode, ...] = ("exact", "fast")


def test_a_child_finds_what_the_kernel_finds(decoder: Decoder) -> None:
    seen = set()
    for name, data in (*stills(), *films()):
        for mode in MODES:
            alone = hash_file(data=data, mode=mode, turned=True)
            found = decoder.hashes(data=data, mode=mode, turned=True)
            assert found.hashes is not None and plain(alone.note) == found.note, name
            assert (found.hashes.sha256, found.hashes.md5, found.hashes.kind) == (alone.sha256, alone.md5, alone.kind), name
            assert (found.hashes.picture, found.hashes.frames) == (alone.picture, alone.frames), name
            assert (found.verdict == "ok") == bool(alone.picture or alone.frames), name
            seen.add((found.verdict, found.hashes.kind))
    assert seen == {("ok", "image"), ("ok", "video"), ("unreadable", "image"), ("unreadable", "video")}
