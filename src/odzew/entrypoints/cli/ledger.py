"""`odzew ledger`: proving the record."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from odzew.foundation.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from odzew.usecases.verify_record import Verified

_group = typer.Typer(help="The record of every act, which cannot be rewritten unnoticed.", no_args_is_help=True)


def register(*, app: typer.Typer) -> None:
    """Put the commands on the command line."""
    app.add_typer(_group, name="ledger")


@_group.callback()
def _ledger() -> None:
    """Keep `verify` a word of its own."""


@_group.command("verify", epilog="Example: odzew ledger verify --export record.jsonl --checkpoint receipt-note.txt")
def _verify(
    export: Annotated[
        Path | None, typer.Option(help="Write the record to this file, with the script that checks it beside it.")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A file with an older checkpoint (from a receipt or a witness) that the record must extend."),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The data folder (ODZEW_DATA).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of sentences.")] = False,
) -> None:
    """Prove the record whole: every event, the tree over them, every signed checkpoint. Exit 1 and a sentence per finding if not."""
    older = [_read(path) for path in checkpoint or []]
    found = _run(export=export, older=older, data=data)
    print(json.dumps(_plain(found, export)) if as_json else _told(found, export))
    raise typer.Exit(0 if found.ok else 1)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"The checkpoint {path} cannot be read: {error}.") from error


def _run(*, export: Path | None, older: list[str], data: Path | None) -> Verified:
    from odzew.entrypoints.runtime import adopt, database, make_desk, migrate, start_django
    from odzew.foundation.moments import utc_now

    chosen = adopt(data=data)
    with database(chosen=chosen):
        start_django()
        migrate()
        from odzew.usecases.verify_record import verify_record

        desk = make_desk(chosen=chosen)
        with _bar() as progress:
            if export is None:
                return verify_record(desk=desk, now=utc_now(), older=older, progress=progress)
            return _exported(export, lambda out: verify_record(desk=desk, now=utc_now(), older=older, out=out, progress=progress))


def _exported(path: Path, verify: Callable[..., Verified]) -> Verified:
    """Write to a file beside the one that was asked for and move it there when it is whole."""
    from odzew.ledger.export import VERIFIER_SCRIPT

    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as out:
            found = verify(out)
        partial.replace(path)
        script = path.with_name(VERIFIER_SCRIPT.name)
        script.write_bytes(VERIFIER_SCRIPT.read_bytes())
    except OSError as error:
        raise Invalid(f"The export cannot be written to {path}: {error}.") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return found


@contextmanager
def _bar() -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("proving the record"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("events", total=None)
        yield lambda done: bar.update(task, completed=done)


def _plain(found: Verified, export: Path | None) -> dict[str, object]:
    return {
        "ok": found.ok,
        "events": found.events,
        "checkpoints": found.checkpoints,
        "root": found.root,
        "key": found.key,
        "checkpoint": found.note,
        "witnessed": found.witnessed,
        "findings": [{"kind": f.kind.value, "sentence": f.sentence, "seq": f.seq, "size": f.size} for f in found.findings],
        "export": str(export) if export else None,
    }


def _told(found: Verified, export: Path | None) -> str:
    lines = [f"FOUND: {finding.sentence}" for finding in found.findings]
    if found.ok:
        lines.append(f"GOOD: {found.events} events and {found.checkpoints} signed checkpoints agree.")
    else:
        lines.append(f"NOT GOOD: {len(found.findings)} finding(s) in {found.events} events and {found.checkpoints} checkpoints.")
    lines.append(f"Key: {found.key}")
    if not found.witnessed:
        lines.append(
            "Unwitnessed: no outsider took a checkpoint in the last two days, so only whoever holds an older one (in a receipt, say) "
            "can prove that the whole record was rewritten. Set ODZEW_WITNESS_URL."
        )
    if export:
        lines.append(f"Exported to {export}; check it anywhere with: python3 -I -S verify_export.py {export.name}")
    return "\n".join(lines)
