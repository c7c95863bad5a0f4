"""A table of figures: as rows of a page, and as a file of comma-separated values that no spreadsheet takes for a program."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse

Cell = str | int | float | None
# What a spreadsheet may run when a cell begins with it (OWASP, CSV Injection).
_RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`columns` and `rows` are what programs read, and never change their names; `heads` and `lines` are the same in a person's words."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    heads: tuple[str, ...]
    lines: Sequence[tuple[str, ...]]


def safe(cell: Cell) -> str:
    """Return a cell as text: a number as it is, words so that nothing in them runs, nothing as nothing."""
    if cell is None:
        return ""
    if isinstance(cell, int | float):
        return f"{cell:.0f}" if isinstance(cell, float) and cell == int(cell) else str(cell)
    words = cell.replace("\x00", "")
    return f"'{words}" if words.lstrip(" \u00a0").startswith(_RUNS) or words.startswith(_RUNS) else words


def as_file(*, table: Table, days: int) -> HttpResponse:
    """Return a table as a file (RFC 4180, UTF-8); its name is made of our own words alone."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([[safe(cell) for cell in row] for row in table.rows])
    answer = HttpResponse(out.getvalue().encode(), content_type="text/csv; charset=utf-8; header=present")
    answer.headers["Content-Disposition"] = f'attachment; filename="odzew-{table.name}-{days:d}-days.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
