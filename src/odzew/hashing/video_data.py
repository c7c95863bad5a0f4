"""What hashing of films takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from odzew.hashing.data import Frame

Tier: TypeAlias = Literal["key", "nonref", "full", "known"]
TIERS: Final[tuple[Tier, ...]] = ("key", "nonref", "full", "known")
MEBI: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLimits:
    """What one film may cost; what was left out for it is said in the note.

    `bytes` read from the file, `pixels` of one picture (refused by the decoder before it takes memory), `seconds` of film,
    `decoded` pictures, `work` decoded pixels in all (2 megapixels take about 4 ms of one core), `frames` given back, `streams` of
    pictures looked at in one file.
    """

    bytes: int = 8192 * MEBI
    pixels: int = 36_000_000
    seconds: float = 4 * 3600.0
    decoded: int = 500_000
    work: int = 400_000_000_000
    frames: int = 4_000
    streams: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoHashes:
    """The hashed frames of a film in the order of time, and what a person must know about them.

    `note` is empty, or plain sentences: what was damaged, what was left out. `whole` is False where a limit ended the look before
    the end of the film. `looked` pictures were decoded and hashed, of which `flat` had a quality below 50 and were left out.
    `seconds` is the length of film that was gone through.
    """

    frames: tuple[Frame, ...]
    note: str
    whole: bool
    looked: int
    flat: int
    seconds: float
