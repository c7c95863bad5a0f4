"""A list of known hashes is fetched from its service: what changed there is the same here, page by page, however often it breaks off."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.exchanges.data import EPOCH, ExchangeView, ListForm, Stretch
from odzew.exchanges.forms.table import LISTS
from odzew.exchanges.progress import (
    claim,
    close_stretch,
    count_named,
    hold,
    not_named,
    open_stretch,
    put_progress,
    stretches,
)
from odzew.exchanges.register import WIDEST, exchange_named, secrets_of
from odzew.foundation.errors import Conflict, Invalid
from odzew.foundation.ids import new_id
from odzew.foundation.outgoing import Asker
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.usecases._fetching import (
    PATIENCE,
    TOKEN_LIVES,
    TooManyGaps,
    end_entries,
    keep_fault,
    pass_over,
    read_on,
    ring_gap,
    starts_over,
    stays_gap,
    store,
)
from odzew.usecases._paging import Failure, answers_elsewhere, ask_page, is_door
from odzew.usecases.desk import Desk
from odzew.usecases.import_bank import SMALL

MOST: Final = 100  # pages of one call, so that other lists have their turn
# A list is read up to a minute ago, and from ten minutes before where it was left: its service's clock is not ours.
LAG: Final = timedelta(minutes=1)
OVERLAP: Final = timedelta(minutes=10)
_AT_ONCE: Final = 1_000

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one call did. `more`: the fetch goes on at the next call. `complete`: it is through and left nothing out.
    `fault`: why not, in a word or two. The sums are since the exchange was enrolled."""

    exchange: ExchangeView
    pages: int
    more: bool
    complete: bool
    fault: str = ""
    gaps: int = 0


def fetch_exchange(
    *,
    name: str | None = None,
    desk: Desk,
    out: Asker,
    clock: Clock,
    actor: str = "desk",
    most: int = MOST,
    shrink: bool = False,
    progress: Callable[[ExchangeView], None] = lambda _view: None,
) -> Fetched | None:
    """Fetch what is new on a list: the named one now, or the one that has been due longest; None if none is due.

    At most `most` pages, each stored in one transaction with its checkpoint and events; nothing outside is asked while one is open.
    Killed at any moment and called again, it goes on from the last page. With `shrink` a whole reading may withdraw more than half of a
    large list. Raises `NotFound`, `Conflict` (it is paused, or another process fetches it), `Invalid` (it has no list to fetch).
    """
    # 1. One process at a time reads a list.
    exchange = _taken(name, clock())
    if exchange is None:
        return None
    form, secrets = LISTS[exchange.form], secrets_of(exchange=exchange, keys=desk.keys)
    # 2. A fetch begins, or goes on where it was.
    if exchange.target is None:
        exchange = _begin(exchange, form, actor, clock())
    run = _Run(form=form, secrets=secrets, out=out, clock=clock, actor=actor, progress=progress)
    try:
        # 3. What changed, page by page.
        exchange, failure = run.main(exchange, most)
        if failure is None and run.pages < most:
            # 4. What could not be read before.
            exchange = run.gaps(exchange, most)
    except TooManyGaps as error:
        failure = Failure(kind="damaged", word=str(error))
        keep_fault(exchange=exchange, stretch=None, failure=failure, now=clock())
    if failure is not None:
        return _told(exchange, run.pages, more=False, fault=failure.word)
    if run.pages >= most:
        _let_go(exchange, clock())
        return _told(exchange, run.pages, more=True)
    # 5. It is through; a list that was read as a whole ends what it no longer names.
    return _finish(exchange, run.pages, actor, shrink, clock)


def _taken(name: str | None, now: datetime) -> ExchangeView | None:
    wanted: uuid.UUID | None = None
    if name is not None:
        known = exchange_named(name=name)
        if known.form not in LISTS:
            raise Invalid(f"The exchange {name} has no list to fetch; it is asked about hashes: `odzew exchange ask {name}`.")
        if known.state != "running":
            raise Conflict(f"The exchange {name} is {known.state}; `odzew exchange resume {name}` lets it run again.")
        wanted = known.id
    found = atomically(lambda: claim(now=now, exchange=wanted))
    if found is None and name is not None:
        raise Conflict(f"The exchange {name} is being fetched by another process; `odzew exchange list` shows how far it is.")
    return found


