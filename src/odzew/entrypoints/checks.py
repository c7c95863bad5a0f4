"""Is it safe to run? Every reason, not only the first; `odzew check` prints them, the start refuses the errors among them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from odzew.entrypoints import demo_folder
from odzew.foundation.errors import OdzewError, Unsafe
from odzew.foundation.settings import Settings

LEAST_BYTES: Final = 1 << 30
CLOCK_SECONDS: Final = 5.0
TEST_LASTS: Final = timedelta(days=30)
EARLIEST: Final = 2025
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be. `refuses`: the desk does not start with it."""

    code: str
    level: Literal["error", "warning"]
    sentence: str
    refuses: bool = True


def error(code: str, sentence: str, *, refuses: bool = True) -> Finding:
    """Return a finding that fails the check."""
    return Finding(code=code, level="error", sentence=sentence, refuses=refuses)


def warning(code: str, sentence: str) -> Finding:
    """Return a finding that is worth knowing."""
    return Finding(code=code, level="warning", sentence=sentence, refuses=False)


def check_surroundings(*, chosen: Settings) -> list[Finding]:
    """Return what is wrong with the settings, the files and the machine; asks no database."""
    from odzew.entrypoints.single_sign_on.findings import provider_findings

    parts: list[Callable[[Settings], Iterator[Finding]]] = [
        *(_address, _files, _policy, _machine, _channels, mail_findings, provider_findings)
    ]
    return [finding for part in parts for finding in part(chosen)]


def check_database(*, chosen: Settings, now: datetime) -> list[Finding]:
    """Return what is wrong in and with the database; Django is ready and the server was reached."""
    parts = (_schema, _own_key, _server_clock, _people, _exchanges, _witness, _unhashed, _policy_file)
    return [f for part in parts for f in part(chosen, now)]


def check_key(*, chosen: Settings) -> None:
    """Raise `Unsafe` if the master key is not the one of this database: nothing may be sealed, signed or looked up with another."""
    refuse(findings=list(_own_key(chosen, None)))


def check_decoder(*, chosen: Settings) -> list[Finding]:
    """Return what is wrong with the children that decode strangers' files; starts one, which tries to break out. Takes seconds.

    None of it stops a start: reports are taken and decided by people also where no file can be decoded.
    """
    from odzew.matching.decoder.pool import decoder_as_set

    with decoder_as_set(chosen=chosen) as decoder:
        try:
            missing = [wall for wall in decoder.protections() if not wall.active]
            got_out = decoder.probe()
        except OdzewError as problem:
            return [error("decoder", problem.sentence, refuses=False)]
    found = [
        warning("decoder", f"Files are decoded without one of the protections, {wall.name}: {wall.why}. See docs/decoding.md.")
        for wall in missing
    ]
    if got_out:
        words = ", ".join(name.replace("_", " ") for name in got_out)
        found.append(
            error("decoder", f"A process that decodes files can do what it must not: {words}. See docs/decoding.md.", refuses=False)
        )
    return found


def free_bytes(*, chosen: Settings) -> int:
    """Return how much is free where the data folder is."""
    return shutil.disk_usage(_existing(chosen.data)).free


def refuse(*, findings: list[Finding]) -> None:
    """Raise `Unsafe` with every reason for which the desk must not start."""
    reasons = [f.sentence for f in findings if f.refuses]
    if reasons:
        raise Unsafe(f"Not safe to start. {' '.join(reasons)}")


def _address(chosen: Settings) -> Iterator[Finding]:
    base = urlsplit(chosen.base_url)
    if base.scheme not in ("http", "https") or not base.hostname:
        yield error("public_url", "ODZEW_PUBLIC_URL is not an address like https://desk.example.org.")
    elif base.scheme != "https" and base.hostname not in _HERE:
        yield error("public_url", "ODZEW_PUBLIC_URL must be https: codes and keys would be readable on the way.")
    elif chosen.host not in _HERE and base.scheme != "https":
        yield error("host", f"ODZEW_HOST is {chosen.host}, open to others, and ODZEW_PUBLIC_URL is not https.")
    if chosen.demo and chosen.host not in _HERE:
        yield error("demo", "ODZEW_DEMO is set and ODZEW_HOST is open to others: a demo stays on this machine.")
    if demo_folder.is_demo(data=chosen.data) and not chosen.demo:
        yield error("demo_data", f"{chosen.data} holds a demo with pretend people and keys: give a real desk another folder.")


