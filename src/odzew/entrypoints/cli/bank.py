"""`odzew bank`: lists of known hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from odzew.entrypoints.cli.bank_files import ACTOR, Name
from odzew.entrypoints.cli.bank_files import register as register_files
from odzew.entrypoints.cli.bank_hma import register as register_hma
from odzew.entrypoints.cli.common import Data, Json, opened, put
from odzew.foundation.errors import Invalid

if TYPE_CHECKING:
    from odzew.banks.api import Counted
    from odzew.banks.data import BankView, NewHash

_bank = typer.Typer(help="Lists of known hashes, and what follows from a match.", no_args_is_help=True)

Opinion = Annotated[
    Literal["confirmed", "seed", "negative"] | None,
    typer.Option(help="What its source thinks: confirmed blocks, seed holds for a person, negative is known to be good."),
]
Distance = Annotated[int | None, typer.Option(help="A PDQ hash matches up to so many bits, 0 to 31.")]
Source = Annotated[str | None, typer.Option(help="Where the list comes from.")]
Share = Annotated[float | None, typer.Option(help="The part of all look-ups that it answers, 0 to 1, to start carefully.")]
Types = Annotated[
    list[str] | None, typer.Option("--type", help="A hash type it holds: pdq, md5 or sha256; several times for more.")
]
Places = Annotated[
    list[str] | None, typer.Option("--jurisdiction", help="Where it holds; several times for more, `everywhere` for all.")
]
Child = Annotated[
    Literal["yes", "no", "unknown"] | None,
    typer.Option(help="Does it list child abuse material (yes), intimate images of adults (no), or does it not say?"),
]
Private = Annotated[
    bool | None,
    typer.Option("--private/--public-only", help="Use it for private messages too, where the policy lets those be checked."),
]
Floor = Annotated[int | None, typer.Option(help="An entry may match so many different files in an hour before it is quarantined,")]
Times = Annotated[float | None, typer.Option(help="or so many times what is usual for the bank, if that is more.")]


def register(*, app: typer.Typer) -> None:
    """Put the commands on the command line."""
    register_files(group=_bank)
    register_hma(group=_bank)
    app.add_typer(_bank, name="bank")


def _changes(
    *,
    opinion: str | None,
    distance: int | None,
    source: str | None,
    share: float | None,
    types: list[str] | None,
    places: list[str] | None,
    child: str | None,
    private: bool | None,
    floor: int | None,
    times: float | None,
) -> dict[str, Any]:
    """Return what was asked for, as `BankRules` names it."""
    asked = {
        "opinion": opinion,
        "distance": distance,
        "source": source,
        "enabled_share": share,
        "hash_types": frozenset(types) if types else None,
        "jurisdictions": frozenset(p for p in places if p != "everywhere") if places else None,
        "private_too": private,
        "flood_floor": floor,
        "flood_times": times,
    }
    changes = {name: value for name, value in asked.items() if value is not None}
    return changes | ({"child": {"yes": True, "no": False, "unknown": None}[child]} if child else {})


@_bank.command("add", epilog="Example: odzew bank add hotline --opinion confirmed --child yes --source 'our national hotline'")
def _add(
    name: Name,
    opinion: Opinion = None,
    distance: Distance = None,
    source: Source = None,
    share: Share = None,
    types: Types = None,
    places: Places = None,
    child: Child = None,
    private: Private = None,
    floor: Floor = None,
    times: Times = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Set up an empty bank: confirmed, distance 31, everywhere, unless you say otherwise."""
    from odzew.foundation.moments import utc_now

    changes = _changes(
        opinion=opinion, distance=distance, source=source, share=share, types=types, places=places, child=child, private=private,
        floor=floor, times=times,
    )  # fmt: skip
    with opened(data=data):
        from odzew.banks.api import BankRules
        from odzew.usecases.bank_entries import add_bank

        bank = add_bank(name=name, rules=BankRules(**changes), actor=ACTOR, now=utc_now())
    put(_told(bank)) if as_json else print(f"The bank {name} is set up. Put a list into it: odzew bank import '{name}' FILE")