def _begin(exchange: ExchangeView, form: ListForm, actor: str, now: datetime) -> ExchangeView:
    """Open the first stretch. Whoever was away for longer than withdrawals are kept reads the whole list anew."""

    def work() -> ExchangeView:
        writes = Writes()
        held = hold(exchange=exchange, now=now)
        last = held.through_at
        again = form.whole_after is not None and last is not None and now - last > form.whole_after
        target = now.replace(microsecond=0) - LAG
        since = EPOCH if again else max(EPOCH, held.since - OVERLAP)
        span = WIDEST if form.bounded else timedelta(0)
        held = put_progress(
            exchange=held,
            target=target,
            begun_at=target,
            span=span,
            since=since,
            reading=new_id(now=now) if again else held.reading,
        )
        if again:
            for gap in stretches(exchange=held):
                close_stretch(stretch=gap)
        if form.bounded:
            read_on(writes, exchange=held, since=since, now=now)
        else:
            open_stretch(writes, exchange=held, since=since, until=None, now=now)
        record(writes, kind="exchange.fetch_begun", actor=actor, now=now, facts={"exchange": str(held.id), "whole": again})
        writes.send()
        return held

    return atomically(work)


class _Run:
    """One call on its way."""

    def __init__(
        self,
        *,
        form: ListForm,
        secrets: Mapping[str, str],
        out: Asker,
        clock: Clock,
        actor: str,
        progress: Callable[[ExchangeView], None],
    ) -> None:
        self._form, self._secrets, self._out = form, secrets, out
        self._clock, self._actor, self._progress = clock, actor, progress
        self._again: set[tuple[uuid.UUID, datetime | None]] = set()
        self._lives = False
        self.pages = 0

    def main(self, exchange: ExchangeView, most: int) -> tuple[ExchangeView, Failure | None]:
        """Read what is new until it is through, or until `most` pages, or something that needs time to pass."""
        while self.pages < most and (stretch := _main(exchange)) is not None:
            exchange, failure = self._page(exchange, stretch)
            if failure is None:
                continue
            if failure.kind == "refused" and stretch.token and not is_door(failure=failure):
                # The name of the page may be too old; if it is refused when it is new, it is the page itself.
                if (stretch.id, stretch.until) not in self._again:
                    self._again.add((stretch.id, stretch.until))
                    starts_over(exchange=exchange, stretch=stretch, now=self._clock())
                    continue
                failure = replace(failure, kind="damaged")
            over = failure.kind == "endless" or self._is_the_page(exchange, stretch, failure)
            if over:
                exchange = pass_over(exchange=exchange, stretch=stretch, failure=failure, now=self._clock())
            if not over or failure.kind != "damaged":
                tried = None if over else stretch
                keep_fault(exchange=exchange, stretch=tried, failure=failure, now=self._clock())
                return exchange, failure
        return exchange, None

    def _is_the_page(self, exchange: ExchangeView, stretch: Stretch, failure: Failure) -> bool:
        """Is it this very page that cannot be read, or has not come for long, while others do?"""
        if failure.kind != "damaged" and (stretch.tries + 1 < PATIENCE or is_door(failure=failure)):
            return False
        if not self._lives:
            self._lives = answers_elsewhere(exchange=exchange, form=self._form, secrets=self._secrets, out=self._out)
        return self._lives

    def gaps(self, exchange: ExchangeView, most: int) -> ExchangeView:
        """Try what could not be read before; what fails again stays as it is until the next fetch."""
        for gap in [s for s in stretches(exchange=exchange) if s.gap]:
            at: Stretch | None = gap
            while at is not None and self.pages < most:
                exchange, failure = self._page(exchange, at)
                if failure is not None:
                    stays_gap(exchange=exchange, gap=at, failure=failure, now=self._clock())
                    break
                at = next((s for s in stretches(exchange=exchange) if s.id == gap.id), None)
        return exchange

    def _page(self, exchange: ExchangeView, stretch: Stretch) -> tuple[ExchangeView, Failure | None]:
        """Ask for one page and store it."""
        now = self._clock()
        if stretch.token_at is not None and now - stretch.token_at > TOKEN_LIVES:
            stretch = starts_over(exchange=exchange, stretch=stretch, now=now)
        page = ask_page(exchange=exchange, form=self._form, stretch=stretch, secrets=self._secrets, out=self._out)
        self.pages += 1
        if isinstance(page, Failure):
            return exchange, page
        exchange = store(exchange=exchange, stretch=stretch, page=page, actor=self._actor, now=self._clock())
        self._progress(exchange)
        return exchange, None


