"""`odzew exchange ask`: a service is asked about pictures of open child-safety cases."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from odzew.entrypoints.cli.bank_files import ACTOR
from odzew.entrypoints.cli.common import Data, Json, opened, put


def register(*, group: typer.Typer) -> None:
    """Put the command into the group `odzew exchange`."""
    group.command("ask", epilog="Example: odzew exchange ask arachnid")(_ask)


def _ask(
    name: Annotated[str, typer.Argument(help="The exchange's name.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Ask a service now about hashes of public items under open child-safety cases, if the policy's leaving.exchanges names it."""
    from odzew.foundation.moments import utc_now
    from odzew.foundation.outgoing import Http

    asked = known = 0
    fault, more = "", True
    with opened(data=data) as at:
        from odzew.usecases.ask_exchange import ask_exchange

        while more:
            done = ask_exchange(name=name, desk=at.desk, out=Http(), clock=utc_now, actor=ACTOR)
            if done is None:
                break
            asked, known, fault, more = asked + done.asked, known + done.known, done.fault, done.more
    if as_json:
        put({"exchange": name, "asked": asked, "known": known, "fault": fault})
    else:
        print(f"{name} was asked about {asked} hashes and knows {known} of them.")
    if fault:
        print(f"odzew: The service did not answer: {fault}. It is asked again later.", file=sys.stderr)
        raise typer.Exit(1)
