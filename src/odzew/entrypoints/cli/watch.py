"""`odzew check`, `policy`, `alarm` and `away`: what an operator looks after."""

from __future__ import annotations

import re
import sys
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import typer

from odzew.entrypoints.cli.common import Data, Json, adopted, opened, put
from odzew.foundation.errors import Conflict, Invalid, NotFound, OdzewError, Unsafe

if TYPE_CHECKING:
    from odzew.entrypoints.checks import Finding
    from odzew.foundation.settings import Settings

_policy = typer.Typer(help="The file that says what is urgent, who must sign, and how long each clock runs.", no_args_is_help=True)
_alarm = typer.Typer(help="The channel by which the desk calls a person.", no_args_is_help=True)
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
DEEDS: Final = {
    "withhold": "hide what nobody has looked at",
    "withhold_item": "make items unavailable everywhere",
    "escalate": "ring: a decision is overdue; what is public is hidden",
    "answer": "tell reporters where things stand",
    "warn": "ring: a time limit comes near",
    "resend": "send an answer again",
    "close_window": "end a right to complain",
}


def register(*, app: typer.Typer) -> None:
    """Put the commands on the command line."""
    app.command("check", epilog="Example: odzew check --data /srv/odzew")(_check)
    app.add_typer(_policy, name="policy")
    app.add_typer(_alarm, name="alarm")
    app.command("away", epilog='Example: odzew away --until "2026-12-27 09:00"   or   odzew away --until 3d')(_away)


def _check(data: Data = None, as_json: Json = False) -> None:
    """Is it safe to run: settings, database, keys, clock, disk, alarms? Prints every reason; exit 1 if any is an error."""
    chosen = adopted(data=data)
    found = _findings(chosen)
    failed = any(f.level == "error" for f in found)
    if as_json:
        put({"safe": not failed, "findings": [{"code": f.code, "level": f.level, "sentence": f.sentence} for f in found]})
    else:
        for f in sorted(found, key=lambda f: f.level):
            print(f"{f.level:8} {f.sentence}")
        print("Not safe to run." if failed else "Safe to run.")
    raise typer.Exit(1 if failed else 0)


def _findings(chosen: Settings) -> list[Finding]:
    from odzew.entrypoints import runtime
    from odzew.entrypoints.checks import check_database, check_decoder, check_surroundings, error
    from odzew.entrypoints.single_sign_on.findings import check_provider
    from odzew.foundation.moments import utc_now

    found = [*check_surroundings(chosen=chosen), *check_decoder(chosen=chosen), *check_provider(chosen=chosen)]
    if any(f.code in ("key", "keys") for f in found):
        return [*found, error("database", "The database was not looked at before the keys are in order.")]
    try:
        with runtime.database(chosen=chosen):
            runtime.start_django()
            return [*found, *check_database(chosen=chosen, now=utc_now())]
    except OdzewError as problem:
        return [*found, error("database", problem.sentence)]


@_policy.command("check", epilog="Example: odzew policy check policy.toml")
def _policy_check(file: Annotated[Path, typer.Argument(help="The policy file.", exists=False)], as_json: Json = False) -> None:
    """Does a policy keep the promises? Prints every reason why not; exit 1 if there is one."""
    from odzew.policy.check import check_policy, remarks
    from odzew.policy.load import load_policy

    text = _file(file)
    said: list[str] = []
    try:
        policy = load_policy(text=text)
        wrong, said = list(check_policy(policy=policy)), remarks(policy=policy)
    except OdzewError as error:
        wrong = [error.sentence]
    if as_json:
        put({"ok": not wrong, "reasons": wrong, "remarks": said})
    else:
        for sentence in (*wrong, *said):
            print(sentence)
        print(f"{file} can be used." if not wrong else f"{file} cannot be used.")
    raise typer.Exit(1 if wrong else 0)


def _file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"The policy {file} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}.") from error


@_policy.command("propose", epilog="Example: odzew policy propose policy.toml")
def _policy_propose(
    file: Annotated[Path, typer.Argument(help="The policy file.", exists=False)], data: Data = None, as_json: Json = False
) -> None:
    """Write a change of the policy for people of the desk to sign in the console. It writes over no change that is on its way."""
    from odzew.foundation.moments import utc_now

    text = _file(file)
    with opened(data=data) as here:
        from odzew.usecases.draft_policy import draft_policy

        try:
            change = draft_policy(text=text, seen="", caller=None, desk=here.desk, now=utc_now())
        except Invalid as error:
            reasons = error.detail.get("reasons")
            told = [str(r) for r in reasons] if isinstance(reasons, list) else [error.sentence]
            raise Invalid(f"This policy cannot take force. {' '.join(told)}") from error
        except Conflict as error:
            if error.detail.get("why") != "policy_moved":
                raise
            raise Conflict(
                "A change of the policy is on its way; it ends in the console before another is written here."
            ) from error
    if as_json:
        put({"change": str(change)})
        return
    print("It waits to be looked at and signed in the console: /console/policy/draft. Nothing has changed yet.")