def _files(chosen: Settings) -> Iterator[Finding]:
    for name, path, others in (("data", chosen.data, 0o022), ("keys", chosen.keys_folder, 0o077)):
        if path.exists() and (mode := path.stat().st_mode & 0o777) & others:
            yield error(name, f"{path} is open to other users (mode {mode:o}): run chmod 700 {path}")
        elif path.exists() and name == "data" and mode & 0o077:
            yield warning(name, f"Other users can look into {path} (mode {mode:o}): run chmod 700 {path}")
    key = chosen.keys_folder / "master"
    if key.exists():
        if (mode := key.stat().st_mode & 0o777) & 0o077:
            yield error("key", f"The key file {key} can be read by other users (mode {mode:o}): run chmod 600 {key}")
        elif key.stat().st_size != 32:
            yield error("key", f"The key file {key} is damaged: it must hold 32 bytes; put back your copy of it.")


def _policy(chosen: Settings) -> Iterator[Finding]:
    from odzew.entrypoints.runtime import policy_text
    from odzew.policy.check import check_policy
    from odzew.policy.load import load_policy

    try:
        wrong = check_policy(policy=load_policy(text=policy_text(chosen=chosen)))
    except OdzewError as problem:
        yield error("policy", problem.sentence)
        return
    for sentence in wrong:
        yield error("policy", f"The policy cannot be used: {sentence}")


def _machine(chosen: Settings) -> Iterator[Finding]:
    if (free := free_bytes(chosen=chosen)) < LEAST_BYTES:
        # A desk that is started again on a nearly full disk still hides, by its clocks, what it already knows.
        yield error("disk", f"Only {free >> 20} MiB are free for {chosen.data}; a desk needs 1 GiB.", refuses=False)


def _channels(chosen: Settings) -> Iterator[Finding]:
    from odzew.entrypoints.alarm_channels import channels
    from odzew.foundation.outgoing import Http

    if chosen.alarm_mail and not chosen.smtp_url:
        yield error("alarm_mail", "ODZEW_ALARM_MAIL is set without ODZEW_SMTP_URL: no mail can be sent.")
    if not channels(chosen=chosen, out=Http()):
        yield error(
            "alarm",
            "No alarm channel is set: set ODZEW_ALARM_NTFY, ODZEW_ALARM_WEBHOOK, or ODZEW_ALARM_MAIL with ODZEW_SMTP_URL.",
        )


def mail_findings(chosen: Settings) -> Iterator[Finding]:
    """Yield what is wrong with the settings of mail; of a desk without any, nothing."""
    from odzew.entrypoints.mail.mailbox import on_this_machine, place_of

    if not (chosen.mail_milter or chosen.mail_imap_url):
        return
    if not chosen.mail_address:
        yield error(
            "mail_address", "Reports come by mail and ODZEW_MAIL_ADDRESS is not set: it is the address they are answered from."
        )
    if not chosen.smtp_url:
        yield error(
            "mail_answers", "Reports come by mail and ODZEW_SMTP_URL is not set: nobody who writes would get a code or an answer."
        )
    elif urlsplit(chosen.smtp_url).scheme != "smtps" and not on_this_machine(host=urlsplit(chosen.smtp_url).hostname or ""):
        yield warning(
            "mail_smtp", "Answers leave by smtp://: where that server offers no TLS they can be read on the way; use smtps://."
        )
    if chosen.mail_milter and not chosen.mail_milter.startswith(("unix:/", "127.0.0.1:", "localhost:")):
        yield error("mail_milter", "ODZEW_MAIL_MILTER must be 127.0.0.1:PORT or unix:/PATH: whoever reaches it sends in any name.")
    if chosen.mail_imap_url:
        try:
            place_of(url=chosen.mail_imap_url)
        except Unsafe as problem:
            yield error("mail_imap", problem.sentence)
        if not chosen.mail_trash:
            yield warning(
                "mail_trash", "ODZEW_MAIL_TRASH is not set: a mailbox that keeps what is deleted would keep every report."
            )
    if not chosen.mail_authserv:
        yield warning(
            "mail_authserv", "ODZEW_MAIL_AUTHSERV is not set: no sender is believed, and forged ones cannot be told from others."
        )


def _schema(chosen: Settings, _now: datetime) -> Iterator[Finding]:
    from django.conf import settings as django
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    left = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if left:
        yield error(
            "migrations", f"{len(left)} changes of the database are not made yet: they are when `odzew up` starts.", refuses=False
        )
    if django.DEBUG:
        yield error("debug", "Django's DEBUG is on.")


