"""What the tests of exchanges build with: a clock in our hands, an enrolled exchange, and what its bank holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from odzew.banks.api import bank_named, entries_after
from odzew.exchanges.data import ExchangeView
from odzew.foundation.outgoing import Http
from odzew.foundation.writes import fetch_all
from odzew.usecases.desk import Desk
from odzew.usecases.enrol_exchange import Wanted, enrol_exchange
from odzew.usecases.fetch_exchange import Fetched, fetch_exchange
from tests.cast import KEYS, POLICY
from tests.exchanges.service import SECRETS, Service

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DESK = Desk(keys=KEYS, policy=POLICY)


@dataclass
class Time:
    """A clock that only moves when told."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


def value(n: int, *, size: int = 32) -> bytes:
    """Return a made-up hash."""
    return hashlib.sha256(f"bridge {n}".encode()).digest()[:size]


def enrol(service: Service, time: Time, *, name: str = "hotline", **more: Any) -> ExchangeView:
    """Enrol the service, whose list goes into the bank `bridges`."""
    settings = {"privacy_group": "7"} if service.form == "threatexchange" else {}
    wanted = Wanted(
        **{
            "name": name,
            "form": service.form,
            "bank": "bridges",
            "base": service.base,
            "allow_private": True,
            "settings": settings,
            "secrets": SECRETS[service.form],
            **more,
        }
    )
    return enrol_exchange(wanted=wanted, desk=DESK, actor="operator", now=time())


def fetch(time: Time, **more: Any) -> Fetched:
    """Fetch the list now."""
    found = fetch_exchange(**{"name": "hotline", "desk": DESK, "out": Http(), "clock": time, **more})
    assert found is not None
    return found


def calm(time: Time, *, tries: int = 40) -> Fetched:
    """Let hours pass, fetching, until a fetch leaves nothing out."""
    start = time()
    for _ in range(tries):
        time.wait(hours=1)
        done = fetch(time)
        while done.more:
            done = fetch(time)
        # A fetch that was stopped goes on to where it was to end: what is newer comes with the next.
        if done.complete and (done.exchange.complete_at or start) > start:
            return done
    raise AssertionError(f"never complete: {done.fault}")


def held() -> set[tuple[str, bytes]]:
    """Return what the bank holds."""
    return {(e.type, e.value) for e in entries_after(bank=bank_named(name="bridges"), after=0, limit=10**6)}


def kinds(prefix: str = "") -> list[str]:
    """Return the kinds of events, in order."""
    return [r[0] for r in fetch_all("SELECT kind FROM ledger_event WHERE kind LIKE %s ORDER BY at, id", [prefix + "%"])]


def alarms() -> list[str]:
    """Return the codes that rang."""
    return [r[0] for r in fetch_all("SELECT code FROM alarms_alarm ORDER BY at, id", [])]
