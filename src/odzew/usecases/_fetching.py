"""Shared: one page of a list is stored with its checkpoint, or passed over; and what went wrong is kept and rung."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.alarms.api import ring
from odzew.banks.api import lock_bank
from odzew.banks.data import BankView, NewHash
from odzew.banks.entries import refusal, replace_entries
from odzew.exchanges.data import ExchangeView, Name, Page, Record, Stretch
from odzew.exchanges.progress import (
    MOST_GAPS,
    afresh,
    close_stretch,
    forget_heard,
    hold,
    more_bad,
    more_unusable,
    newest,
    open_stretch,
    put_progress,
    put_stretch,
    stretches,
)
from odzew.exchanges.register import WIDEST
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.usecases._paging import Failure
from odzew.usecases.bank_entries import say_stored

PATIENCE: Final = 5  # how often a page fails in any way before the list is read on without it
LEAST: Final = timedelta(minutes=1)
TOKEN_LIVES: Final = timedelta(hours=12)
# Lists older than this are short: what changed before is one stretch.
BEFORE: Final = datetime.fromisoformat("2012-01-01T00:00:00+00:00")
_LONGEST_WAIT: Final = timedelta(hours=6)
_AGAIN: Final = timedelta(hours=24)


def store(*, exchange: ExchangeView, stretch: Stretch, page: Page, actor: str, now: datetime) -> ExchangeView:
    """Store a page, its events and the checkpoint behind it in one transaction.

    Raises `Conflict` if somebody else reads this list by now: then nothing is stored.
    """

    def work() -> ExchangeView:
        writes = Writes()
        # 1. Only who holds the turn writes.
        held = hold(exchange=exchange, now=now)
        bank = lock_bank(bank=held.bank)
        # 2. What the page says of each entry replaces what was said before, unless that was newer.
        fresh = newest(exchange=held, records=page.records)
        held = _put_records(writes, held, bank, fresh, _sums(held, page), actor, now)
        # 3. The checkpoint, in the same transaction.
        held = put_progress(exchange=held, failures=0, refused_rung_at=None)
        held = _advance(writes, held, stretch, page, now)
        writes.send()
        return held

    return atomically(work)


def _sums(held: ExchangeView, page: Page) -> dict[str, Any]:
    return {
        "unusable": more_unusable(before=dict(held.unusable), new=dict(page.unusable)),
        "malformed": held.malformed + len(page.malformed),
        "bad_ids": more_bad(before=held.bad_ids, new=page.malformed),
    }


def _put_records(
    writes: Writes, held: ExchangeView, bank: BankView, fresh: list[Record], sums: dict[str, Any], actor: str, now: datetime
) -> ExchangeView:
    entries: dict[Name, list[NewHash]] = {}
    refused: dict[str, int] = {}
    for r in fresh:
        entries[r.name] = []
        for h in r.hashes:
            if refusal(bank=bank, given=h):
                refused[h.type] = refused.get(h.type, 0) + 1
            else:
                entries[r.name].append(h)
    stored = replace_entries(writes, bank=bank, entries=entries, now=now)
    named = [replace(h, member=name[0], entry_id=name[1]) for name, hashes in entries.items() for h in hashes]
    source: dict[str, object] = {"exchange": str(held.id)}
    say_stored(writes, bank=bank, stored=stored, gone=stored.withdrawn, hashes=named, source=source, actor=actor, now=now)
    sums = {
        **sums,
        "unusable": more_unusable(before=sums["unusable"], new=refused),
        "added": held.added + len(stored.added),
        "changed": held.changed + len(stored.changed),
        "withdrawn": held.withdrawn + len(stored.withdrawn),
    }
    return put_progress(exchange=held, **sums)


def _advance(writes: Writes, held: ExchangeView, stretch: Stretch, page: Page, now: datetime) -> ExchangeView:
    """Move on to the next page, or close the stretch and open the one behind it."""
    pages = stretch.pages + 1
    if page.token:
        mark = page.token if pages & (pages - 1) == 0 else stretch.mark
        put_stretch(
            stretch=replace(
                stretch, token=page.token, token_at=now, pages=pages, mark=mark, tries=0, resume=page.resume or stretch.resume
            )
        )
        return held
    close_stretch(stretch=stretch)
    if stretch.gap:
        return held
    end = stretch.until or _resumed(held, stretch, page)
    if stretch.until is None:
        return put_progress(exchange=held, since=end)
    held = put_progress(exchange=held, since=end, span=min(held.span * 2, WIDEST))
    read_on(writes, exchange=held, since=end, now=now)
    return held


def _resumed(held: ExchangeView, stretch: Stretch, page: Page) -> datetime:
    """From when an open list is asked for next: what the service says, but never later than when this fetch began."""
    begun = held.begun_at or stretch.opened_at
    return max(stretch.since, min(page.resume or stretch.resume or begun, begun))


def read_on(writes: Writes, *, exchange: ExchangeView, since: datetime, now: datetime) -> None:
    """Open the next stretch of a list whose stretches have an end, if the fetch that is under way reaches further."""
    if exchange.target is not None and since < exchange.target:
        short = BEFORE if exchange.span >= WIDEST else since
        until = min(exchange.target, max(since + exchange.span, short))
        open_stretch(writes, exchange=exchange, since=since, until=until, now=now)


def pass_over(*, exchange: ExchangeView, stretch: Stretch, failure: Failure, now: datetime) -> ExchangeView:
    """Read on without a page that does not come: in smaller stretches, until what is left out is a gap of a minute.

    A list whose stretches have no end is read on from a later moment instead, further each time; its gap reaches from the page's stretch
    until whatever comes. Gaps are tried again at every fetch. Raises `Conflict` if somebody else reads this list by now.
    """

    def work() -> ExchangeView:
        writes = Writes()
        held = hold(exchange=exchange, now=now)
        if stretch.until is not None and stretch.until - stretch.since > LEAST:
            half = max(LEAST, (stretch.until - stretch.since) / 2)
            half -= timedelta(microseconds=half.microseconds)
            put_stretch(stretch=replace(afresh(stretch=stretch), until=stretch.since + half))
            return put_progress(exchange=held, span=half)
        gaps = [s for s in stretches(exchange=held) if s.gap]
        if len(gaps) >= MOST_GAPS:
            raise TooManyGaps("too many gaps")
        close_stretch(stretch=stretch)
        held = _leave_gap(writes, held, stretch, gaps, failure, now)
        writes.send()
        return held

    return atomically(work)


def end_entries(writes: Writes, *, exchange: ExchangeView, names: Sequence[Name], actor: str, now: datetime) -> int:
    """Withdraw entries that this exchange brought and will not speak of again, in the transaction that is open; return how many hashes
    went."""
    bank = lock_bank(bank=exchange.bank)
    stored = replace_entries(writes, bank=bank, entries=dict.fromkeys(names, ()), now=now)
    source: dict[str, object] = {"exchange": str(exchange.id)}
    say_stored(writes, bank=bank, stored=stored, gone=stored.withdrawn, hashes=(), source=source, actor=actor, now=now)
    forget_heard(exchange=exchange, names=names)
    return len(stored.withdrawn)


class TooManyGaps(Exception):
    """So much of a list cannot be read that it is not read on."""


def _leave_gap(
    writes: Writes, held: ExchangeView, stretch: Stretch, gaps: list[Stretch], failure: Failure, now: datetime
) -> ExchangeView:
    bounded = stretch.until is not None
    if bounded or not any(g.until is None for g in gaps):
        open_stretch(writes, exchange=held, since=stretch.since, until=stretch.until, now=now, gap=True, why=failure.word)
        facts = {"exchange": str(held.id), "status": failure.status}
        record(writes, kind="exchange.gap", actor="desk", now=now, facts=facts)
        held = ring_gap(writes, exchange=held, now=now)
    held = put_progress(exchange=held, fault=failure.word, fault_status=failure.status, fault_at=now)
    if stretch.until is not None:
        held = put_progress(exchange=held, since=stretch.until)
        read_on(writes, exchange=held, since=stretch.until, now=now)
        return held
    return _leap(writes, held, stretch, now)


def _leap(writes: Writes, held: ExchangeView, stretch: Stretch, now: datetime) -> ExchangeView:
    """Read a list without ends on from a later moment: a minute, and twice as far each time."""
    step, begun = max(LEAST, held.span), held.begun_at or now
    later = stretch.since + min(step, begun - stretch.since)
    if later < begun:
        open_stretch(writes, exchange=held, since=later, until=None, now=now)
    return put_progress(exchange=held, span=step * 2, since=later)


def ring_gap(writes: Writes, *, exchange: ExchangeView, now: datetime) -> ExchangeView:
    """Ring, once a day, that a part of a list is not here as its service has it."""
    if not _may_ring(exchange.gap_rung_at, now):
        return exchange
    ring(writes, code="exchange_gap", now=now, facts={"exchange": str(exchange.id)})
    return put_progress(exchange=exchange, gap_rung_at=now)


def _may_ring(rung: datetime | None, now: datetime) -> bool:
    return rung is None or now - rung >= _AGAIN


def keep_fault(*, exchange: ExchangeView, stretch: Stretch | None, failure: Failure, now: datetime) -> None:
    """Keep what went wrong, let go of the exchange, and come back later: later each time, and not before the service asked for.

    A service that refuses us is asked rarely, and an alarm rings once a day.
    """

    def work() -> None:
        writes = Writes()
        held = hold(exchange=exchange, now=now)
        failures = held.failures + 1
        if stretch is not None:
            put_stretch(stretch=replace(stretch, tries=stretch.tries + 1))
        changes: dict[str, Any] = {"fault": failure.word, "fault_status": failure.status, "fault_at": now, "failures": failures}
        record(
            writes,
            kind="exchange.failed",
            actor="desk",
            now=now,
            facts={"exchange": str(held.id), "how": failure.kind, "status": failure.status},
        )
        if failure.kind != "away" and _may_ring(held.refused_rung_at, now):
            ring(writes, code="exchange_refused", now=now, facts={"exchange": str(held.id), "status": failure.status})
            changes["refused_rung_at"] = now
        wait = _wait(failure, failures)
        put_progress(exchange=held, **changes, next_at=now + wait, lease_until=None)
        writes.send()

    atomically(work)


def _wait(failure: Failure, failures: int) -> timedelta:
    away = failure.kind == "away"
    first, longest = (timedelta(seconds=30), timedelta(hours=1)) if away else (timedelta(minutes=15), _LONGEST_WAIT)
    doubled: timedelta = first * 2 ** min(failures - 1, 20)
    return min(max(min(doubled, longest), timedelta(seconds=failure.retry_after)), _LONGEST_WAIT)


def stays_gap(*, exchange: ExchangeView, gap: Stretch, failure: Failure, now: datetime) -> None:
    """What could not be read cannot be read yet; it is tried again from its beginning."""

    def work() -> None:
        hold(exchange=exchange, now=now)
        put_stretch(stretch=replace(afresh(stretch=gap), tries=gap.tries + 1, why=failure.word))

    atomically(work)


def starts_over(*, exchange: ExchangeView, stretch: Stretch, now: datetime) -> Stretch:
    """Begin a stretch again: the name of its next page is too old, or the service knows it no more."""

    def work() -> Stretch:
        hold(exchange=exchange, now=now)
        new = afresh(stretch=stretch)
        put_stretch(stretch=new)
        return new

    return atomically(work)
