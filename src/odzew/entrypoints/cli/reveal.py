"""`odzew reveal`: may people of this desk look at reported media at all?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from odzew.entrypoints.cli.common import Data, Json, opened, put
from odzew.foundation.errors import Invalid

ACTOR: Final = "operator"
_reveal = typer.Typer(help="Looking at reported media: off until a legal statement stands.", no_args_is_help=True)


def register(*, app: typer.Typer) -> None:
    """Put the commands on the command line."""
    app.add_typer(_reveal, name="reveal")


@_reveal.command(
    "on",
    epilog='Example: odzew reveal on --country PL --responsible "Forum, Anna N." --basis "art. ..." --confirmed-by "Kancelaria, 3 May 2026" '
    '--care "800 ..., day and night" --until 2027-05-01 --agree',
)
def _on(
    country: Annotated[str, typer.Option(help="The desk's country (ISO 3166).")],
    responsible: Annotated[str, typer.Option(help="Who is responsible for this desk.")],
    basis: Annotated[str, typer.Option(help="The law that lets its people look.")],
    confirmed_by: Annotated[str, typer.Option(help="Who read and confirmed that, and when.")],
    care: Annotated[str, typer.Option(help="The helpline for whoever looks; it is shown to them.")],
    until: Annotated[str, typer.Option(help="The last day, as 2027-05-01; within a year.")],
    agree: Annotated[bool, typer.Option("--agree", help="Every word of the statement is true.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Complete the one-page statement; without `--agree` it is printed to be read, and nothing changes."""
    from odzew.foundation.moments import utc_now

    answers = {"responsible": responsible, "basis": basis, "confirmed_by": confirmed_by, "care": care}
    try:
        end = datetime.strptime(until, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise Invalid("--until is a day, as 2027-05-01.") from None
    with opened(data=data) as at:
        from odzew.exposures.permits import page
        from odzew.usecases.allow_looking import allow_looking

        if not as_json:
            print(page(language=at.desk.language, country=country, answers=answers, until=end))
        permit = allow_looking(country=country, answers=answers, until=end, agreed=agree, actor=ACTOR, desk=at.desk, now=utc_now())
    if as_json:
        put({"country": permit.country, "version": permit.version, "until": permit.until})
        return
    print(f"\nLooking is on: statement {permit.version} of {permit.country}. `odzew reveal off` ends it at once.")


@_reveal.command("off", epilog="Example: odzew reveal off")
def _off(data: Data = None) -> None:
    """End the statement at once: nobody is shown anything from now on."""
    from odzew.foundation.moments import utc_now

    with opened(data=data) as at:
        from odzew.usecases.allow_looking import end_looking

        end_looking(country=at.desk.country, actor=ACTOR, now=utc_now())
    print("Looking is off.")


@_reveal.command("status", epilog="Example: odzew reveal status --json")
def _status(data: Data = None, as_json: Json = False) -> None:
    """Say whether people may look, and what of the last 30 days' copies nobody had to see."""
    from odzew.foundation.moments import utc_now

    now = utc_now()
    with opened(data=data) as at:
        from odzew.exposures.media import figures
        from odzew.exposures.permits import standing

        permit = standing(country=at.desk.country, now=now)
        found = figures(since=now - timedelta(days=30), until=now)
    if as_json:
        until = permit.until if permit else None
        put({"on": permit is not None, "until": until, "views": found.used, "copies": found.copies, "avoided": found.avoided})
        return
    print(f"Looking is on until {permit.until:%Y-%m-%d}." if permit else "Looking is off.")
    print(f"In 30 days: {found.used} views; of {found.copies} copies decided, {found.avoided} were seen by nobody.")
