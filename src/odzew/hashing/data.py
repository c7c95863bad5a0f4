"""What hashing gives back: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["exact", "fast"]
Kind = Literal["image", "video", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdq:
    """A PDQ hash: `bits` are 32 bytes whose hex is the form of published lists; `quality` is 0 to 100, below 50 it matches only exactly.

    Source: "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook, 2019.
    """

    bits: bytes
    quality: int

    @property
    def hex(self) -> str:
        """The 64 lower-case hex digits of published lists."""
        return self.bits.hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The hash of one picture.

    `turned` are the hashes that it has when it is turned or mirrored, `turned[0]` as it stands, in the order of
    `odzew.hashing.turns.TURNS`; empty if not asked for.
    `mode` is "exact" if the hash is the one that the reference gives for the same pixels. A "fast" one is for looking up, and is never
    exported. A hash that is not `steady` comes from a picture that has little of what PDQ looks at, whatever its quality (plaids, bare
    gradients): a re-encoded copy can have quite another one.
    """

    pdq: Pdq
    turned: tuple[bytes, ...] = ()
    mode: Mode
    steady: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One hashed frame of a video or of an animation; `at` is in seconds from the start, `turned` as in `Picture`."""

    at: float
    pdq: Pdq
    turned: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHashes:
    """All hashes of one file: `sha256` (32 bytes) and `md5` (16 bytes) always; `picture` or `frames` if it could be decoded.

    `note` is a sentence on why there is no hash, or what to know about it; empty if there is nothing to say.
    """

    kind: Kind
    sha256: bytes
    md5: bytes
    picture: Picture | None = None
    frames: tuple[Frame, ...] = ()
    note: str = ""