def _main(exchange: ExchangeView) -> Stretch | None:
    return next((s for s in stretches(exchange=exchange) if not s.gap), None)


def _let_go(exchange: ExchangeView, now: datetime) -> None:
    def work() -> None:
        put_progress(exchange=hold(exchange=exchange, now=now), next_at=now, lease_until=None)

    atomically(work)


def _told(exchange: ExchangeView, pages: int, *, more: bool, fault: str = "", complete: bool = False, gaps: int = 0) -> Fetched:
    return Fetched(exchange=exchange, pages=pages, more=more, complete=complete, fault=fault, gaps=gaps)


def _finish(exchange: ExchangeView, pages: int, actor: str, shrink: bool, clock: Clock) -> Fetched:
    gaps = [s for s in stretches(exchange=exchange) if s.gap]
    why = gaps[0].why if gaps else ""
    if exchange.reading is not None and not gaps:
        if not _may_end(exchange, shrink):
            why = "shrunk"
        while not why and (names := not_named(exchange=exchange, limit=_AT_ONCE)):
            exchange = _end_entries(exchange, names, actor, clock())
    exchange = _end(exchange, why, len(gaps), actor, clock())
    return _told(exchange, pages, more=False, complete=not why, fault=why, gaps=len(gaps))


def _may_end(exchange: ExchangeView, shrink: bool) -> bool:
    """A whole list that names less than half of a large one was more likely cut short than made new."""
    unnamed, every = count_named(exchange=exchange)
    return shrink or unnamed <= SMALL or unnamed * 2 <= every


def _end_entries(exchange: ExchangeView, names: list[tuple[str, str]], actor: str, now: datetime) -> ExchangeView:
    def work() -> ExchangeView:
        writes = Writes()
        held = hold(exchange=exchange, now=now)
        gone = end_entries(writes, exchange=held, names=names, actor=actor, now=now)
        held = put_progress(exchange=held, withdrawn=held.withdrawn + gone)
        writes.send()
        return held

    return atomically(work)


def _end(exchange: ExchangeView, why: str, gaps: int, actor: str, now: datetime) -> ExchangeView:
    """Write that a fetch is through, and whether it left something out."""

    def work() -> ExchangeView:
        writes = Writes()
        held = hold(exchange=exchange, now=now)
        begun = held.begun_at or now
        counts = {"added": held.added, "changed": held.changed, "withdrawn": held.withdrawn}
        facts = {"exchange": str(held.id), "gaps": gaps, "complete": not why, **counts}
        record(writes, kind="exchange.fetched", actor=actor, now=now, facts=facts)
        left: dict[str, Any] = {"fault": why, "fault_status": 0}
        if why:
            left["fault_at"] = now
            held = ring_gap(writes, exchange=held, now=now)
        else:
            left |= {"complete_at": begun, "reading": None, "gap_rung_at": None, "stale_rung_at": None}
        writes.send()
        due = max(now, begun + LAG + held.every)
        return put_progress(exchange=held, target=None, next_at=due, lease_until=None, through_at=begun, failures=0, **left)

    return atomically(work)
