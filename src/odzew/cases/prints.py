"""What the files of items look like: their hashes, each file's under a number that the index knows it by."""

from __future__ import annotations

import hashlib
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from odzew.cases.data import UNDECIDED
from odzew.cases.models import Print
from odzew.foundation.writes import Writes, fetch_all, fetch_none
from odzew.matching.api import Addition, add, remove

COLLECTION: Final = "hosted"
FRAME: Final = struct.Struct("<fB32s")
# Below this PDQ says too little of a picture: such a hash matches only itself (Davis and Rosen, The TMK+PDQF video-hashing
# algorithm and the PDQ image-hashing algorithm, 2019, section 5: quality).
FLAT_BELOW: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """The hashes of one file. `mode`: `given` by the platform, or our own, `exact` or `fast`. `turned`: the eight orientations of a
    picture, 32 bytes each, the upright first. `frames`: seconds, quality and PDQ of a video's pictures."""

    sha256: bytes | None = None
    md5: bytes | None = None
    pdq: bytes | None = None
    quality: int = 0
    mode: str = "given"
    turned: tuple[bytes, ...] = ()
    frames: tuple[tuple[float, int, bytes], ...] = field(default=())

    def digest(self) -> bytes:
        """Return what tells whether a file looks otherwise than before."""
        parts = [self.sha256 or b"", self.md5 or b"", self.pdq or b"", bytes([self.quality]), pack_frames(frames=self.frames)]
        return hashlib.sha256(b"".join(len(p).to_bytes(4, "big") + p for p in parts)).digest()

    def known(self) -> bool:
        """Is there any hash at all?"""
        return bool(self.sha256 or self.md5 or self.pdq or self.frames)


def pack_frames(*, frames: Sequence[tuple[float, int, bytes]]) -> bytes:
    """Return frames as they are kept: 37 bytes each."""
    return b"".join(FRAME.pack(at, quality, bits) for at, quality, bits in frames)


def unpack_frames(*, packed: bytes) -> tuple[tuple[float, int, bytes], ...]:
    """Return the frames that were kept."""
    return tuple(FRAME.iter_unpack(packed))


