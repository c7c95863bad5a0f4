"""`odzew scan`: everything hosted is held against what the banks know."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from odzew.entrypoints.cli.common import Data, Json, opened, put


def scan(
    bank: Annotated[str | None, typer.Option(help="Only this bank; otherwise all of them.")] = None,
    afresh: Annotated[bool, typer.Option("--afresh", help="Begin again, where a scan was stopped before its end.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Search everything hosted for what the banks know; a scan that was stopped goes on where it was.

    New files and new entries are searched for by the worker all the time. This is for a list or a policy that has changed, and to be
    sure.
    """
    from rich.console import Console
    from rich.progress import Progress

    from odzew.cases.unhashed import count_unhashed
    from odzew.entrypoints.hashes import the_index
    from odzew.foundation.moments import utc_now
    from odzew.usecases.scan_hosted import scan_hosted

    with opened(data=data) as ours:
        desk, index = ours.desk, the_index()
        looked = followed = 0
        with Progress(console=Console(stderr=True), disable=as_json, transient=True) as bar:
            task = bar.add_task("looking at hosted files", total=None)
            while True:
                step = scan_hosted(bank=bank, desk=desk, index=index, now=utc_now(), afresh=afresh)
                afresh = False
                looked, followed = looked + step.looked, followed + step.followed
                bar.update(task, completed=looked, total=looked + step.left)
                if step.ended:
                    break
                index.refresh()
        states = Counter[str]()
        for (_platform, state), number in count_unhashed().items():
            states[state] += number
    waiting, given_up = states["waiting"], states["given_up"]
    if as_json:
        put({"looked_at": looked, "followed": followed, "waiting": waiting, "given_up": given_up})
    else:
        print(f"Looked at {looked} files; {followed} look like something that the desk knows.")
        if waiting or given_up:
            print(f"Without PDQ, so found by equal bytes alone: {waiting} wait to be hashed, {given_up} could not be fetched.")
