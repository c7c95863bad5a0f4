"""`odzew hash --catalogue`: everything that is hosted, hashed once, on the machine that has the files."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from odzew.entrypoints.catalogue.book import Book
from odzew.entrypoints.catalogue.entries import Entry, listed, walk
from odzew.entrypoints.cli.common import put
from odzew.foundation.errors import Invalid, OdzewError


def hash_catalogue(*, source: Path, out: Path, processes: int | None, turned: bool, resume: bool, as_json: bool) -> None:
    """Write a line for every file of a folder or list, and say at the end how many there were.

    Raises `Invalid` if there is nothing at `source`, or none of the files could be hashed.
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from odzew.entrypoints.catalogue.work import hash_all

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("Hashing"), MofNCompleteColumn(), TimeElapsedColumn())
    with Book(path=out, resume=resume) as book:
        before = book.lines
        with _entries(source, book) as entries, Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("", total=None, completed=before)
            try:
                counts = hash_all(
                    entries=entries,
                    book=book,
                    processes=processes or os.cpu_count() or 1,
                    turned=turned,
                    done=lambda: bar.advance(task),
                )
            except KeyboardInterrupt:
                raise Stopped(f"Stopped after {book.lines} lines; go on with --resume.") from None
    _summary(counts, before, as_json=as_json)


class Stopped(OdzewError):
    """A person stopped it."""

    code = "stopped"


@contextmanager
def _entries(source: Path, book: Book) -> Iterator[Iterator[Entry]]:
    if str(source) != "-" and source.is_dir():
        yield walk(folder=os.fsencode(source), after=book.last, leave_out=book.number)
    elif str(source) == "-":
        yield listed(lines=sys.stdin.buffer, skip=book.lines, last=book.last)
    else:
        try:
            lines = source.open("rb")
        except OSError as error:
            raise Invalid(f"{source} cannot be read: {error.strerror}.") from error
        with lines:
            yield listed(lines=lines, skip=book.lines, last=book.last)


def _summary(counts: Counter[str], before: int, *, as_json: bool) -> None:
    hashed, total = counts["ok"], counts.total()
    if as_json:
        put({"files": total, "hashed": hashed, "before": before, "verdicts": dict(sorted(counts.items()))})
    else:
        others = ", ".join(f"{n} {verdict.replace('_', ' ')}" for verdict, n in sorted(counts.items()) if verdict != "ok")
        earlier = f" {before} were there before." if before else ""
        print(f"{total} files: {hashed} hashed{', ' if others else ''}{others}.{earlier}")
    if total and not hashed:
        raise Invalid("None of the files could be hashed as a picture or a video.")
