"""A bank leaves the house as a file, if the policy lets it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Final, Literal

from odzew.banks.api import bank_named, entries_after
from odzew.banks.data import BankView, EntryView
from odzew.banks.files import csv_lines, json_lines
from odzew.foundation.errors import Forbidden
from odzew.foundation.ids import new_id
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.usecases.desk import Desk

_AT_ONCE: Final = 5_000


@dataclass
class Exported:
    """What was written, and how many entries stayed back because their hash was made in the fast way, is in quarantine or is disabled."""

    written: int = 0
    kept_back: int = 0


def export_bank(
    *,
    name: str,
    out: IO[str],
    form: Literal["csv", "jsonl"],
    actor: str,
    desk: Desk,
    clock: Callable[[], datetime],
    progress: Callable[[int], None] = lambda _entries: None,
) -> Exported:
    """Write the live entries of a bank to `out`, in a form that `import_bank` reads; what is about to leave is on the record before.

    Never written: a hash made in the fast way (it is good for finding, not for giving away), what is withdrawn, and what is in
    quarantine or disabled. Raises `NotFound`, and `Forbidden` unless the policy's `leaving.banks` names the bank: most lists come with a promise
    not to pass them on, and the desk's own are about people.
    """
    bank = bank_named(name=name)
    if name not in desk.policy.banks_may_leave:
        raise Forbidden(f"The policy does not let the bank {name} leave; add it to leaving.banks in the policy file if it may.")
    export = new_id(now=clock())
    _say("bank.export_begun", {"bank": str(bank.id), "export": str(export), "form": form}, actor, clock())
    done = Exported()
    lines = (csv_lines if form == "csv" else json_lines)(entries=_leaving(bank, done, clock(), progress))
    for line in lines:
        out.write(line)
    facts = {"bank": str(bank.id), "export": str(export), "written": done.written, "kept_back": done.kept_back}
    _say("bank.exported", facts, actor, clock())
    return done


def _leaving(bank: BankView, done: Exported, now: datetime, progress: Callable[[int], None]) -> Iterator[EntryView]:
    after = 0
    while some := entries_after(bank=bank, after=after, limit=_AT_ONCE):
        after = some[-1].id
        for e in some:
            if e.mode == "fast" or e.quarantined_at is not None or (e.disabled_until is not None and e.disabled_until > now):
                done.kept_back += 1
                continue
            done.written += 1
            yield e
        progress(done.written + done.kept_back)


def _say(kind: str, facts: dict[str, object], actor: str, now: datetime) -> uuid.UUID:
    def work() -> uuid.UUID:
        writes = Writes()
        event = record(writes, kind=kind, actor=actor, now=now, facts=facts)
        writes.send()
        return event

    return atomically(work)
