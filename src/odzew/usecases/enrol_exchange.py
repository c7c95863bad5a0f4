"""A service that shares hash lists, or is asked about hashes, is enrolled; it is paused, let run again, and let go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from odzew.banks.api import BankRules, create_bank, find_bank
from odzew.banks.data import BankView
from odzew.cases.addresses import host_of
from odzew.exchanges.data import ExchangeView, Form
from odzew.exchanges.forms.table import form_named
from odzew.exchanges.progress import heard_names
from odzew.exchanges.register import STALE_AFTER, NewExchange, add_exchange, exchange_named, find, forget, set_state
from odzew.foundation.errors import Conflict, Invalid
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.usecases._fetching import end_entries
from odzew.usecases.bank_entries import outside_bank, rules_said
from odzew.usecases.desk import Desk
from odzew.usecases.enrol_platform import is_private

EVERY: Final = timedelta(hours=1)
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an operator asks for. `environment`: one of the form's, empty for the usual; `base` instead of it: an address of their own."""

    name: str
    form: str
    bank: str
    environment: str = ""
    base: str = ""
    allow_private: bool = False
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    every: timedelta = EVERY
    stale_after: timedelta = STALE_AFTER


def enrol_exchange(*, wanted: Wanted, desk: Desk, actor: str, now: datetime) -> ExchangeView:
    """Enrol an exchange, which is fetched from now on; a bank that is not there is made with what its form says of such a list.

    The credentials are kept sealed and are not on the record. Raises `Invalid` (a form, address, setting or credential that cannot
    be), `Conflict` (the name or the bank is in use), `Forbidden` (the bank is the desk's own).
    """
    form = form_named(name=wanted.form)
    environment, base, private = _address(wanted, form)

    def work() -> ExchangeView:
        writes = Writes()
        bank = _bank(writes, wanted, form, environment, actor, now)
        new = NewExchange(
            name=wanted.name,
            bank=bank.id,
            base=base,
            private=private,
            settings=wanted.settings,
            secrets=wanted.secrets,
            every=wanted.every,
            stale_after=wanted.stale_after,
        )
        exchange = add_exchange(writes, new=new, form=form, keys=desk.keys, now=now)
        facts = {"exchange": str(exchange), "form": form.name, "bank": str(bank.id), "environment": environment or "own address"}
        record(writes, kind="exchange.enrolled", actor=actor, now=now, facts=facts)
        writes.send()
        return exchange_named(name=wanted.name)

    return atomically(work)


def _address(wanted: Wanted, form: Form) -> tuple[str, str, bool]:
    if not wanted.base:
        environment = wanted.environment or next(iter(form.environments))
        if environment not in form.environments:
            raise Invalid(f"{form.title} has no environment {environment!r}; there are {', '.join(form.environments)}.")
        return environment, form.environments[environment], False
    if wanted.environment:
        raise Invalid("Name an environment or an address of your own, not both.")
    base, host = wanted.base.rstrip("/"), host_of(url=wanted.base)
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or parts.query or parts.fragment:
        raise Invalid("The address is not one like https://mirror.example.org/v2, without a name, question or fragment in it.")
    private = is_private(host=host)
    if private and not wanted.allow_private:
        raise Invalid(f"{host} is private or on this machine; if that is what you want, add --allow-private.")
    if parts.scheme == "http" and not private:
        raise Invalid("The address must be https: credentials and hashes are sent there.")
    return "", base, private


def _bank(writes: Writes, wanted: Wanted, form: Form, environment: str, actor: str, now: datetime) -> BankView:
    if find_bank(name=wanted.bank) is not None:
        return outside_bank(name=wanted.bank)
    rules = BankRules(opinion=form.opinion, source=form.title, child=form.child(environment=environment))
    bank = create_bank(writes, name=wanted.bank, rules=rules, now=now)
    record(writes, kind="bank.added", actor=actor, now=now, facts={"bank": str(bank.id), **rules_said(rules=rules)})
    return bank


def pause_exchange(*, name: str, actor: str, now: datetime) -> ExchangeView:
    """Fetch and ask no more; what is here stays and matches. Withdrawals are not heard meanwhile, which `odzew check` says.

    Raises `NotFound`, and `Conflict` if it is not running.
    """
    return _turn(name, "running", "paused", actor, now)


def resume_exchange(*, name: str, actor: str, now: datetime) -> ExchangeView:
    """Let a paused exchange run again, at once. Raises `NotFound`, and `Conflict` if it is not paused."""
    return _turn(name, "paused", "running", actor, now)


def _turn(name: str, before: str, after: str, actor: str, now: datetime) -> ExchangeView:
    def work() -> ExchangeView:
        writes = Writes()
        exchange = exchange_named(name=name)
        if exchange.state != before:
            raise Conflict(f"The exchange {name} is {exchange.state}.")
        set_state(exchange=exchange, state=after, now=now)  # type: ignore[arg-type]
        record(writes, kind=f"exchange.{after}", actor=actor, now=now, facts={"exchange": str(exchange.id)})
        writes.send()
        return exchange_named(name=name)

    return atomically(work)


def remove_exchange(*, name: str, keep: bool = False, actor: str, now: datetime) -> int:
    """Let an exchange go, and with it what it brought: nobody would hear of withdrawals any more. Returns how many entries went.

    `keep`: they stay and match for ever, or until somebody withdraws them. Stopped and repeated, it goes on. Raises `NotFound`.
    """
    exchange = exchange_named(name=name)
    atomically(lambda: set_state(exchange=exchange, state="leaving", now=now))
    gone = 0
    while not keep and (names := heard_names(exchange=exchange, limit=_AT_ONCE)):
        gone += _withdraw(exchange, names, actor, now)

    def work() -> None:
        writes = Writes()
        if find(name=name) is None:
            return
        forget(exchange=exchange)
        record(
            writes,
            kind="exchange.removed",
            actor=actor,
            now=now,
            facts={"exchange": str(exchange.id), "kept": keep, "withdrawn": gone},
        )
        writes.send()

    atomically(work)
    return gone


def _withdraw(exchange: ExchangeView, names: list[tuple[str, str]], actor: str, now: datetime) -> int:
    def work() -> int:
        writes = Writes()
        gone = end_entries(writes, exchange=exchange, names=names, actor=actor, now=now)
        writes.send()
        return gone

    return atomically(work)