def additions_of(*, number: int, looks: Looks, collection: str = COLLECTION) -> list[Addition]:
    """Return what the index is to know of a file: its equal bytes, its picture, and the frames that say something."""
    hashes: list[tuple[str, bytes]] = []
    if looks.sha256:
        hashes.append(("sha256", looks.sha256))
    if looks.md5:
        hashes.append(("md5", looks.md5))
    if looks.pdq:
        hashes.append(("pdq", looks.pdq))
    hashes += [("pdq", bits) for _at, quality, bits in looks.frames if quality >= FLAT_BELOW]
    return [Addition(collection=collection, type=kind, hash=value, owner=number) for kind, value in dict.fromkeys(hashes)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintView:
    """The look of one file of an item, under its number."""

    number: int
    item: uuid.UUID
    media: str
    looks: Looks


_COLUMNS: Final = "number, item_id, media, sha256, md5, pdq, quality, mode, turned, frames"


def _bytes(value: object) -> bytes | None:
    return None if value is None else bytes(value)  # type: ignore[call-overload]


def _view(row: tuple[Any, ...]) -> PrintView:
    number, item, media, sha256, md5, pdq, quality, mode, turned, frames = row
    packed = bytes(turned)
    looks = Looks(
        sha256=_bytes(sha256),
        md5=_bytes(md5),
        pdq=_bytes(pdq),
        quality=quality,
        mode=mode,
        turned=tuple(packed[n : n + 32] for n in range(0, len(packed), 32)),
        frames=unpack_frames(packed=bytes(frames)),
    )
    return PrintView(number=number, item=item, media=media, looks=looks)


def prints_of_items(*, items: Sequence[uuid.UUID]) -> list[PrintView]:
    """Return the looks of all files of the items."""
    sql = f"SELECT {_COLUMNS} FROM cases_print WHERE item_id = ANY(%s) ORDER BY number"
    return [_view(r) for r in fetch_all(sql, [list(items)])] if items else []


def prints_numbered(*, numbers: Sequence[int]) -> dict[int, PrintView]:
    """Return the looks under these numbers; a file that looks otherwise by now, or is gone, is not there."""
    sql = f"SELECT {_COLUMNS} FROM cases_print WHERE number = ANY(%s)"
    return {r[0]: _view(r) for r in fetch_all(sql, [list(numbers)])} if numbers else {}


def prints_after(*, number: int, most: int) -> list[PrintView]:
    """Return the next files by number."""
    return [
        _view(r)
        for r in fetch_all(f"SELECT {_COLUMNS} FROM cases_print WHERE number > %s ORDER BY number LIMIT %s", [number, most])
    ]


def prints_of_open_child_cases(*, after: int, most: int) -> list[PrintView]:
    """Return the next files, by number, of public items under undecided child-safety cases whose PDQ may be told to others: made
    exactly or given by the platform, and of a picture that is not flat."""
    columns = ", ".join(f"p.{name}" for name in _COLUMNS.split(", "))
    sql = (
        f"SELECT {columns} FROM cases_print p JOIN cases_item i ON i.id = p.item_id JOIN cases_copyset s ON s.id = i.copyset_id "
        "JOIN cases_case c ON c.id = s.case_id WHERE c.child_safety AND c.state = ANY(%s) AND i.registered AND NOT i.private "
        "AND p.pdq IS NOT NULL AND p.quality >= %s AND p.mode <> 'fast' AND p.number > %s ORDER BY p.number LIMIT %s"
    )
    return [_view(r) for r in fetch_all(sql, [sorted(UNDECIDED), FLAT_BELOW, after, most])]


def count_prints(*, after: int = 0) -> int:
    """Return how many files there are beyond this number."""
    count: int = fetch_all("SELECT count(*) FROM cases_print WHERE number > %s", [after])[0][0]
    return count


def keep_prints(writes: Writes, *, wanted: dict[uuid.UUID, dict[str, Looks]], fresh: set[uuid.UUID]) -> None:
    """Keep what the files of the items look like now, and tell the index; `fresh` items had none before.

    What we hashed ourselves is kept for as long as the bytes are the same, whatever else the platform says.
    """
    before: dict[tuple[uuid.UUID, str], PrintView] = {}
    for view in prints_of_items(items=[i for i in wanted if i not in fresh]):
        before[view.item, view.media] = view
    after = {
        (item, media): _inherit(looks, before.get((item, media)))
        for item, by_media in wanted.items()
        for media, looks in by_media.items()
    }
    changed = {k: v for k, v in after.items() if k not in before or before[k].looks.digest() != v.digest()}
    gone = [v for k, v in before.items() if k in changed or k not in after]
    changed = {k: v for k, v in changed.items() if v.known()}
    if gone:
        remove(writes, collection=COLLECTION, owners=[v.number for v in gone])
        fetch_none("DELETE FROM cases_print WHERE number = ANY(%s)", [[v.number for v in gone]])
    numbers = _numbers(len(changed))
    for number, ((item, media), looks) in zip(numbers, changed.items(), strict=True):
        writes.insert(Print, {"number": number, "item_id": item, "media": media, "digest": looks.digest(), **_row(looks)})
        add(writes, additions=additions_of(number=number, looks=looks))


def _numbers(count: int) -> list[int]:
    if not count:
        return []
    return [n for (n,) in fetch_all("SELECT nextval('cases_print_number') FROM generate_series(1, %s)", [count])]


def _row(looks: Looks) -> dict[str, Any]:
    return {
        "sha256": looks.sha256,
        "md5": looks.md5,
        "pdq": looks.pdq,
        "quality": looks.quality,
        "mode": looks.mode,
        "turned": b"".join(looks.turned),
        "frames": pack_frames(frames=looks.frames),
    }


def _inherit(looks: Looks, before: PrintView | None) -> Looks:
    """Keep our own hashes of the same bytes, and where the platform says nothing of the bytes: if they changed, they are hashed anew."""
    if before is None or (before.looks.mode == "given" and looks.pdq):
        return looks
    old = before.looks
    if not looks.known() and old.mode != "given":
        return old
    same = looks.sha256 == old.sha256 if looks.sha256 and old.sha256 else bool(looks.md5) and looks.md5 == old.md5
    if not same or looks.mode != "given":
        return looks
    return replace(
        looks,
        sha256=looks.sha256 or old.sha256,
        md5=looks.md5 or old.md5,
        pdq=old.pdq or looks.pdq,
        quality=old.quality if old.pdq else looks.quality,
        mode=old.mode,
        turned=old.turned,
        frames=old.frames,
    )
