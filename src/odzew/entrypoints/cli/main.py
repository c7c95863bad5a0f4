"""The `odzew` command line: what people type, one call each, and errors as one sentence."""

from __future__ import annotations

import sys

import typer

from odzew.entrypoints.cli.bench import bench
from odzew.entrypoints.cli.ledger import register as register_ledger
from odzew.foundation.errors import OdzewError

app = typer.Typer(
    name="odzew",
    help="A desk where a report of child sexual exploitation or intimate-image abuse does not rest until it is answered.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _root() -> None:
    """Take the words of the command line."""


app.command()(bench)
register_ledger(app=app)


def main() -> None:
    """Run the command line: exit 0, 1 with one sentence (it failed), or 2 (wrong use)."""
    try:
        app()
    except OdzewError as error:
        print(f"odzew: {error.sentence}", file=sys.stderr)
        sys.exit(1)
