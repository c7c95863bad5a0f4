"""The size and root of the record are signed each minute, and once a day an outsider is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes
from odzew.ledger import checkpoint as notes
from odzew.ledger.api import WITNESS, consistency, latest_checkpoint, origin_of_record, witness_left_since
from odzew.ledger.checkpoint import BadCheckpoint
from odzew.ledger.data import StoredCheckpoint
from odzew.ledger.merkle import Frontier, TreeError, verify_consistency
from odzew.ledger.outbox import leave
from odzew.ledger.sequencer import RecordDamaged, keep_checkpoint, lock_tree
from odzew.usecases._record_alarm import ring_damaged
from odzew.usecases.desk import Desk

MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)


def sign_checkpoint(*, desk: Desk, now: datetime, every: timedelta = MINUTE) -> str | None:
    """Sign the tree if it grew since the last checkpoint and that is at least `every` old; return the new note, else None.

    `every=timedelta(0)` signs on demand, the empty record too if nothing was ever signed. Before it signs it proves that the tree
    still begins with the one it signed last (RFC 6962 2.1.2); if not, it signs nothing and people are alarmed. Once a day the
    newest checkpoint is left for the outsider of `desk.witness_url`, if one is set. Safe in any number of processes.
    """
    try:
        with transaction.atomic():
            frontier, last = lock_tree(), latest_checkpoint()
            note = _signed(desk, frontier, last, now) if _is_due(frontier, last, now, every) else None
            if newest := note or (last.note if last else None):
                _tell_witness(desk, newest, now)
            return note
    except (RecordDamaged, TreeError, BadCheckpoint):
        ring_damaged(desk=desk, now=now)
        return None


def _is_due(frontier: Frontier, last: StoredCheckpoint | None, now: datetime, every: timedelta) -> bool:
    if last is None:
        return frontier.size > 0 or not every
    # A clock that was set back must not silence the signer.
    return frontier.size != last.size and (now - last.at >= every or now < last.at)


def _signed(desk: Desk, frontier: Frontier, last: StoredCheckpoint | None, now: datetime) -> str:
    if last is not None:
        _must_extend(frontier, last)
    origin = origin_of_record(otherwise=desk.origin)
    note = notes.sign_checkpoint(origin=origin, size=frontier.size, root=frontier.root, key=desk.keys.ledger_signer, at=now)
    keep_checkpoint(size=frontier.size, at=now, note=note)
    return note


def _must_extend(frontier: Frontier, last: StoredCheckpoint) -> None:
    """Raise RecordDamaged unless the tree begins with the one that was signed last."""
    signed = notes.parse_checkpoint(text=last.note)
    if signed.size > frontier.size:
        raise RecordDamaged("The record is shorter than it was when it was last signed.", size=frontier.size, signed=signed.size)
    shown = consistency(old_size=signed.size, new_size=frontier.size)
    if not verify_consistency(old=signed.size, new=frontier.size, old_root=signed.root, new_root=frontier.root, proof=shown.proof):
        raise RecordDamaged("The record does not extend what was last signed.", size=frontier.size, signed=signed.size)


def _tell_witness(desk: Desk, note: str, now: datetime) -> None:
    if not desk.witness_url or witness_left_since(since=now - _DAY):
        return
    writes = Writes()
    leave(writes, kind=WITNESS, subject=new_id(now=now), case=None, platform=None, payload={"note": note}, now=now)
    writes.send()
