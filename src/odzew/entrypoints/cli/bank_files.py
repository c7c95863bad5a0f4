"""`odzew bank import`, `match` and `export`: lists as files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TextIO

import typer

from odzew.entrypoints.cli.common import Data, Json, opened, put
from odzew.foundation.errors import Invalid

if TYPE_CHECKING:
    from odzew.banks.files import Line

ACTOR: Final = "operator"
_NAMED_BAD: Final = 1000  # lines that --json names; stderr names all

Name = Annotated[str, typer.Argument(help="The bank's name.")]


def register(*, group: typer.Typer) -> None:
    """Put the commands into the group `odzew bank`."""
    group.command("import", epilog="Example: odzew bank import hotline list.csv --replace")(_import)
    group.command("match", epilog="Example: odzew bank match hotline hashes.txt --json")(_match)
    group.command("export", epilog="Example: odzew bank export ours ours.csv")(_export)


def _import(
    name: Name,
    file: Annotated[Path, typer.Argument(help="CSV with the columns hash and hash_type, or JSON lines.")],
    replace: Annotated[bool, typer.Option("--replace", help="The list is whole: withdraw what it does not name.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Lines that cannot be used are no failure (exit 0).")] = False,
    shrink: Annotated[bool, typer.Option("--shrink", help="With --replace: withdraw also more than half of a large bank.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Put a list into a bank, making it if need be. Stopped and repeated, it goes on where it was.

    Lines that can be used are stored; every other one is named on stderr, and the exit code is 1.
    """
    from odzew.foundation.moments import utc_now

    bad: list[dict[str, Any]] = []
    with opened(data=data):
        from odzew.usecases.import_bank import import_bank

        size = file.stat().st_size if file.is_file() else None
        with bar(f"importing {file.name}", size) as (progress, say):

            def wrong(line: Line) -> None:
                say(f"{file.name}: line {line.number} {line.wrong}.")
                if len(bad) < _NAMED_BAD:
                    bad.append({"line": line.number, "why": line.wrong})

            done = import_bank(
                name=name, path=file, replace_all=replace, skip_bad=skip_bad, shrink=shrink, actor=ACTOR, clock=utc_now, wrong=wrong,
                progress=progress,
            )  # fmt: skip
    counts = {"added": done.added, "changed": done.changed, "withdrawn": done.withdrawn, "lines": done.lines, "bad": done.wrong}
    if as_json:
        put({"bank": name, **counts, "kept": done.kept, "resumed": done.resumed, "bad_lines": bad})
    else:
        gone_on = "It went on where it had stopped. " if done.resumed else ""
        print(f"{gone_on}{done.lines} lines: {done.added} hashes added, {done.changed} changed, {done.withdrawn} withdrawn.")
        if done.kept:
            print(f"Nothing else was withdrawn, because lines were bad: {done.kept} entries that the list does not name stay.")
    if done.wrong and not skip_bad:
        print(f"odzew: {done.wrong} lines could not be used; they are named above.", file=sys.stderr)
        raise typer.Exit(1)


def _match(
    name: Name,
    file: Annotated[Path, typer.Argument(help="One hash a line, in hexadecimal digits.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Print every pair of these hashes and the bank's within its distance. Exact; nothing follows from it."""
    from odzew.foundation.moments import utc_now

    with opened(data=data) as at:
        from odzew.banks.api import bank_named
        from odzew.banks.search import pairs
        from odzew.matching.api import Index

        values, bad = _read_hashes(file)
        bank = bank_named(name=name)
        index = Index(folder=at.chosen.data / "index", clock=utc_now)
        with bar(f"looking in {name}", len(values)) as (progress, _say):
            count = 0
            for found in pairs(index=index, bank=bank, values=values, progress=progress):
                for p in found:
                    _put_pair(p.query.hex(), p.entry.hex(), p.distance, as_json=as_json, first=count == 0)
                    count += 1
    if as_json:
        print("]" if count else "[]")
    if bad:
        print(f"odzew: {bad} lines are no hashes; they are named above.", file=sys.stderr)
        raise typer.Exit(1)


def _put_pair(query: str, entry: str, distance: int, *, as_json: bool, first: bool) -> None:
    if not as_json:
        print(f"{query} {entry} {distance}")
        return
    start = "[" if first else ",\n"
    print(f'{start}{{"query": "{query}", "entry": "{entry}", "distance": {distance}}}', end="")


def _read_hashes(file: Path) -> tuple[list[bytes], int]:
    """Return the hashes of a file and how many lines are none; those are named on stderr."""
    from odzew.banks.files import read_hash

    values, bad = [], 0
    try:
        with file.open(encoding="utf-8-sig", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    values.append(read_hash(text=line))
                except ValueError as error:
                    bad += 1
                    print(f"{file.name}: line {number} {error}.", file=sys.stderr)
    except OSError as error:
        raise Invalid(f"The file {file} cannot be read: {error.strerror or error}.") from error
    return values, bad


def _export(
    name: Name,
    file: Annotated[Path, typer.Argument(help="Where to: .jsonl for JSON lines, else CSV.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write a bank to a file, if the policy's leaving.banks names it. Hashes made in the fast way are never written."""
    from odzew.foundation.moments import utc_now

    with opened(data=data) as at:
        from odzew.usecases.export_bank import export_bank

        with _written(file) as out, bar(f"exporting {name}", None) as (progress, _say):
            form: Literal["csv", "jsonl"] = "jsonl" if file.suffix.lower() in (".jsonl", ".ndjson", ".json") else "csv"
            done = export_bank(name=name, out=out, form=form, actor=ACTOR, desk=at.desk, clock=utc_now, progress=progress)
    if as_json:
        put({"bank": name, "file": str(file), "written": done.written, "kept_back": done.kept_back})
        return
    kept = f"; {done.kept_back} stayed back (made in the fast way, or in quarantine)" if done.kept_back else ""
    print(f"{done.written} hashes are in {file}{kept}.")


@contextmanager
def _written(path: Path) -> Iterator[TextIO]:
    """Write beside the file that was asked for, readable by its owner alone, and move it there when it is whole."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        partial.replace(path)
    except OSError as error:
        raise Invalid(f"The list cannot be written to {path}: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


@contextmanager
def bar(words: str, total: int | None) -> Iterator[tuple[Callable[[int], None], Callable[[str], None]]]:
    """Show how far something is on stderr; give a function to tell it, and one that says a line above it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(words, total=total)
        say: Callable[[str], None] = console.print if sys.stderr.isatty() else _say
        yield (lambda done: bar.update(task, completed=done)), say


def _say(line: str) -> None:
    print(line, file=sys.stderr)