def _own_key(chosen: Settings, _now: datetime | None) -> Iterator[Finding]:
    from django.db import connection

    from odzew.foundation.secrets import load_keys
    from odzew.ledger.people import sealed_by_another

    if "ledger_person" in connection.introspection.table_names() and sealed_by_another(keys=load_keys(folder=chosen.keys_folder)):
        key = chosen.keys_folder / "master"
        yield error(
            "other_key", f"{key} is not the key of this database: put back your copy of the key that this desk was made with."
        )


def _server_clock(_chosen: Settings, now: datetime) -> Iterator[Finding]:
    from odzew.foundation.moments import utc_now
    from odzew.foundation.writes import fetch_all

    server: datetime = fetch_all("SELECT clock_timestamp()", [])[0][0]
    off = (server - utc_now()).total_seconds()
    if abs(off) > CLOCK_SECONDS:
        yield error("clock", f"This machine's clock and the database's differ by {abs(off):.0f} s: set them by NTP.")
    if now.year < EARLIEST:
        yield error("clock", f"This machine believes it is {now.year}: set its clock.")


def _people(chosen: Settings, now: datetime) -> Iterator[Finding]:
    from django.db import connection

    from odzew.alarms.api import last_confirmed_test
    from odzew.ledger.people import DECIDERS, deciders, people

    if "ledger_person" not in connection.introspection.table_names():
        return
    if not deciders(now=now):
        yield warning("people", "Nobody may decide yet: until `odzew user add` the clocks act alone.")
    if missing := [p for p in people() if p.role in DECIDERS and not p.enrolled]:
        yield warning("second_factor", f"{len(missing)} of those who decide have no second factor and do not count.")
    seen = last_confirmed_test()
    if not chosen.demo and (seen is None or now - seen > TEST_LASTS):
        yield error(
            "alarm_test",
            "Nobody has confirmed a test alarm in the last 30 days: run `odzew alarm test`, then `odzew alarm confirm`.",
            refuses=False,
        )


def _exchanges(_chosen: Settings, now: datetime) -> Iterator[Finding]:
    from django.db import connection

    from odzew.exchanges.forms.table import LISTS
    from odzew.exchanges.register import exchanges

    if "exchanges_exchange" not in connection.introspection.table_names():
        return
    for e in exchanges():
        if e.state != "running":
            yield warning("exchange_paused", f"The exchange {e.name} is {e.state}: what its source withdraws still matches here.")
        elif e.form in LISTS and e.stale(now=now):
            since = f"since {e.complete_at:%Y-%m-%d %H:%M} UTC" if e.complete_at else "yet"
            sentence = f"The exchange {e.name} was not fetched whole {since}: see `odzew exchange list`."
            yield error("exchange_stale", sentence, refuses=False)


def _witness(chosen: Settings, _now: datetime) -> Iterator[Finding]:
    if not chosen.witness_url and not chosen.demo:
        yield warning("witness", "The record is unwitnessed: set ODZEW_WITNESS_URL to an outsider who keeps the daily checkpoint.")


def _unhashed(chosen: Settings, _now: datetime) -> Iterator[Finding]:
    from django.db import connection

    from odzew.cases.unhashed import count_unhashed
    from odzew.foundation.secrets import load_keys
    from odzew.ledger.people import platforms

    with connection.cursor() as cursor:
        if "cases_media" not in connection.introspection.table_names(cursor):
            return
        if "hashing" not in {c.name for c in connection.introspection.get_table_description(cursor, "cases_media")}:
            return  # the migrations to come are told of above
    given_up = {platform: n for (platform, state), n in count_unhashed().items() if state == "given_up"}
    names = {p.id: p.name for p in platforms(keys=load_keys(folder=chosen.keys_folder)).values()} if given_up else {}
    for platform, number in given_up.items():
        name = names.get(platform, "a platform")
        yield warning(
            "not_hashed",
            f"{number} files of {name} could not be fetched to be hashed: see whether it serves them to strangers, then `odzew platform change`.",
        )


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _policy_file(chosen: Settings, _now: datetime) -> Iterator[Finding]:
    """A file of one's own changes nothing once a policy is in force: whoever believes it does should hear of it."""
    from django.db import connection

    from odzew.entrypoints.runtime import policy_text
    from odzew.ledger.policies import in_force_before
    from odzew.policy.load import load_policy

    own = chosen.policy or chosen.data / "policy.toml"
    with connection.cursor() as cursor:
        if not own.exists() or "ledger_policy_version" not in connection.introspection.table_names(cursor):
            return
    try:
        digest = load_policy(text=policy_text(chosen=chosen)).digest
    except OdzewError:
        return  # it is told of above
    if in_force_before() not in (None, digest):
        yield warning(
            "policy_file", f"The policy {own} is not the one in force, and changes nothing by itself: odzew policy propose {own}"
        )
