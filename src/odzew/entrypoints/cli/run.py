"""`odzew demo`, `up`, `serve` and `worker`: what runs until it is stopped."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from odzew.entrypoints.cli.common import Data


def register(*, app: typer.Typer) -> None:
    """Put the commands on the command line."""
    app.command("demo", epilog="Example: odzew demo --port 8400 --data ./demo")(_demo)
    app.command("up", epilog="Example: ODZEW_PUBLIC_URL=https://desk.example.org odzew up")(_up)
    app.command("serve", epilog="Example: ODZEW_PORT=8400 odzew serve")(_serve)
    app.command("worker", epilog="Example: ODZEW_DATABASE_URL=postgresql://odzew@db.example.org/odzew odzew worker")(_worker)


def _demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The desk's port on this machine; 0 takes a free one.")] = 8400,
    data: Data = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew: empties the folder, if it is a demo's.")] = False,
    clock: Annotated[int, typer.Option(help="Seconds after which an unwatched report hides its item.", metavar="SECONDS")] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line when ready, and nothing else.")] = False,
) -> None:
    """Run a whole desk with pretend people and a pretend platform, on this machine only, until Ctrl-C."""
    from odzew.entrypoints import demo

    demo.run(port=port, data=data, fresh=fresh, clock=clock, as_json=as_json)


def _up(data: Data = None) -> None:
    """Run everything on this machine: the database, the web, the worker, the milter if one is set. Refuses to start if that is not safe."""
    _run("web", "worker", data=data)


def _serve(data: Data = None) -> None:
    """Run the web alone; a worker must run somewhere. Refuses to start if that is not safe."""
    _run("web", data=data)


def _worker(data: Data = None) -> None:
    """Run the worker alone: clocks, deliveries, the record. Any number may run. Refuses to start if that is not safe."""
    _run("worker", data=data)


def _run(*names: str, data: Path | None) -> None:
    from odzew.entrypoints import logs, runtime
    from odzew.entrypoints.checks import check_database, check_surroundings, refuse
    from odzew.entrypoints.household import Child, Database, Household, stopped_by_signals
    from odzew.foundation.moments import utc_now

    chosen = runtime.adopt(data=data)
    logs.configure(level=chosen.log_level)
    refuse(findings=check_surroundings(chosen=chosen))
    runtime.make_folder(chosen=chosen)
    with stopped_by_signals():
        household = Household(database=Database(chosen=chosen, alone=len(names) > 1))
        try:
            runtime.start_django()
            runtime.migrate()
            refuse(findings=check_database(chosen=chosen, now=utc_now()))
            runtime.close_connections()
            for name in names:
                household.start(child=Child(name=name, module=f"odzew.entrypoints.{name}"))
            if chosen.mail_milter and len(names) > 1:
                household.start(child=Child(name="milter", module="odzew.entrypoints.mail.milter"))
            if "web" in names:
                print(f"The desk is at {chosen.base_url}; Ctrl-C stops it.", file=sys.stderr, flush=True)
            household.live()
        finally:
            household.stop()
