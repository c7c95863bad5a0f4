"""Shared: what a final decision or a reporter's fingerprint puts into the desk's own banks, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from odzew.banks.data import FILM, NewHash, OwnMedia
from odzew.banks.own import (
    feed_cleared,
    feed_own,
    feed_reported,
    still_given,
    withdraw_cleared,
    withdraw_given,
    withdraw_own,
    withdraw_reported,
)
from odzew.cases.likeness import itself
from odzew.cases.prints import FLAT_BELOW, Looks, prints_of_items
from odzew.cases.rows import CaseRow
from odzew.foundation.writes import Writes

# What harms a child or a person; for another rule that was broken nothing is looked for.
BANKED: Final = frozenset({"child_safety", "intimate_images", "sextortion", "grooming"})


def bank_decision(writes: Writes, *, case: CaseRow, outcome: str, ground: str, actor: str, now: datetime) -> None:
    """Let a final decision hold for every copy that comes: what was removed or kept hidden is known, what was cleared is known good.

    What the case put into the banks under an earlier decision is taken back first. Files that came into the case only by their looks
    are not banked: else each copy would reach a little further than the last, to what nobody ever decided about.
    """
    media = [OwnMedia(name=name, hashes=hashes) for name, hashes in _media(itself(case=case.id)) if hashes]
    withdraw_reported(writes, case=case.id, actor=actor, now=now)
    if outcome in ("remove", "keep_withheld"):
        withdraw_cleared(writes, case=case.id, actor=actor, now=now)
        if media and case.regime != "other" and ground in BANKED:
            kind = min(case.kinds, default="")
            feed_own(writes, case=case.id, media=media, category=kind, child=case.child_safety, actor=actor, now=now)
        return
    withdraw_own(writes, case=case.id, actor=actor, now=now)
    if outcome == "no_violation" and media:
        feed_cleared(writes, case=case.id, media=media, actor=actor, now=now)


def _media(items: Sequence[uuid.UUID]) -> list[tuple[str, tuple[NewHash, ...]]]:
    out = []
    for view in prints_of_items(items=items):
        name = f"{view.item}/{view.media}"
        out.append((name, still_of(looks=view.looks)))
        out.append((name + FILM, frames_of(looks=view.looks)))
    return out


def still_of(*, looks: Looks) -> tuple[NewHash, ...]:
    """Return the bytes, and the picture in all its orientations, as hashes to be banked. A flat picture is known by its bytes alone."""
    out = []
    if looks.sha256:
        out.append(NewHash(type="sha256", value=looks.sha256))
    if looks.md5:
        out.append(NewHash(type="md5", value=looks.md5))
    if looks.pdq and looks.quality >= FLAT_BELOW:
        mode = "fast" if looks.mode == "fast" else "exact"
        out.append(NewHash(type="pdq", value=looks.pdq, quality=looks.quality, mode=mode, forms=looks.turned[1:]))  # type: ignore[arg-type]
    return tuple(out)


def frames_of(*, looks: Looks) -> tuple[NewHash, ...]:
    """Return the pictures of a film that say something, as hashes to be banked."""
    pictures = {bits: quality for _at, quality, bits in looks.frames if quality >= FLAT_BELOW}
    return tuple(NewHash(type="pdq", value=bits, quality=quality, mode="exact") for bits, quality in pictures.items())


def bank_fingerprints(
    writes: Writes, *, case: CaseRow, hashes: Sequence[dict[str, Any]], notice: uuid.UUID, actor: str, now: datetime
) -> None:
    """Let what a reporter's device made of a picture be looked for: uploads that match are held, for people to confirm (practice 8)."""
    if given := _given(hashes):
        media = [OwnMedia(name=str(notice), hashes=given)]
        kind, child = min(case.kinds, default=""), True if case.child_safety else None
        feed_reported(writes, case=case.id, media=media, category=kind, child=child, actor=actor, now=now)


def take_back_fingerprints(
    writes: Writes, *, case: uuid.UUID, hashes: Sequence[dict[str, Any]], notice: uuid.UUID, actor: str, now: datetime
) -> bool:
    """Look no more for what a reporter sent, because they ask for it; what it has hidden stays hidden. Was there anything?"""
    if not looked_for(hashes=hashes, notice=notice):
        return False
    return bool(withdraw_given(writes, name=str(notice), hashes=_given(hashes), case=case, actor=actor, now=now))


def looked_for(*, hashes: Sequence[dict[str, Any]], notice: uuid.UUID) -> bool:
    """Is anything that came with a notice still looked for?"""
    return bool(hashes) and still_given(name=str(notice), hashes=_given(hashes))


def _given(hashes: Sequence[dict[str, Any]]) -> tuple[NewHash, ...]:
    return tuple(
        NewHash(type=h["type"], value=bytes.fromhex(h["value"]), quality=h.get("quality")) for h in hashes if _says_something(h)
    )


def _says_something(h: dict[str, Any]) -> bool:
    return bool(h["type"] != "pdq" or h.get("quality", 100) >= FLAT_BELOW)
