"""What the decoder is told and what it gives back: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from odzew.hashing.data import FileHashes

Verdict = Literal[
    "ok",
    "unreadable",
    "too_large",
    "too_many_pixels",
    "timed_out",
    "out_of_memory",
    "crashed",
    "refused",
    "busy",
]
VERDICTS: Final[tuple[Verdict, ...]] = (
    "ok",
    "unreadable",
    "too_large",
    "too_many_pixels",
    "timed_out",
    "out_of_memory",
    "crashed",
    "refused",
    "busy",
)
FROM_A_CHILD: Final[frozenset[Verdict]] = frozenset({"ok", "unreadable", "too_large", "too_many_pixels", "out_of_memory"})

PROTECTIONS: Final = (
    "system_call_filter",
    "no_network",
    "no_files",
    "no_new_rights",
    "no_capabilities",
    "other_user",
    "memory_limit",
    "processor_limit",
    "no_written_files",
    "few_open_files",
    "no_new_processes",
    "ends_with_its_parent",
)
ATTEMPTS: Final = (
    "read_a_file",
    "write_a_file",
    "connect",
    "listen",
    "fork",
    "execute",
    "trace",
    "signal_another",
    "map_code",
    "raise_a_limit",
    "make_a_namespace",
    "become_root",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may cost.

    `file_bytes` of the file, and `picture_bytes` if it is a picture; `pixels` of one frame, before anything is decoded;
    `memory_bytes` beyond what an idle child maps; `seconds` of processor time for a picture and `film_seconds` for a film, and three
    times as long by the clock on the wall, since a busy machine lets a child wait; `files` that one child decodes before it is
    replaced; `wait_seconds` for a free child, and `waiting` callers at most, before the answer is `busy`; `start_seconds` for the
    server to be ready (its first start on a machine compiles the kernels).
    """

    file_bytes: int = 4 << 30
    picture_bytes: int = 100_000_000
    pixels: int = 100_000_000
    memory_bytes: int = 1 << 30
    seconds: int = 10
    film_seconds: int = 240
    files: int = 500
    wait_seconds: float = 10.0
    waiting: int = 64
    start_seconds: float = 120.0

    def processor(self, *, film: bool) -> int:
        """Return the processor seconds for one file; the kernel ends the child that uses more."""
        return self.film_seconds if film else self.seconds

    def wall(self, *, film: bool) -> float:
        """Return the seconds after which the child of one file is killed: three times its processor seconds."""
        return 3.0 * self.processor(film=film)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The answer for one file. `hashes` is present whenever the bytes could be read at all.

    SHA-256 and MD5 are made by the asking process, so they hold whatever the verdict is; `hashes.picture` and `hashes.frames` come
    from the child and are there only with the verdict `ok`. `note` is one sentence for people.
    """

    verdict: Verdict
    hashes: FileHashes | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """One wall around the children. `why` says what stood in the way if it could not be set up."""

    name: str
    active: bool
    why: str = ""
