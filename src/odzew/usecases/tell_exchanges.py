"""Sources hear what became of their entries here, where the policy lets them: that one matched, and what people found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from odzew.banks.api import banks, entries_by_id
from odzew.cases.matches import found_of_bank
from odzew.exchanges.data import ExchangeView
from odzew.exchanges.forms.table import TELLS
from odzew.exchanges.progress import claim, hold, put_progress
from odzew.exchanges.register import exchanges, secrets_of
from odzew.exchanges.saying import ToTell, due_words, end_word, put_words
from odzew.foundation.outgoing import Asker
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.usecases._paging import send
from odzew.usecases.desk import Desk

_MOST: Final = 50
_LATER: Final = frozenset({401, 403, 408, 425, 429})

Clock = Callable[[], datetime]


def tell_exchanges(*, desk: Desk, out: Asker, clock: Clock) -> int:
    """Tell each source that the policy's `leaving.exchanges` names what is new about its own entries; return how much was told.

    Nothing leaves but the entry's own name, or the hash that the source gave, and one word of the source's own. Matches of private items
    say nothing, nor do those that are only near. Each word is written down before it is sent, and what became of it after.
    """
    told = 0
    for e in exchanges():
        if e.form in TELLS and e.state == "running" and e.name in desk.policy.exchanges_may_hear:
            told += _tell(e, desk, out, clock)
    return told


def _tell(exchange: ExchangeView, desk: Desk, out: Asker, clock: Clock) -> int:
    # 1. One process at a time, and not while the list is fetched.
    held = atomically(lambda: claim(now=clock(), exchange=exchange.id, forms=tuple(TELLS)))
    if held is None:
        return 0
    # 2. What is to be said now, from what was matched and decided.
    due = atomically(lambda: _due(held, desk, clock()))
    entries = entries_by_id(ids=[t.entry for t in due])
    secrets, form = secrets_of(exchange=held, keys=desk.keys), TELLS[held.form]
    sent = 0
    for t in due:
        e = entries.get(t.entry)
        asking = form.tell(
            member=e.member, entry_id=e.entry_id, type_=e.type, value=e.value, word=t.word, secrets=secrets
        ) if e is not None and e.entry_id else None  # fmt: skip
        # 3. Sent while no transaction is open; what became of it is written at once.
        status = send(exchange=held, asking=asking, out=out).status if asking else 0
        state = "delivered" if 200 <= status < 300 else "waiting" if asking and not _no(status) else "refused"
        atomically(lambda t=t, state=state, asked=asking is not None, s=status: _end(held, t, state, asked, s, clock()))  # type: ignore[misc]
        sent += state == "delivered"
        if state == "waiting":
            break
    atomically(lambda: put_progress(exchange=hold(exchange=held, now=clock()), lease_until=None))
    return sent


def _no(status: int) -> bool:
    """Is it this word that is refused, for good?"""
    return 300 <= status < 500 and status not in _LATER


def _due(exchange: ExchangeView, desk: Desk, now: datetime) -> list[ToTell]:
    hold(exchange=exchange, now=now)
    bank = next(b for b in banks() if b.id == exchange.bank)
    rule = desk.policy.match
    put_words(exchange=exchange, words=found_of_bank(bank=bank.name, equal=rule.pdq_equal, quality=rule.quality), now=now)
    return due_words(exchange=exchange, now=now, most=_MOST)


def _end(exchange: ExchangeView, told: ToTell, state: str, asked: bool, status: int, now: datetime) -> None:
    writes = Writes()
    hold(exchange=exchange, now=now)
    end_word(exchange=exchange, told=told, state=state, now=now)
    if asked:
        facts = {"exchange": str(exchange.id), "entry": told.entry, "word": told.word, "state": state, "status": status}
        record(writes, kind="exchange.told", actor="desk", now=now, facts=facts)
    writes.send()
