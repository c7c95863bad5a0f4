"""A hash list comes in as a file: in batches, with a checkpoint, so that it can be stopped at any moment and repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import Final

from odzew.banks.api import BankRules, create_bank, find_bank, lock_bank
from odzew.banks.data import BankView, NewHash
from odzew.banks.entries import put, refusal, unseen, withdraw_hashes, withdraw_named, withdraw_unseen
from odzew.banks.files import Line, ListFile
from odzew.banks.imports import Progress, advance, begin, end
from odzew.exchanges.register import feeding
from odzew.foundation.errors import Conflict, Invalid
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.usecases.bank_entries import entries_said, outside_bank, rules_said, say_stored

BATCH: Final = 5_000
# A list that would take more than half of a bank with more entries than this out of it is more likely cut short than new.
SMALL: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did. `wrong`: lines that could not be used. `kept`: entries that a replacing list does not name and that are
    still there, because lines of it were wrong. `resumed`: it went on from an earlier try, whose numbers are in these."""

    bank: BankView
    added: int
    changed: int
    withdrawn: int
    lines: int
    wrong: int
    kept: int
    resumed: bool


def import_bank(
    *,
    name: str,
    path: Path,
    replace_all: bool = False,
    skip_bad: bool = False,
    shrink: bool = False,
    actor: str,
    clock: Callable[[], datetime],
    wrong: Callable[[Line], None] = lambda _line: None,
    progress: Callable[[int], None] = lambda _bytes: None,
) -> Imported:
    """Store a list in a bank; a bank that is not there is made (confirmed, distance 31).

    Lines that can be used are stored, the others are given to `wrong` one by one. A line that is marked withdrawn takes its hash out of
    the bank at once. With `replace_all` the bank holds exactly the list afterwards: what it does not name is withdrawn, but only if no
    line was wrong (or `skip_bad`), for a wrong line may name what would be lost; and never more than half of a large bank unless
    `shrink`. Each batch is one transaction with its event and the checkpoint: killed at any moment and repeated with the same file, it
    ends in the same bank. `progress` is told how many bytes of the file are done. Raises `Invalid` (nothing stored) for a file that is
    no list, `Forbidden` for the desk's own banks, `Conflict` for a bank that an exchange feeds, or if another import into it begins
    meanwhile.
    """
    with _opened(path) as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()
        stream.seek(0)
        lines = ListFile(stream=stream, now=clock())
        bank, at, resumed = _begin(name, digest, replace_all, actor, clock())
        run = _Run(bank=bank, actor=actor, clock=clock, at=at, names_lists=lines.names_lists)
        wrong_lines = total = 0
        for batch in _batches(_seen(lines, bank)):
            for line in batch:
                total += 1
                if line.given is None:
                    wrong_lines += 1
                    wrong(line)
            run.store([line for line in batch if line.number > at.line], upto=batch[-1].number)
            progress(batch[-1].bytes_read)
    kept = 0
    if replace_all:
        kept = run.withdraw_others(allowed=not wrong_lines or skip_bad, shrink=shrink)
    run.finish(lines=total, wrong=wrong_lines)
    done = run.at
    return Imported(
        bank=bank,
        added=done.added,
        changed=done.changed,
        withdrawn=done.withdrawn,
        lines=total,
        wrong=wrong_lines,
        kept=kept,
        resumed=resumed,
    )


