"""`odzew mail`: reports that come by mail."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer

from odzew.entrypoints.cli.common import Data, Json, opened, put
from odzew.foundation.errors import NotFound, Unavailable, Unsafe

_mail = typer.Typer(help="Reports that come by mail: words and links only.", no_args_is_help=True)


def register(*, app: typer.Typer) -> None:
    """Put the commands on the command line."""
    app.add_typer(_mail, name="mail")


@_mail.command("fetch", epilog="Example: odzew mail fetch")
def _fetch(data: Data = None, as_json: Json = False) -> None:
    """Fetch the mailbox of the settings once; the worker does so each minute. Each mail becomes a notice and is deleted."""
    from odzew.entrypoints.mail import mailbox

    with opened(data=data) as at:
        from odzew.entrypoints.mail.visit import visit

        if not at.chosen.mail_imap_url:
            raise Unsafe("Set ODZEW_MAIL_IMAP_URL: no mailbox is named.")
        try:
            done = visit(chosen=at.chosen, desk=at.desk)
        except mailbox.Failure as error:
            raise Unavailable(f"The mailbox could not be read ({type(error).__name__}); what is in it stays there.") from error
    if as_json:
        put({"taken": done.taken, "failed": done.failed, "whole": done.whole})
    else:
        print(f"{done.taken} mails became notices; {done.failed} could not be read and stay in the mailbox.")
    if done.failed:
        raise typer.Exit(1)


@_mail.command("milter", epilog="Example: ODZEW_MAIL_MILTER=127.0.0.1:8893 odzew mail milter")
def _milter(data: Data = None) -> None:
    """Listen for the mail server of this machine until stopped; `odzew up` does so by itself where the setting is given."""
    with opened(data=data) as at:
        from odzew.entrypoints.mail.milter import run

        run(chosen=at.chosen)


@_mail.command("trust", epilog="Example: odzew mail trust 019aabbc-0000-7000-8000-000000000000 reports@hotline.example")
def _trust(
    number: Annotated[str, typer.Argument(help="The number of a key of a hotline, flagger or authority (`odzew key list`).")],
    address: Annotated[str, typer.Argument(help="The address they write from; an empty one ends it.")],
    data: Data = None,
) -> None:
    """Let mail from an address be notices of an enrolled source, where your mail server says that it is theirs."""
    from odzew.foundation.moments import utc_now

    now = utc_now()
    with opened(data=data) as at:
        from odzew.usecases.trust_mail import trust_mail

        try:
            program = uuid.UUID(number)
        except ValueError:
            raise NotFound("That is no number of a key; see `odzew key list`.") from None
        since = trust_mail(program=program, address=address, desk=at.desk, now=now)
        heard = bool(at.chosen.mail_authserv)
    if since is None:
        print("Mail is no longer taken as theirs.")
        return
    print("Mail from this address is taken as theirs" + (f" from {since:%Y-%m-%d %H:%M} UTC on." if since > now else "."))
    if not heard:
        print("ODZEW_MAIL_AUTHSERV is not set: until it is, no sender is believed.")