@_policy.command("show", epilog="Example: odzew policy show > policy.toml   or   odzew policy show --version 3fa1c2d0")
def _policy_show(
    version: Annotated[
        str, typer.Option(metavar="DIGEST", help="One that was in force once: the digest a decision names, or its first 8 digits.")
    ] = "",
    data: Data = None,
) -> None:
    """Print the policy in force, or one that was in force before; of a desk that never ran, the one it would begin with."""
    sys.stdout.write(_former(version.strip().lower(), data) if version else _in_force(data))


def _in_force(data: Path | None) -> str:
    from odzew.entrypoints.runtime import policy_text

    chosen = adopted(data=data)
    if not chosen.database_url and not (chosen.data / "postgres.lock").exists():
        return policy_text(chosen=chosen)
    with opened(data=data):
        from odzew.ledger.policies import in_force_before, text_of

        digest = in_force_before()
        return (text_of(digest=digest) if digest else None) or policy_text(chosen=chosen)


def _former(digest: str, data: Path | None) -> str:
    if not re.fullmatch(r"[0-9a-f]{8,64}", digest):
        raise Invalid("Give the digest of a policy, or at least its first 8 digits, as the decision names it.")
    with opened(data=data):
        from odzew.ledger.policies import text_of

        text = text_of(digest=digest)
    if text is None:
        raise NotFound("No policy with this digest was ever in force here.")
    return text


@_alarm.command("test", epilog="Example: odzew alarm test")
def _alarm_test(data: Data = None, as_json: Json = False) -> None:
    """Ring every alarm channel now, and say which of them took it. When it has arrived, confirm it."""
    from odzew.entrypoints.alarm_channels import channels, ring_all
    from odzew.foundation.moments import utc_now
    from odzew.foundation.outgoing import Http

    with opened(data=data) as at:
        from odzew.usecases.sound_alarm import sound_test

        if not channels(chosen=at.chosen, out=Http()):
            raise Unsafe("No alarm channel is set: set ODZEW_ALARM_NTFY, ODZEW_ALARM_WEBHOOK, or ODZEW_ALARM_MAIL.")
        now = utc_now()
        alarm = sound_test(now=now)
        took = ring_all(chosen=at.chosen, payload={"code": "test", "alarm": str(alarm)}, at=now)
    if as_json:
        put({"alarm": alarm, "channels": took})
    else:
        for name, ok in took.items():
            print(f"{name:8} {'took it' if ok else 'did not take it'}")
    if not any(took.values()):
        raise Unsafe("No channel took the alarm: look at the settings and try again.")
    if not as_json:
        print(f"When it has arrived: odzew alarm confirm {alarm}")


@_alarm.command("confirm", epilog="Example: odzew alarm confirm 019aabbc-0000-7000-8000-000000000000")
def _alarm_confirm(number: Annotated[str, typer.Argument(help="The number that the alarm came with.")], data: Data = None) -> None:
    """Say that an alarm arrived and was seen by a person."""
    from odzew.foundation.moments import utc_now

    try:
        alarm = uuid.UUID(number)
    except ValueError:
        raise NotFound("That is no number of an alarm.") from None
    with opened(data=data):
        from odzew.usecases.sound_alarm import confirm_alarm

        confirm_alarm(alarm=alarm, actor="operator", now=utc_now())
    print("Confirmed.")


def _away(
    until: Annotated[str, typer.Option(help="When somebody is back: a date, a date and time, or 12h, 3d.", metavar="WHEN")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What the clocks will do alone until then, if nobody looks and nothing new comes in."""
    from odzew.foundation.moments import utc_now

    now = utc_now()
    with opened(data=data) as at:
        from odzew.cases.clocks import coming

        zone = ZoneInfo(at.chosen.time_zone)
        back = _when(until, now, zone)
        deeds = coming(until=back)
    if as_json:
        put({"until": back.isoformat(), "deeds": [
            {"clock": c.name, "deed": c.deed, "count": c.count, "first": c.first.isoformat()} for c in deeds
        ]})  # fmt: skip
        return
    print(f"Until {back.astimezone(zone):%Y-%m-%d %H:%M} {at.chosen.time_zone}, with nobody here:")
    for c in deeds:
        print(f"  {c.count:6}  {c.name:16} from {c.first.astimezone(zone):%Y-%m-%d %H:%M}  {DEEDS.get(c.deed, c.deed)}")
    if not deeds:
        print("  nothing is due.")
    print("New reports are received, hidden where the policy says so, and their reporters told true times.")


def _when(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Read a moment: a span from now, or a date and time in the desk's zone. Raises `Invalid`; the past is wrong too."""
    span = re.fullmatch(r"(\d{1,4})\s*([mhd])", text.strip())
    if span:
        return now + int(span[1]) * _UNITS[span[2]]
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(f'{text!r} is no moment; write 12h, 3d or "2026-12-27 09:00".') from None
    moment = found if found.tzinfo else found.replace(tzinfo=zone)
    if moment <= now:
        raise Invalid(f"{text!r} is over already.")
    return moment
