"""The banks of a Hasher-Matcher-Actioner come in: each as a list, imported as every list is."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from odzew.banks.api import BankRules, find_bank
from odzew.banks.data import BankOpinion
from odzew.banks.files import Line
from odzew.banks.hma import Row, Told, by_bank, lines_of
from odzew.foundation.errors import Conflict, Invalid, OdzewError
from odzew.usecases.bank_entries import add_bank, outside_bank
from odzew.usecases.import_bank import Imported, import_bank


@dataclass(frozen=True, slots=True, kw_only=True)
class BankTaken:
    """What became of one bank: `done` says what the import did, or `why` why it was not imported at all. `made`: it was not there before."""

    told: Told
    made: bool = False
    done: Imported | None = None
    why: str = ""


def import_hma(
    *,
    rows: Iterable[Row],
    folder: Path,
    opinion: BankOpinion,
    replace_all: bool = False,
    shrink: bool = False,
    only: frozenset[str] | None = None,
    actor: str,
    clock: Callable[[], datetime],
    wrong: Callable[[str, Line], None] = lambda _bank, _line: None,
    progress: Callable[[str], None] = lambda _bank: None,
) -> list[BankTaken]:
    """Take in banks from the rows of `odzew.banks.hma.QUERY`, and return what became of each.

    A bank keeps its name; one that is not there is made with the share that it has at its source and this opinion, before the first of its
    entries comes, and one that is there keeps its rules. Each bank is written to a file in `folder` (made, 0700, and emptied) and goes
    through `import_bank`: stopped at any moment and repeated with the same rows, it goes on where it was. A bank that cannot be imported
    does no harm to the others. `only`: these banks alone. Raises `Invalid` for rows that are not in order, `Conflict` if
    another such import runs.
    """
    taken = []
    with _alone(folder):
        for told, some in by_bank(rows=rows):
            if only is not None and told.bank not in only:
                continue
            progress(told.bank)
            # 1. The bank as a list, always the same for the same rows, so that an import can go on.
            path = _written(folder / "bank.jsonl", lines_of(rows=some, told=told, now=clock()))
            try:
                # 2. The bank with its rules, then its entries.
                made = _make(told, opinion, actor, clock())
                done = _store(told, path, replace_all, shrink, actor, clock, wrong)
                taken.append(BankTaken(told=told, made=made, done=done))
            except OdzewError as error:
                taken.append(BankTaken(told=told, why=error.sentence))
            finally:
                path.unlink(missing_ok=True)
    return taken


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder for as long as this import runs; the lock goes with the process."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(folder / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError as error:
        raise Invalid(f"The folder {folder} cannot be used: {error.strerror or error}.") from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Conflict("Another import from a Hasher-Matcher-Actioner runs on this machine; wait until it has ended.") from error
    finally:
        os.close(held)


def _written(path: Path, lines: Iterable[bytes]) -> Path:
    """Write a file that its owner alone can read."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.writelines(lines)
    except OSError as error:
        raise Invalid(f"The list cannot be written to {path}: {error.strerror or error}.") from error
    return path


def _make(told: Told, opinion: BankOpinion, actor: str, now: datetime) -> bool:
    if find_bank(name=told.bank) is not None:
        outside_bank(name=told.bank)
        return False
    source = "Hasher-Matcher-Actioner" + (f", exchange {told.exchange[:50]}" if told.exchange else "")
    add_bank(name=told.bank, rules=BankRules(opinion=opinion, enabled_share=told.share, source=source), actor=actor, now=now)
    return True


def _store(
    told: Told,
    path: Path,
    replace_all: bool,
    shrink: bool,
    actor: str,
    clock: Callable[[], datetime],
    wrong: Callable[[str, Line], None],
) -> Imported | None:
    if not path.stat().st_size:
        return None
    return import_bank(
        name=told.bank, path=path, replace_all=replace_all, shrink=shrink, actor=actor, clock=clock,
        wrong=lambda line: wrong(told.bank, line),
    )  # fmt: skip
