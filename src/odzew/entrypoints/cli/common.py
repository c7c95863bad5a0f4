"""What the commands share: `--data`, `--json`, and the desk they act on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odzew.foundation.settings import Settings

if TYPE_CHECKING:
    from odzew.usecases.desk import Desk

Data = Annotated[Path | None, typer.Option(help="The data folder (ODZEW_DATA).", file_okay=False)]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout, and nothing else.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A desk that a command acts on."""

    chosen: Settings
    desk: Desk


def adopted(*, data: Path | None) -> Settings:
    """Return the settings of a command; on a demo's folder those of the demo."""
    from odzew.entrypoints import demo_folder, logs, runtime

    chosen = runtime.adopt(data=data)
    if demo_folder.is_demo(data=chosen.data):
        os.environ["ODZEW_DEMO"] = "true"
        chosen = runtime.adopt()
    logs.configure(level=chosen.log_level)
    return chosen


@contextmanager
def opened(*, data: Path | None) -> Iterator[Opened]:
    """Give a command its desk: the database that runs, else the embedded one for as long as the command takes.

    Raises `Unsafe` if the key is not the database's own.
    """
    from odzew.entrypoints import runtime
    from odzew.entrypoints.checks import check_key
    from odzew.foundation.moments import utc_now

    chosen = adopted(data=data)
    with runtime.database(chosen=chosen):
        runtime.start_django()
        runtime.migrate()
        check_key(chosen=chosen)
        yield Opened(chosen=chosen, desk=runtime.make_desk(chosen=chosen).current(now=utc_now()))


def put(value: Any) -> None:
    """Print one JSON value."""
    print(json.dumps(value, ensure_ascii=False, default=str))
