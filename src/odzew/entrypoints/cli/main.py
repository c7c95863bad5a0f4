"""The `odzew` command line: what people type, one call each, and errors as one sentence."""

from __future__ import annotations

import sys

import typer

from odzew.entrypoints.cli.bank import register as register_bank
from odzew.entrypoints.cli.bench import bench
from odzew.entrypoints.cli.enrol import register as register_enrol
from odzew.entrypoints.cli.exchange import register as register_exchange
from odzew.entrypoints.cli.hash import hash_files
from odzew.entrypoints.cli.ledger import register as register_ledger
from odzew.entrypoints.cli.mail import register as register_mail
from odzew.entrypoints.cli.replay import replay
from odzew.entrypoints.cli.reveal import register as register_reveal
from odzew.entrypoints.cli.run import register as register_run
from odzew.entrypoints.cli.scan import scan
from odzew.entrypoints.cli.simulate import simulate
from odzew.entrypoints.cli.watch import register as register_watch
from odzew.entrypoints.logs import describe
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


register_run(app=app)
register_watch(app=app)
register_enrol(app=app)
register_bank(app=app)
register_exchange(app=app)
register_ledger(app=app)
register_reveal(app=app)
register_mail(app=app)
app.command()(bench)
app.command()(replay)
app.command()(simulate)
app.command(epilog="Example: odzew scan --bank NAME")(scan)
app.command("hash")(hash_files)


def main() -> None:
    """Run the command line: exit 0, 1 with one sentence (it failed), or 2 (wrong use)."""
    try:
        app()
    except OdzewError as error:
        print(f"odzew: {error.sentence}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        # Without its message, which may quote what somebody wrote.
        where = describe(error=(type(error), error, error.__traceback__))
        print(f"odzew: Something went wrong on our side; nothing more was done. Please report this: {where}", file=sys.stderr)
        sys.exit(1)
