"""`odzew exchange`: services that share lists of known hashes, or are asked about hashes."""

from __future__ import annotations

import os
import stat
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from odzew.entrypoints.cli.bank_files import ACTOR, bar
from odzew.entrypoints.cli.common import Data, Json, opened, put
from odzew.foundation.errors import Invalid

if TYPE_CHECKING:
    from odzew.exchanges.data import ExchangeView
    from odzew.usecases.fetch_exchange import Fetched

_exchange = typer.Typer(help="Services that share lists of known hashes, or are asked about hashes.", no_args_is_help=True)
_LONGEST: Final = 16_384
_TO_THE_END: Final = 1_000_000  # pages

Name = Annotated[str, typer.Argument(help="The exchange's name.")]


def register(*, app: typer.Typer) -> None:
    """Put the commands on the command line."""
    from odzew.entrypoints.cli.exchange_ask import register as register_ask

    register_ask(group=_exchange)
    app.add_typer(_exchange, name="exchange")


@_exchange.command(
    "add", epilog="Example: odzew exchange add ncmec --form ncmec --environment npo --bank ncmec --credentials ncmec.txt"
)
def _add(
    name: Name,
    form: Annotated[str, typer.Option(help="ncmec, stopncii, threatexchange, or arachnid.")],
    bank: Annotated[str, typer.Option(help="The bank it feeds, its own; made if it is not there.")],
    credentials: Annotated[
        str, typer.Option(help="A file that only you can read, with lines like user=..., password=...; `-` for standard input.")
    ] = "-",
    environment: Annotated[str, typer.Option(help="Which of the service's lists; see docs/exchanges.md.")] = "",
    base: Annotated[str, typer.Option(help="An address of your own instead, a mirror say.")] = "",
    allow_private: Annotated[bool, typer.Option("--allow-private", help="The address may be private or on this machine.")] = False,
    setting: Annotated[list[str] | None, typer.Option(help="What the form needs besides, as privacy_group=NUMBER.")] = None,
    every: Annotated[int, typer.Option(min=10, max=1440, help="Minutes between fetches.")] = 60,
    stale: Annotated[int, typer.Option(min=1, max=720, help="Hours without a whole fetch until an alarm rings.")] = 24,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Enrol a service; the worker fetches its list from now on. Its credentials are never words of the command."""
    from odzew.foundation.moments import utc_now

    secrets = _pairs(_read_credentials(credentials).splitlines(), "credential")
    with opened(data=data) as at:
        from odzew.usecases.enrol_exchange import Wanted, enrol_exchange

        wanted = Wanted(
            name=name,
            form=form,
            bank=bank,
            environment=environment,
            base=base,
            allow_private=allow_private,
            settings=_pairs(setting or [], "setting"),
            secrets=secrets,
            every=timedelta(minutes=every),
            stale_after=timedelta(hours=stale),
        )
        new = enrol_exchange(wanted=wanted, desk=at.desk, actor=ACTOR, now=utc_now())
    put(_told(new)) if as_json else print(
        f"The exchange {name} is enrolled at {new.base}. The worker uses it; see: odzew exchange list"
    )


def _read_credentials(source: str) -> str:
    """Return the words of a file that nobody else can read, or of standard input."""
    try:
        if source == "-":
            text = sys.stdin.buffer.read(_LONGEST + 1)
        else:
            with Path(source).open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                if mode & 0o077:
                    raise Invalid(f"The file {source} can be read by other users (mode {mode:o}); run: chmod 600 {source}")
                text = file.read(_LONGEST + 1)
        if len(text) > _LONGEST:
            raise Invalid("The credentials are too long.")
        return text.decode("utf-8-sig")
    except OSError as error:
        raise Invalid(f"The file {source} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise Invalid("The credentials are not UTF-8 text.") from error


def _pairs(lines: list[str], what: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        if not line.strip():
            continue
        name, equals, value = line.partition("=")
        if not equals or name.strip() in found:
            raise Invalid(f"A {what} is one line name=value, and each is named once.")
        found[name.strip()] = value.strip()
    return found


@_exchange.command("list", epilog="Example: odzew exchange list --json")
def _list(data: Data = None, as_json: Json = False) -> None:
    """List the exchanges: when each was last fetched whole, what is left out, what went wrong."""
    with opened(data=data):
        from odzew.banks.api import banks
        from odzew.exchanges.progress import stretches
        from odzew.exchanges.register import exchanges

        names = {b.id: b.name for b in banks()}
        found = [(e, [s for s in stretches(exchange=e) if s.gap]) for e in exchanges()]
    if as_json:
        gaps = [[{"since": g.since, "until": g.until, "why": g.why, "tries": g.tries} for g in left] for _, left in found]
        put([{**_told(e), "bank": names.get(e.bank, ""), "gaps": g} for (e, _), g in zip(found, gaps, strict=True)])
        return
    for e, left in found:
        print(_line(e, names.get(e.bank, "")))
        for gap in left:
            until = f" until {gap.until:%Y-%m-%d %H:%M}" if gap.until else " on"
            print(f"  not read: what changed from {gap.since:%Y-%m-%d %H:%M}{until} UTC ({gap.why}), tried again at every fetch")
        if e.malformed:
            print(f"  {e.malformed} records could not be used; the last of them: {', '.join(e.bad_ids)}")
        if e.unusable:
            print("  not matched here: " + ", ".join(f"{n} {kind}" for kind, n in sorted(e.unusable.items())))
    if not found:
        print("There is no exchange. Enrol one: odzew exchange add NAME --form ncmec --bank NAME")


def _line(e: ExchangeView, bank: str) -> str:
    whole = f"whole as of {e.complete_at:%Y-%m-%d %H:%M} UTC" if e.complete_at else "never fetched whole"
    trouble = f"; {e.fault}{f' ({e.fault_status})' if e.fault_status else ''}" if e.fault else ""
    return f"{e.name}: {e.form} {e.base} into {bank}, {e.state}, {whole}, {e.added} added, {e.withdrawn} withdrawn{trouble}"


def _told(e: ExchangeView) -> dict[str, Any]:
    return {
        "exchange": e.name,
        "form": e.form,
        "base": e.base,
        "state": e.state,
        "complete_at": e.complete_at,
        "next_at": e.next_at,
        "fault": e.fault,
        "status": e.fault_status,
        "added": e.added,
        "changed": e.changed,
        "withdrawn": e.withdrawn,
        "malformed": e.malformed,
        "bad_ids": e.bad_ids,
        "unusable": dict(e.unusable),
    }


@_exchange.command("fetch", epilog="Example: odzew exchange fetch ncmec")
def _fetch(
    name: Name,
    shrink: Annotated[
        bool, typer.Option("--shrink", help="A list that was read as a whole may end more than half of a large one.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Fetch a list now. Stopped and repeated, it goes on where it was. Exit code 1 if something was left out."""
    from odzew.foundation.moments import utc_now
    from odzew.foundation.outgoing import Http

    with opened(data=data) as at:
        from odzew.usecases.fetch_exchange import fetch_exchange

        with bar(f"fetching {name}", None) as (progress, _say):

            def read(view: ExchangeView) -> None:
                progress(view.added + view.changed + view.withdrawn)

            done = fetch_exchange(
                name=name, desk=at.desk, out=Http(), clock=utc_now, actor=ACTOR, most=_TO_THE_END, shrink=shrink, progress=read
            )
    if done is None:
        return
    if as_json:
        put({**_told(done.exchange), "pages": done.pages, "complete": done.complete, "gaps": done.gaps, "fault": done.fault})
    else:
        _say_fetched(name, done)
    if not done.complete:
        print(f"odzew: The list is not whole: {done.fault}. What could be read is stored; it is tried again.", file=sys.stderr)
        raise typer.Exit(1)


def _say_fetched(name: str, done: Fetched) -> None:
    e = done.exchange
    print(
        f"{name}: {done.pages} pages; since it was enrolled {e.added} hashes added, {e.changed} changed, {e.withdrawn} withdrawn."
    )


@_exchange.command("pause", epilog="Example: odzew exchange pause ncmec")
def _pause(name: Name, data: Data = None) -> None:
    """Stop using a service; what it brought stays and matches, and what it withdraws meanwhile is not heard."""
    from odzew.foundation.moments import utc_now

    with opened(data=data):
        from odzew.usecases.enrol_exchange import pause_exchange

        pause_exchange(name=name, actor=ACTOR, now=utc_now())
    print(f"{name} is paused; `odzew check` says so until it is resumed.")


@_exchange.command("resume", epilog="Example: odzew exchange resume ncmec")
def _resume(name: Name, data: Data = None) -> None:
    """Use a paused service again, at once."""
    from odzew.foundation.moments import utc_now

    with opened(data=data):
        from odzew.usecases.enrol_exchange import resume_exchange

        resume_exchange(name=name, actor=ACTOR, now=utc_now())
    print(f"{name} runs again.")


@_exchange.command("remove", epilog="Example: odzew exchange remove ncmec")
def _remove(
    name: Name,
    keep: Annotated[bool, typer.Option("--keep", help="Keep what it brought; nobody hears of withdrawals any more.")] = False,
    data: Data = None,
) -> None:
    """Let a service go, its credentials and, unless you keep them, the entries that it brought."""
    from odzew.foundation.moments import utc_now

    with opened(data=data):
        from odzew.usecases.enrol_exchange import remove_exchange

        gone = remove_exchange(name=name, keep=keep, actor=ACTOR, now=utc_now())
    print(f"{name} is gone; {gone} of its hashes were withdrawn.")