@_bank.command("set", epilog="Example: odzew bank set hotline --distance 10 --share 0.1")
def _set(
    name: Name,
    opinion: Opinion = None,
    distance: Distance = None,
    source: Source = None,
    share: Share = None,
    types: Types = None,
    places: Places = None,
    child: Child = None,
    private: Private = None,
    floor: Floor = None,
    times: Times = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Change rules of a bank; what you do not name stays. At once for every look-up."""
    from odzew.foundation.moments import utc_now

    changes = _changes(
        opinion=opinion, distance=distance, source=source, share=share, types=types, places=places, child=child, private=private,
        floor=floor, times=times,
    )  # fmt: skip
    if not changes:
        raise Invalid("Say what to change; `odzew bank set --help` shows what there is.")
    with opened(data=data):
        from odzew.usecases.bank_entries import change_bank

        bank = change_bank(name=name, changes=changes, actor=ACTOR, now=utc_now())
    put(_told(bank)) if as_json else print(_line(bank))


def _told(bank: BankView) -> dict[str, Any]:
    from odzew.banks.api import rules_of
    from odzew.usecases.bank_entries import rules_said

    return {"bank": bank.name, "source": bank.source, **rules_said(rules=rules_of(bank=bank)), "enabled_share": bank.enabled_share}


def _line(bank: BankView) -> str:
    where = ", ".join(sorted(bank.jurisdictions)) or "everywhere"
    share = "" if bank.enabled_share == 1 else f", {bank.enabled_share:.0%} of all look-ups"
    return f"{bank.name}: {bank.opinion}, within {bank.distance} bits, {', '.join(sorted(bank.hash_types))}, {where}{share}"


@_bank.command("list", epilog="Example: odzew bank list")
def _list(data: Data = None, as_json: Json = False) -> None:
    """List the banks, their rules, and how many hashes each holds."""
    with opened(data=data):
        from odzew.banks.api import counted_banks

        found = counted_banks()
    if as_json:
        put([{**_told(c.bank), "hashes": c.live, "quarantined": c.quarantined, "withdrawn": c.withdrawn} for c in found])
        return
    for c in found:
        print(f"{_line(c.bank)}; {c.live} hashes" + _more(c))
    if not found:
        print("There is no bank. Only what this desk decides is found. Put a list into one: odzew bank import NAME FILE")


def _more(c: Counted) -> str:
    stopped = f", {c.quarantined} of them in quarantine" if c.quarantined else ""
    return stopped + (f"; {c.withdrawn} withdrawn" if c.withdrawn else "")


@_bank.command("withdraw", epilog="Example: odzew bank withdraw hotline --entry 1204")
def _withdraw(
    name: Name,
    hashes: Annotated[list[str] | None, typer.Argument(metavar="HASH...", help="Hashes in hexadecimal digits.")] = None,
    entry: Annotated[list[int] | None, typer.Option(help="The number of an entry; several times for more.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Withdraw entries of a bank: they match nothing from now on. What a decision put there, only a decision takes back."""
    from odzew.foundation.moments import utc_now

    given = _given(hashes or [])
    if not given and not entry:
        raise Invalid("Say which: hashes, or numbers of entries with --entry.")
    with opened(data=data):
        from odzew.usecases.bank_entries import withdraw_entries

        gone = withdraw_entries(bank=name, hashes=given, ids=entry or [], actor=ACTOR, now=utc_now())
    put({"bank": name, "withdrawn": list(gone)}) if as_json else print(f"{len(gone)} entries of {name} are withdrawn.")


def _given(hashes: list[str]) -> list[NewHash]:
    from odzew.banks.data import NewHash, types_of
    from odzew.banks.files import read_hash

    given = []
    for text in hashes:
        try:
            value = read_hash(text=text)
        except ValueError as error:
            raise Invalid(f"{text[:80]!r} {error}.") from error
        given += [NewHash(type=t, value=value) for t in types_of(value=value)]
    return given


@_bank.command("release", epilog="Example: odzew bank release hotline 1204")
def _release(
    name: Name,
    entries: Annotated[list[int] | None, typer.Argument(metavar="ENTRY...", help="Numbers of entries; none: show them.")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Let entries out of quarantine: you looked, and they are right. Without numbers, show what is in quarantine."""
    from odzew.foundation.moments import utc_now

    with opened(data=data):
        from odzew.banks.api import bank_named, quarantined
        from odzew.usecases.bank_entries import release_entries

        if not entries:
            found = quarantined(bank=bank_named(name=name))
            if as_json:
                put([{"entry": e.id, "type": e.type, "hash": e.value.hex(), "since": e.quarantined_at} for e in found])
                return
            for e in found:
                print(f"{e.id}  {e.type}  {e.value.hex()}  since {e.quarantined_at:%Y-%m-%d %H:%M} UTC")
            if not found:
                print(f"Nothing in {name} is in quarantine.")
            return
        out = release_entries(bank=name, ids=entries, actor=ACTOR, now=utc_now())
    put({"bank": name, "released": list(out)}) if as_json else print(f"{len(out)} entries of {name} match in full again.")
