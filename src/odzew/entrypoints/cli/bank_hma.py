"""`odzew bank import-hma`: the banks of a Hasher-Matcher-Actioner, from its database or from a file that was written there."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from odzew.entrypoints.cli.bank_files import ACTOR, bar
from odzew.entrypoints.cli.common import Data, Json, opened, put
from odzew.foundation.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from odzew.banks.hma import Row
    from odzew.usecases.import_hma import BankTaken

URL: Final = "HMA_DATABASE_URL"
_AT_ONCE: Final = 5_000


def register(*, group: typer.Typer) -> None:
    """Put the command into the group `odzew bank`."""
    group.command("import-hma", epilog="Example: odzew bank import-hma hma.csv --replace")(_import_hma)


def _import_hma(
    file: Annotated[Path | None, typer.Argument(help="A CSV file of its rows; without one its database is read.")] = None,
    url_file: Annotated[
        Path | None, typer.Option(help=f"A file that holds the address of its database; else it is in {URL}.", dir_okay=False)
    ] = None,
    only: Annotated[list[str] | None, typer.Option("--bank", help="Only this bank; several times for more.")] = None,
    opinion: Annotated[
        Literal["confirmed", "seed", "negative"], typer.Option(help="What a bank that is made here says of its entries.")
    ] = "confirmed",
    replace: Annotated[bool, typer.Option("--replace", help="Withdraw what a bank does not hold there any more.")] = False,
    shrink: Annotated[bool, typer.Option("--shrink", help="With --replace: also more than half of a large bank.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Take in the banks of a Hasher-Matcher-Actioner. Stopped and repeated, it goes on where it was.

    Nothing is written there. Each bank keeps its name; disabled contents stay out. What cannot be used is counted by its type.
    """
    from odzew.foundation.moments import utc_now

    url = None if file else _url(url_file)
    with opened(data=data) as at, bar("importing", None) as (progress, say):
        from odzew.usecases.import_hma import import_hma

        count = iter(range(1, 1_000_000))
        with _rows_of_file(file) if file else _rows_of_database(url or "") as rows:
            taken = import_hma(
                rows=rows, folder=at.chosen.data / "hma", opinion=opinion, replace_all=replace, shrink=shrink,
                only=frozenset(only) if only else None, actor=ACTOR, clock=utc_now,
                wrong=lambda bank, line: say(f"{bank}: entry {line.number} {line.wrong}."),
                progress=lambda _bank: progress(next(count)),
            )  # fmt: skip
    _tell(taken, only or [], as_json=as_json)


def _url(path: Path | None) -> str:
    """Return the address of its database, which is never on a command line: others on the machine can read those."""
    if path is None:
        url = os.environ.get(URL, "")
    else:
        try:
            url = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(f"The file {path} cannot be read.") from error
    if not url.strip():
        raise Invalid(f"Name a CSV file, or give the address of its database in {URL} or a file named by --url-file.")
    return url.strip()


@contextmanager
def _rows_of_database(url: str) -> Iterator[Iterator[Row]]:
    """Read its database: one query of one moment, read only, row by row. No sentence repeats the address, which holds a password."""
    import psycopg

    from odzew.banks.hma import QUERY

    try:
        with psycopg.connect(url, connect_timeout=10, options="-c default_transaction_read_only=on") as line:
            line.read_only, line.isolation_level = True, psycopg.IsolationLevel.REPEATABLE_READ
            with line.cursor(name="odzew", row_factory=psycopg.rows.dict_row) as cursor:
                cursor.itersize = _AT_ONCE
                cursor.execute(QUERY)
                yield _rows(enumerate(cursor, 1), "Row")
    except psycopg.errors.UndefinedTable as error:
        raise Invalid("This is no database of a Hasher-Matcher-Actioner: its tables are not there.") from error
    except psycopg.ProgrammingError as error:
        raise Invalid("The address of its database cannot be used, or its tables are others than we know.") from error
    except psycopg.Error as error:
        raise Unavailable("Its database does not answer, or refuses: look at the address, the user and the network.") from error


@contextmanager
def _rows_of_file(path: Path) -> Iterator[Iterator[Row]]:
    """Read a CSV file with the columns of the query."""
    from odzew.banks.hma import COLUMNS

    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
                raise Invalid(f"The first line of {path} must name the columns of the query; {missing[0]} is not there.")
            yield _rows(_numbered(reader), "Line")
    except OSError as error:
        raise Invalid(f"The file {path} cannot be read: {error.strerror or error}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"The file {path} is not CSV in UTF-8.") from error


def _numbered(reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for row in reader:
        if None in row or None in row.values():
            raise Invalid(f"Line {reader.line_num} has more or fewer fields than the first line.")
        yield reader.line_num, row


def _rows(given: Iterator[tuple[int, Any]], word: str) -> Iterator[Row]:
    from odzew.banks.hma import row_of

    for number, row in given:
        try:
            yield row_of(given=row)
        except (TypeError, ValueError) as error:
            raise Invalid(f"{word} {number} cannot be used; write the file with the query of the documentation.") from error


def _tell(taken: list[BankTaken], only: list[str], *, as_json: bool) -> None:
    if as_json:
        put([_said(t) for t in taken])
    else:
        for t in taken:
            print(_line(t))
    absent = sorted(set(only) - {t.told.bank for t in taken})
    bad = sum(t.done.wrong for t in taken if t.done)
    for name in absent:
        print(f"odzew: There is no bank {name} there.", file=sys.stderr)
    if bad:
        print(f"odzew: {bad} entries could not be used; they are named above.", file=sys.stderr)
    if absent or bad or any(t.why for t in taken):
        raise typer.Exit(1)


def _said(t: BankTaken) -> dict[str, Any]:
    done = t.done
    return {
        "bank": t.told.bank,
        "made": t.made,
        "hashes": t.told.hashes,
        "added": done.added if done else 0,
        "changed": done.changed if done else 0,
        "withdrawn": done.withdrawn if done else 0,
        "bad": done.wrong if done else 0,
        "kept": done.kept if done else 0,
        "disabled": t.told.disabled,
        "not_usable": t.told.unusable,
        "resumed": bool(done and done.resumed),
        "why": t.why or None,
    }


def _line(t: BankTaken) -> str:
    if t.why:
        return f"{t.told.bank}: not imported. {t.why}"
    said = _said(t)
    words = [f"{said['hashes']} hashes: {said['added']} added, {said['changed']} changed, {said['withdrawn']} withdrawn"]
    words += [f"{said['disabled']} contents are disabled there and stay out"] if said["disabled"] else []
    words += (
        [f"not usable here: {', '.join(f'{n} {name}' for name, n in said['not_usable'].items())}"] if said["not_usable"] else []
    )
    words += [f"{said['kept']} entries stay that it does not hold any more, because others were bad"] if said["kept"] else []
    share = f"; it answers {t.told.share:.0%} of all look-ups, as there" if t.made and t.told.share < 1 else ""
    return f"{t.told.bank}: {'; '.join(words)}{share}."
