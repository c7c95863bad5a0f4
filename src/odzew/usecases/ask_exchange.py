"""A service is asked whether it knows pictures of open child-safety cases; what it knows becomes an entry of its bank, and so a match."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.banks.api import lock_bank
from odzew.banks.data import NewHash
from odzew.banks.entries import replace_entries
from odzew.cases.prints import prints_of_open_child_cases
from odzew.exchanges.data import Answered, ExchangeView, Name, Unreadable
from odzew.exchanges.forms.table import LOOKUPS
from odzew.exchanges.progress import claim, hold, put_progress
from odzew.exchanges.register import exchange_named, find, secrets_of
from odzew.exchanges.saying import not_asked, put_answers, put_asked
from odzew.foundation.errors import Conflict, Forbidden, Invalid
from odzew.foundation.outgoing import Asker
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.usecases._fetching import keep_fault
from odzew.usecases._paging import Failure, failure_of, send
from odzew.usecases.bank_entries import say_stored
from odzew.usecases.desk import Desk

# The word for which an answer about the very same picture is taken as confirmed; whatever else it says, a person looks.
CONFIRMED: Final = "csam"
_STEP: Final = 500

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAbout:
    """How many hashes were asked about, how many of them it knew, whether more wait, and why it did not answer, in a word or two."""

    asked: int
    known: int
    more: bool
    fault: str = ""


def ask_exchange(*, name: str | None = None, desk: Desk, out: Asker, clock: Clock, actor: str = "desk") -> AskedAbout | None:
    """Ask the named service now, or the one that is due; None if none is, or the policy lets none be asked.

    Only PDQ hashes leave, only of public items under undecided child-safety cases, only if the policy's `leaving.exchanges` names the
    service, and never one that was made in the fast way. They are on the record before they are sent. Raises `NotFound`, `Invalid`
    (it is not asked about hashes), `Forbidden` (the policy), `Conflict` (paused, or another process asks it).
    """
    # 1. Only whom the policy names, one process at a time.
    exchange = _taken(name, desk, clock())
    if exchange is None:
        return None
    form, secrets = LOOKUPS[exchange.form], secrets_of(exchange=exchange, keys=desk.keys)
    # 2. What is about to leave is on the record first.
    values = _unasked(exchange, form.at_once, clock())
    if values:
        atomically(lambda: _note(exchange, values, actor, clock()))
        # 3. Nothing outside is asked while a transaction is open.
        reply = send(exchange=exchange, asking=form.ask_about(values=values, secrets=secrets), out=out)
        failure = failure_of(reply=reply)
        try:
            answers = () if failure else form.read_answers(body=reply.body, values=values)
        except Unreadable as error:
            failure = Failure(kind="damaged", word=str(error), status=reply.status)
        if failure is not None:
            keep_fault(exchange=exchange, stretch=None, failure=failure, now=clock())
            return AskedAbout(asked=len(values), known=0, more=False, fault=failure.word)
        # 4. What it knows is an entry of its bank; the search for copies finds it there.
        atomically(lambda: _keep(exchange, values, {a.value: a for a in answers}, actor, clock()))
    else:
        answers = ()
    more = len(values) == form.at_once
    atomically(lambda: _let_go(exchange, more, clock()))
    return AskedAbout(asked=len(values), known=len(answers), more=more)


def _taken(name: str | None, desk: Desk, now: datetime) -> ExchangeView | None:
    if name is None:
        allowed = [e for e in map(_found, sorted(desk.policy.exchanges_may_hear)) if e is not None]
        ready = [e for e in allowed if e.state == "running" and e.next_at <= now]
        return next((c for e in ready if (c := _claimed(e, now)) is not None), None)
    known = exchange_named(name=name)
    if known.form not in LOOKUPS:
        raise Invalid(f"The exchange {name} is a list that is fetched; it is not asked about hashes.")
    if name not in desk.policy.exchanges_may_hear:
        raise Forbidden(f"The policy lets nothing be asked of {name}; add it to leaving.exchanges in the policy file if it may.")
    if known.state != "running" or (taken := _claimed(known, now)) is None:
        raise Conflict(f"The exchange {name} is paused, or another process asks it now.")
    return taken


def _found(name: str) -> ExchangeView | None:
    found = find(name=name)
    return found if found is not None and found.form in LOOKUPS else None


def _claimed(exchange: ExchangeView, now: datetime) -> ExchangeView | None:
    return atomically(lambda: claim(now=now, exchange=exchange.id, forms=tuple(LOOKUPS)))


def _unasked(exchange: ExchangeView, most: int, now: datetime) -> tuple[bytes, ...]:
    found: list[bytes] = []
    after = 0
    while len(found) < most and (some := prints_of_open_child_cases(after=after, most=_STEP)):
        after = some[-1].number
        found += not_asked(exchange=exchange, values=[p.looks.pdq for p in some if p.looks.pdq], now=now)
    return tuple(sorted(dict.fromkeys(found)))[:most]


def _note(exchange: ExchangeView, values: tuple[bytes, ...], actor: str, now: datetime) -> None:
    writes = Writes()
    hold(exchange=exchange, now=now)
    put_asked(exchange=exchange, values=values, now=now)
    digest = hashlib.sha256(b"".join(values)).hexdigest()
    facts = {"exchange": str(exchange.id), "hashes": len(values), "digest": digest}
    record(writes, kind="exchange.asked", actor=actor, now=now, facts=facts)
    writes.send()


def _keep(exchange: ExchangeView, values: tuple[bytes, ...], answers: Mapping[bytes, Answered], actor: str, now: datetime) -> None:
    writes = Writes()
    held = hold(exchange=exchange, now=now)
    bank = lock_bank(bank=held.bank)
    entries: dict[Name, list[NewHash]] = {("", f"pdq:{v.hex()}"): _entry(v, answers.get(v)) for v in values}
    stored = replace_entries(writes, bank=bank, entries=entries, now=now)
    hashes = [h for given in entries.values() for h in given]
    source: dict[str, object] = {"exchange": str(held.id)}
    say_stored(writes, bank=bank, stored=stored, gone=stored.withdrawn, hashes=hashes, source=source, actor=actor, now=now)
    put_answers(exchange=held, values=values, answers=answers, now=now)
    record(
        writes,
        kind="exchange.answered",
        actor=actor,
        now=now,
        facts={"exchange": str(held.id), "hashes": len(values), "known": len(answers)},
    )
    put_progress(
        exchange=held, added=held.added + len(stored.added), withdrawn=held.withdrawn + len(stored.withdrawn), complete_at=now
    )
    writes.send()


def _entry(value: bytes, answer: Answered | None) -> list[NewHash]:
    """Near is not equal (practice 8): only the very same picture, by its gravest word, is confirmed."""
    if answer is None:
        return []
    opinion = "confirmed" if answer.exact and answer.classification == CONFIRMED else "seed"
    return [NewHash(type="pdq", value=value, category=answer.classification, opinion=opinion)]  # type: ignore[arg-type]


def _let_go(exchange: ExchangeView, more: bool, now: datetime) -> None:
    held = hold(exchange=exchange, now=now)
    put_progress(exchange=held, next_at=now if more else now + held.every, lease_until=None, fault="", fault_status=0, failures=0)
