"""The record is proved whole from the database, and written out for whoever wants to prove it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from odzew.ledger.api import latest_checkpoint_note, origin_of_record, witnessed
from odzew.ledger.audit import Finding
from odzew.ledger.checkpoint import verifier_key
from odzew.ledger.stored import audit_stored, export, unchanging
from odzew.usecases.desk import Desk
from odzew.usecases.seal_record import LIMIT, seal_record
from odzew.usecases.sign_checkpoint import sign_checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What the proof found; good when `ok`. `key` is the verifier key, `note` the newest checkpoint, kept by whoever wants proof."""

    events: int
    checkpoints: int
    root: str
    key: str
    note: str | None
    witnessed: bool
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not self.findings


def verify_record(
    *,
    desk: Desk,
    now: datetime,
    older: Iterable[str] = (),
    out: BinaryIO | None = None,
    progress: Callable[[int], None] | None = None,
) -> Verified:
    """Seal what waits, prove the stored record, sign a fresh checkpoint if it is good, and write the export to `out`.

    `older` are checkpoint notes from receipts or witnesses that the record must extend. A record that is not good is exported as it
    is, without a new signature: nothing false is vouched for.
    """
    while seal_record(desk=desk, now=now) == LIMIT:
        pass
    origin = origin_of_record(otherwise=desk.origin)
    verifier = verifier_key(origin=origin, key=desk.keys.ledger_signer)
    with unchanging():
        found = audit_stored(verifier=verifier, older=older, progress=progress)
    if found.ok:
        sign_checkpoint(desk=desk, now=now, every=timedelta(0))
    if out is not None:
        with unchanging():
            export(out=out, verifier=verifier)
    return Verified(
        events=found.events,
        checkpoints=found.checkpoints,
        root=found.root.hex(),
        key=str(verifier),
        note=latest_checkpoint_note(),
        witnessed=witnessed(now=now),
        findings=found.findings,
    )
