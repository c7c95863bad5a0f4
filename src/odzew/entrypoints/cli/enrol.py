"""`odzew platform`, `user` and `key`: who may come in. Secrets are printed once, on stdout."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated, Final

import typer

from odzew.entrypoints.cli import sign_on
from odzew.entrypoints.cli.common import Data, Json, opened, put
from odzew.foundation.errors import Invalid, NotFound

SIGN_IN_LIVES: Final = timedelta(days=7)

_platform = typer.Typer(help="The services whose content this desk answers for.", no_args_is_help=True)
_user = typer.Typer(help="The people of the desk.", no_args_is_help=True)
_key = typer.Typer(help="Keys for programs: hotlines, flaggers, authorities, platforms.", no_args_is_help=True)

HashHosted = Annotated[
    bool, typer.Option("--hash-hosted/--no-hash-hosted", help="Fetch and hash public files that it gives no PDQ for.")
]
Name = Annotated[str, typer.Argument(help="A name for it, unlike all others.")]


def register(*, app: typer.Typer) -> None:
    """Put the commands on the command line."""
    app.add_typer(_platform, name="platform")
    sign_on.register(user=_user, called=_called)
    app.add_typer(_user, name="user")
    app.add_typer(_key, name="key")


@_platform.command(
    "add",
    epilog="Example: odzew platform add forum --host forum.example --host cdn.forum.example --webhook https://forum.example/odzew",
)
def _platform_add(
    name: Name,
    host: Annotated[list[str], typer.Option(help="A host of its content, with its port if it has one; the only ones ever asked.")],
    webhook: Annotated[str, typer.Option(help="Where orders and answers go.")],
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Allow private or loopback addresses, for exactly these hosts and ports.")
    ] = False,
    hash_hosted: HashHosted = True,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Enrol a platform; prints its webhook secret and an API key, once."""
    from odzew.foundation.moments import utc_now

    with opened(data=data) as at:
        from odzew.usecases.enrol_platform import enrol_platform

        new = enrol_platform(
            name=name,
            hosts=host,
            webhook=webhook,
            allow_private=allow_private,
            hash_hosted=hash_hosted,
            desk=at.desk,
            now=utc_now(),
        )
    if as_json:
        put({"platform": new.platform.id, "webhook_secret": new.secret, "api_key": new.api_key})
        return
    print(f"{name} is enrolled. These two are shown once; keep them where the platform's program reads them.")
    print(f"  webhook secret  {new.secret}")
    print(f"  API key         {new.api_key}")


@_platform.command("change", epilog="Example: odzew platform change forum --no-hash-hosted")
def _platform_change(name: Name, hash_hosted: HashHosted, data: Data = None) -> None:
    """Change whether the desk hashes a platform's files itself; switched on again, what was given up is tried anew."""
    from odzew.foundation.moments import utc_now

    with opened(data=data):
        from odzew.usecases.change_platform import change_platform

        again = change_platform(name=name, hash_hosted=hash_hosted, now=utc_now())
    if hash_hosted:
        print(f"Public files of {name} without PDQ are fetched and hashed; {again} that were given up are tried anew.")
    else:
        print(f"No file of {name} is fetched. Those without PDQ are found by equal bytes alone.")


@_platform.command("list", epilog="Example: odzew platform list")
def _platform_list(data: Data = None, as_json: Json = False) -> None:
    """List the platforms and their hosts."""

    with opened(data=data) as at:
        from odzew.ledger.people import platforms

        found = list(platforms(keys=at.desk.keys).values())
    if as_json:
        put(
            [
                {
                    "platform": p.id,
                    "name": p.name,
                    "hosts": p.hosts,
                    "private": p.private_hosts,
                    "webhook": p.webhook,
                    "hash_hosted": p.hash_hosted,
                }
                for p in found
            ]
        )
        return
    for p in found:
        print(f"{p.name}  {' '.join(p.hosts)}  {p.webhook}")