def _opened(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        raise Invalid(f"The list {path} cannot be read: {error.strerror or error}.") from error


def _begin(name: str, digest: bytes, replace_all: bool, actor: str, now: datetime) -> tuple[BankView, Progress, bool]:
    def work() -> tuple[BankView, Progress, bool]:
        writes = Writes()
        found = find_bank(name=name)
        if found is None:
            rules = BankRules()
            bank = create_bank(writes, name=name, rules=rules, now=now)
            record(writes, kind="bank.added", actor=actor, now=now, facts={"bank": str(bank.id), **rules_said(rules=rules)})
            writes.send()
        else:
            bank = outside_bank(name=name)
            if (fed := feeding(bank=bank.id)) is not None:
                raise Conflict(f"The bank {name} is fed by the exchange {fed.name}; import this list into a bank of its own.")
        lock_bank(bank=bank.id)
        at, resumed = begin(writes, bank=bank, digest=digest, replace=replace_all, now=now)
        facts = {"bank": str(bank.id), "import": str(at.id), "file": digest.hex(), "replace": replace_all, "from_line": at.line}
        record(writes, kind="bank.import_begun", actor=actor, now=now, facts=facts)
        writes.send()
        return bank, at, resumed

    return atomically(work)


def _seen(lines: Iterable[Line], bank: BankView) -> Iterator[Line]:
    """Refuse what is well formed but not for this bank."""
    for line in lines:
        why = refusal(bank=bank, given=line.given) if line.given else ""
        yield replace(line, given=None, wrong=why) if why else line


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        batch.append(line)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


class _Run:
    """One import on its way; `at` is the checkpoint as it stands in the database."""

    def __init__(self, *, bank: BankView, actor: str, clock: Callable[[], datetime], at: Progress, names_lists: bool) -> None:
        self._bank = bank
        self._actor = actor
        self._clock = clock
        self._names_lists = names_lists
        self.at = at

    def store(self, lines: list[Line], *, upto: int) -> None:
        """Store the lines that can be used and the checkpoint behind them."""
        if upto <= self.at.line:
            return
        named = {(g.value, g.type, g.member, g.entry_id): line for line in lines if (g := line.given) is not None}
        stay = [line.given for line in named.values() if line.given is not None and not line.withdrawn]
        # In order: what the batch withdraws anywhere goes first, then what it leaves standing comes (back).
        go = [line.given for line in lines if line.given is not None and line.withdrawn]

        def work() -> Progress:
            now, writes = self._clock(), Writes()
            gone = self._withdraw(writes, go, now)
            seen_in = self.at.id if self.at.replace else None
            stored = put(writes, bank=self._bank, hashes=stay, now=now, seen_in=seen_in)
            after = replace(
                self.at,
                line=upto,
                added=self.at.added + len(stored.added),
                changed=self.at.changed + len(stored.changed),
                withdrawn=self.at.withdrawn + len(gone),
            )
            advance(writes, before=self.at, after=after)
            source: dict[str, object] = {"import": str(self.at.id), "upto_line": upto}
            say_stored(writes, bank=self._bank, stored=stored, gone=gone, hashes=stay, source=source, actor=self._actor, now=now)
            writes.send()
            return after

        self.at = atomically(work)

    def _withdraw(self, writes: Writes, go: list[NewHash], now: datetime) -> tuple[int, ...]:
        """A file whose lines name no list withdraws a hash wherever it stands in the bank; else only of the list it names."""
        take = withdraw_named if self._names_lists else withdraw_hashes
        return take(writes, bank=self._bank, hashes=go, now=now)

    def withdraw_others(self, *, allowed: bool, shrink: bool) -> int:
        """Withdraw what was there before and the list does not name; return how many of those stay because it is not allowed."""
        others, before = unseen(bank=self._bank, seen_in=self.at.id, boundary=self.at.boundary)
        if not allowed:
            return others
        if others > SMALL and others * 2 > before and not shrink:
            raise Conflict(
                f"The list does not name {others} of the {before} entries that were in {self._bank.name}; nothing was withdrawn. If the "
                "list is whole, repeat with --shrink."
            )
        while self._withdraw_some():
            pass
        return 0

    def _withdraw_some(self) -> bool:
        def work() -> Progress:
            now, writes = self._clock(), Writes()
            gone = withdraw_unseen(writes, bank=self._bank, seen_in=self.at.id, boundary=self.at.boundary, limit=BATCH, now=now)
            after = replace(self.at, withdrawn=self.at.withdrawn + len(gone))
            advance(writes, before=self.at, after=after)
            if gone:
                facts = {"bank": str(self._bank.id), "import": str(self.at.id), **entries_said(ids=gone)}
                record(writes, kind="bank.entries_withdrawn", actor=self._actor, now=now, facts=facts)
            writes.send()
            return after

        before, self.at = self.at, atomically(work)
        return self.at.withdrawn > before.withdrawn

    def finish(self, *, lines: int, wrong: int) -> None:
        """Write that it is complete."""

        def work() -> None:
            now, writes = self._clock(), Writes()
            advance(writes, before=self.at, after=self.at)
            writes.send()
            end(writes, done=self.at, now=now)
            counts = {"added": self.at.added, "changed": self.at.changed, "withdrawn": self.at.withdrawn}
            facts = {"bank": str(self._bank.id), "import": str(self.at.id), "lines": lines, "wrong": wrong, **counts}
            record(writes, kind="bank.imported", actor=self._actor, now=now, facts=facts)
            writes.send()

        atomically(work)
