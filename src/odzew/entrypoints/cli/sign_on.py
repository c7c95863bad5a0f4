"""`odzew user link` and `unlink`: by which account at the provider of single sign-on a person comes in."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Annotated

import typer

from odzew.entrypoints.cli.common import Data, opened
from odzew.foundation.errors import Invalid

Name = Annotated[str, typer.Argument(help="The person's name here.")]


def register(*, user: typer.Typer, called: Callable[[str], uuid.UUID]) -> None:
    """Put the commands beside the others about people; `called` finds a person by name."""

    @user.command("link", epilog="Example: odzew user link Ada --subject 248289761001")
    def link(
        name: Name,
        subject: Annotated[str, typer.Option(help="Their account there: what the provider calls `sub`, not a mail address.")],
        issuer: Annotated[str, typer.Option(help="The provider, if not the one of ODZEW_OIDC_ISSUER.")] = "",
        data: Data = None,
    ) -> None:
        """Let a person come in by their account at the provider of single sign-on, beside their second factor."""
        from odzew.foundation.moments import utc_now
        from odzew.foundation.settings import settings

        with opened(data=data) as at:
            from odzew.ledger.provider_accounts import account_hash
            from odzew.usecases.link_provider import link_provider

            where = issuer or settings().oidc_issuer
            if not where:
                raise Invalid("There is no provider: set ODZEW_OIDC_ISSUER, or name one with --issuer.")
            account = account_hash(issuer=where, subject=subject, keys=at.desk.keys)
            link_provider(person_id=called(name), account=account, actor="operator", now=utc_now())
            set_here = settings().oidc_issuer == where
        print(f"{name} is linked to that account at {where}. Their second factor is asked for as before.")
        if not set_here:
            print("ODZEW_OIDC_ISSUER is not that provider: until it is, the link opens nothing.")

    @user.command("unlink", epilog="Example: odzew user unlink Ada")
    def unlink(name: Name, data: Data = None) -> None:
        """End a person's link to the provider; secret, passkeys and visits go on working."""
        from odzew.foundation.moments import utc_now

        with opened(data=data):
            from odzew.usecases.link_provider import unlink_provider

            had = unlink_provider(person_id=called(name), actor="operator", now=utc_now())
        print(f"{name} is not linked any more." if had else f"{name} had no link.")