@_platform.command("link", epilog="Example: odzew platform link forum post-1214")
def _platform_link(
    name: Name,
    item: Annotated[str, typer.Argument(help="The platform's own id of the item.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Print the signed link to the report form for an item of a platform, and a button that does the same."""
    with opened(data=data) as at:
        from odzew.foundation.settings import settings
        from odzew.ledger.links import LONGEST_ITEM, button_html, link_address, link_signature
        from odzew.ledger.people import platforms

        found = next((p for p in platforms(keys=at.desk.keys).values() if p.name == name), None)
        if found is None:
            raise NotFound(f"There is no platform called {name}; see `odzew platform list`.")
        if not item.strip() or len(item) > LONGEST_ITEM:
            raise Invalid(f"An item id has 1 to {LONGEST_ITEM} letters.")
        signature, desk_url = link_signature(secret=found.secret, item_id=item), settings().base_url
    link = link_address(desk_url=desk_url, item_id=item, signature=signature)
    button = button_html(desk_url=desk_url, item_id=item, signature=signature)
    if as_json:
        put({"link": link, "signature": signature, "button": button})
        return
    print(link)
    print(button)


@_user.command("add", epilog="Example: odzew user add Ada --role reviewer")
def _user_add(
    name: Name,
    role: Annotated[
        str,
        typer.Option(
            help="reviewer, lead, safety_officer, specialist, auditor, operator, or outside (gives an opinion on cases it is asked about)."
        ),
    ],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Enrol a person; prints the address for their authenticator and their sign-in secret, once."""
    from odzew.foundation.moments import utc_now

    now = utc_now()
    with opened(data=data) as at:
        from odzew.usecases.enrol_person import enrol_person

        new = enrol_person(name=name, role=role, sign_in_lives=SIGN_IN_LIVES, desk=at.desk, now=now)
    if as_json:
        put({"person": new.person.id, "otpauth": new.otpauth, "sign_in_secret": new.sign_in, "counts_from": new.counts_from})
        return
    print(f"{name} is enrolled as {role.replace('_', ' ')}. These two are shown once; hand them over in person.")
    print(f"  authenticator   {new.otpauth}")
    print(_secret(new.sign_in))
    if new.counts_from > now:
        why = "Nobody alone makes a person to clear with"
        print(f"{why}, so {name} counts from {new.counts_from:%Y-%m-%d %H:%M} UTC on; an alarm says so now.")


@_user.command("list", epilog="Example: odzew user list --json")
def _user_list(data: Data = None, as_json: Json = False) -> None:
    """List the people of the desk, and how many of them it counts as."""
    from odzew.foundation.moments import utc_now

    with opened(data=data):
        from odzew.ledger.people import desk_size, people
        from odzew.ledger.provider_accounts import linked_people

        now = utc_now()
        found, size, linked = people(), desk_size(now=now), linked_people(now=now)
    if as_json:
        facts = ({"person": p.id, "name": p.name, "role": p.role, "second_factor": p.enrolled} for p in found)
        put([{**fact, "single_sign_on": fact["person"] in linked} for fact in facts])
        return
    for p in found:
        print(
            f"{p.name:20} {p.role:15} {'single sign-on' if p.id in linked else '':15} {'' if p.enrolled else 'no second factor'}".rstrip()
        )
    print(f"The desk counts as {size}.")


@_user.command("renew", epilog="Example: odzew user renew Ada --authenticator")
def _user_renew(
    name: Name,
    authenticator: Annotated[
        bool, typer.Option("--authenticator", help="Their authenticator is lost: make a new one too.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Give a person a new sign-in secret; prints it once. The former one ends."""
    from odzew.foundation.moments import utc_now

    with opened(data=data) as at:
        from odzew.usecases.renew_sign_in import renew_sign_in

        new = renew_sign_in(
            person_id=_called(name), authenticator=authenticator, sign_in_lives=SIGN_IN_LIVES, desk=at.desk, now=utc_now()
        )
    if as_json:
        put({"person": new.person.id, "otpauth": new.otpauth, "sign_in_secret": new.sign_in})
        return
    print(f"The sign-in of {name} is new. It is shown once; hand it over in person.")
    if new.otpauth:
        print(f"  authenticator   {new.otpauth}")
    print(_secret(new.sign_in))


def _secret(secret: str) -> str:
    from odzew.ledger.people import SIGN_IN_STAYS

    return f"  sign-in secret  {secret}   (for {SIGN_IN_LIVES.days} days, and with each sign-in for {SIGN_IN_STAYS.days} more)"


def _called(name: str) -> uuid.UUID:
    from odzew.ledger.people import people

    found = next((p for p in people() if p.name == name), None)
    if found is None:
        raise NotFound(f"Nobody here is called {name}.")
    return found.id


@_user.command("end-visits", epilog="Example: odzew user end-visits Ada")
def _user_end_visits(name: Name, data: Data = None) -> None:
    """Sign a person out of every browser; their sign-in goes on working."""
    from odzew.foundation.moments import utc_now

    with opened(data=data):
        from odzew.usecases.end_visits import end_visits

        ended = end_visits(person_id=_called(name), actor="operator", now=utc_now())
    print(f"Visits of {name} that ended: {ended}.")


@_user.command("leave", epilog="Example: odzew user leave Ada")
def _user_leave(name: Name, data: Data = None) -> None:
    """Let a person go: no key and no sign-in of theirs works any more; what they did stays on the record."""
    from odzew.foundation.moments import utc_now

    with opened(data=data) as at:
        from odzew.usecases.enrol_person import let_go

        let_go(person_id=_called(name), desk=at.desk, now=utc_now())
    print(f"{name} has left.")


@_key.command("add", epilog="Example: odzew key add dyzurnet --scope notices --scope read --source hotline")
def _key_add(
    name: Name,
    scope: Annotated[
        list[str], typer.Option(help="notices, items, read, appeals, check, lookup, bank or metrics; may be given again.")
    ],
    source: Annotated[
        list[str] | None, typer.Option(help="user, trusted_flagger, hotline, authority or automatic; may be given again.")
    ] = None,
    platform: Annotated[str | None, typer.Option(help="The platform whose program this is.")] = None,
    per_second: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="Notices a second, if not the desk's own limit.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Give a program a key; prints it once."""
    from odzew.foundation.moments import utc_now

    with opened(data=data) as at:
        from odzew.ledger.people import platforms
        from odzew.usecases.enrol_program import enrol_program, id_of_key

        known = {p.name: p.id for p in platforms(keys=at.desk.keys).values()}
        if platform is not None and platform not in known:
            raise NotFound(f"There is no platform called {platform}; enrol it with `odzew platform add`.")
        key = enrol_program(
            name=name,
            scopes=frozenset(scope),
            sources=frozenset(source or ()),
            platform=known[platform] if platform else None,
            limit_per_second=per_second,
            desk=at.desk,
            now=utc_now(),
        )
    if as_json:
        put({"key": id_of_key(key=key), "api_key": key})
        return
    print(f"The key of {name}, shown once; its number is {id_of_key(key=key)}.")
    print(f"  {key}")


@_key.command("list", epilog="Example: odzew key list")
def _key_list(data: Data = None, as_json: Json = False) -> None:
    """List the programs that have a key, with the number by which a key is revoked."""

    with opened(data=data):
        from odzew.ledger.people import programs

        found = programs()
    if as_json:
        put([{"key": p.id, "name": p.name, "scopes": sorted(p.scopes), "sources": sorted(p.sources)} for p in found])
        return
    for p in found:
        print(f"{p.id}  {p.name}  {','.join(sorted(p.scopes))}  {','.join(sorted(p.sources))}".rstrip())


@_key.command("revoke", epilog="Example: odzew key revoke 019aabbc-0000-7000-8000-000000000000")
def _key_revoke(
    number: Annotated[str, typer.Argument(help="The number of the key (`odzew key list`), or the key itself.")], data: Data = None
) -> None:
    """End a program's key at once."""
    from odzew.foundation.moments import utc_now

    with opened(data=data):
        from odzew.usecases.enrol_program import end_program, id_of_key

        try:
            program = uuid.UUID(id_of_key(key=number) or number)
        except ValueError:
            raise NotFound("That is no number of a key; see `odzew key list`.") from None
        end_program(program=program, now=utc_now())
    print("The key is revoked.")
