"""Which exchanges are enrolled: added, looked up, paused, resumed, removed."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final, cast

from odzew.exchanges.data import EPOCH, ExchangeView, Form, State
from odzew.exchanges.models import Exchange
from odzew.foundation.errors import Conflict, Invalid, NotFound, Unsafe
from odzew.foundation.ids import new_id
from odzew.foundation.secrets import Keys
from odzew.foundation.writes import Writes, fetch_all, fetch_none

# The longest stretch of a list that is asked for at once; halved where it cannot be read.
WIDEST: Final = timedelta(days=90)
SHORTEST_EVERY: Final = timedelta(minutes=10)
LONGEST_EVERY: Final = timedelta(days=1)
STALE_AFTER: Final = timedelta(hours=24)
_NAME: Final = re.compile(r"\w[\w .:-]{0,63}")
_SETTING: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
_LONGEST_SECRET: Final = 4096
_NAMES: Final = tuple(f.name if f.name != "bank" else "bank_id" for f in fields(ExchangeView))
COLUMNS: Final = ", ".join(f"e.{name}" for name in _NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExchange:
    """What an operator says of an exchange; `base` without a trailing slash, checked by the caller."""

    name: str
    bank: uuid.UUID
    base: str
    private: bool
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    every: timedelta
    stale_after: timedelta


def add_exchange(writes: Writes, *, new: NewExchange, form: Form, keys: Keys, now: datetime) -> uuid.UUID:
    """Add an exchange to `writes` and return its id. Raises `Invalid` for what cannot be, `Conflict` for a name or bank in use."""
    if not _NAME.fullmatch(new.name):
        raise Invalid("An exchange's name begins with a letter or digit and has at most 64 letters, digits, blanks or . : _ -.")
    if not SHORTEST_EVERY <= new.every <= LONGEST_EVERY:
        raise Invalid("A list is fetched every 10 minutes at the most, and once a day at the least.")
    if not new.every < new.stale_after <= timedelta(days=30):
        raise Invalid("A list is stale after a time longer than its interval, and 30 days at the most.")
    _check_named("setting", new.settings, form.settings, ())
    if wrong := [name for name, value in new.settings.items() if not _SETTING.fullmatch(value)]:
        raise Invalid(f"The setting {wrong[0]} is letters, digits, _ and - only.")
    check_secrets(form=form, secrets=new.secrets)
    if find(name=new.name) is not None:
        raise Conflict(f"There is an exchange named {new.name} already.")
    if (other := feeding(bank=new.bank)) is not None:
        raise Conflict(f"That bank is fed by the exchange {other.name} already; each has a bank of its own.")
    row = {
        "id": new_id(now=now),
        "name": new.name,
        "form": form.name,
        "bank_id": new.bank,
        "base": new.base,
        "private": new.private,
        "settings": dict(new.settings),
        "secrets": keys.seal(clear=json.dumps(dict(new.secrets)).encode()),
        "every": _interval(new.every),
        "stale_after": _interval(new.stale_after),
        "created_at": now,
        "next_at": now,
        "since": EPOCH,
        "span": _interval(WIDEST),
    }
    writes.insert(Exchange, row)
    return cast("uuid.UUID", row["id"])


def _interval(span: timedelta) -> str:
    return f"{span.total_seconds():.0f} seconds"


def check_secrets(*, form: Form, secrets: Mapping[str, str]) -> None:
    """Raise `Invalid` unless these are what the form needs to be let in, as they can stand in a header."""
    _check_named("credential", secrets, form.secrets, form.more_secrets)
    for name, value in secrets.items():
        sendable = value.isprintable() if name in ("user", "password") else value.isascii() and value.isprintable()
        if not 0 < len(value) <= _LONGEST_SECRET or not sendable:
            raise Invalid(f"The credential {name} is empty, too long, or has a character that cannot be sent.")
    if ":" in secrets.get("user", ""):
        raise Invalid("The credential user has a colon, which cannot be sent (RFC 7617).")


def _check_named(what: str, given: Mapping[str, str], needed: Sequence[str], more: Sequence[str]) -> None:
    known = [*needed, *more]
    if unknown := [name for name in given if name not in known]:
        raise Invalid(f"There is no {what} {unknown[0]} here; there are {', '.join(known) or 'none'}.")
    if missing := [name for name in needed if name not in given]:
        raise Invalid(f"The {what} {missing[0]} is missing.")


def secrets_of(*, exchange: ExchangeView, keys: Keys) -> dict[str, str]:
    """Return the credentials of an exchange. Raises `Unsafe` if they were sealed under another key."""
    clear = keys.unseal(sealed=exchange.secrets)
    if clear is None:
        raise Unsafe(f"The credentials of the exchange {exchange.name} do not open with this desk's key.")
    return cast("dict[str, str]", json.loads(clear))


def exchanges() -> list[ExchangeView]:
    """Return all exchanges by name."""
    return [view(row=r) for r in fetch_all(f"SELECT {COLUMNS} FROM exchanges_exchange e ORDER BY e.name", [])]


def find(*, name: str) -> ExchangeView | None:
    """Return the exchange of this name, or None."""
    rows = fetch_all(f"SELECT {COLUMNS} FROM exchanges_exchange e WHERE e.name = %s", [name])
    return view(row=rows[0]) if rows else None


def exchange_named(*, name: str) -> ExchangeView:
    """Return the exchange of this name. Raises `NotFound`."""
    found = find(name=name)
    if found is None:
        raise NotFound(f"There is no exchange named {name}; `odzew exchange list` shows those that are there.")
    return found


def feeding(*, bank: uuid.UUID) -> ExchangeView | None:
    """Return the exchange that feeds a bank, or None."""
    rows = fetch_all(f"SELECT {COLUMNS} FROM exchanges_exchange e WHERE e.bank_id = %s", [bank])
    return view(row=rows[0]) if rows else None


def set_state(*, exchange: ExchangeView, state: State, now: datetime) -> None:
    """Pause an exchange, let it run again (at once), or begin to let it go; whoever is fetching for it is stopped."""
    fetch_none(
        "UPDATE exchanges_exchange SET state = %s, turn = turn + 1, lease_until = NULL, next_at = %s, failures = 0 WHERE id = %s",
        [state, now, exchange.id],
    )


def mark_stale(*, exchange: ExchangeView, now: datetime, every: timedelta) -> bool:
    """Note that an exchange rings now for being stale; False if it has within `every`, or was fetched meanwhile."""
    sql = (
        "UPDATE exchanges_exchange SET stale_rung_at = %s WHERE id = %s AND state = 'running' "
        "AND complete_at IS NOT DISTINCT FROM %s AND (stale_rung_at IS NULL OR stale_rung_at <= %s) RETURNING id"
    )
    return bool(fetch_all(sql, [now, exchange.id, exchange.complete_at, now - every]))


def forget(*, exchange: ExchangeView) -> None:
    """Take an exchange off the list, with all that is known of how far it was read."""
    fetch_none("DELETE FROM exchanges_heard WHERE exchange_id = %s", [exchange.id])
    for table in ("stretch", "asked", "told"):
        fetch_none(f"DELETE FROM exchanges_{table} WHERE exchange_id = %s", [exchange.id])
    fetch_none("DELETE FROM exchanges_exchange WHERE id = %s", [exchange.id])


def view(*, row: Sequence[Any]) -> ExchangeView:
    """Return an exchange from a row of `COLUMNS`."""
    values = dict(zip(_NAMES, row, strict=True))
    values["bank"] = values.pop("bank_id")
    for name in ("settings", "unusable"):
        values[name] = json.loads(values[name]) if isinstance(values[name], str) else values[name]
    values["secrets"], values["bad_ids"] = bytes(values["secrets"]), tuple(values["bad_ids"])
    return ExchangeView(**values)
