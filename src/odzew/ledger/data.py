"""What the record says about itself, as frozen values."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from odzew.ledger.audit import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeState:
    """How far the tree has grown, its root, and how many acts still wait for their number."""

    size: int
    root: bytes
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """A signed note (C2SP tlog-checkpoint) as it is kept."""

    size: int
    at: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """The proof that an act stands in the record (RFC 6962 2.1.1): `data` at `seq` in the tree that `note` is signed for."""

    event: uuid.UUID
    seq: int
    size: int
    data: bytes
    leaf: bytes
    proof: tuple[bytes, ...]
    root: bytes
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """The proof that the tree of `new` events begins with the tree of `old` events (RFC 6962 2.1.2)."""

    old: int
    new: int
    old_root: bytes
    new_root: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An act as the timeline of a case shows it; `seq` is None in the second before it is sealed."""

    id: uuid.UUID
    at: datetime
    kind: str
    actor: str
    facts: dict[str, Any]
    seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What a proof of the stored record found; good when there are no findings. `root` is that of the stored tree."""

    events: int
    checkpoints: int
    root: bytes
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not self.findings
