"""What the lead's page rests on: a bounded number of questions, read as of one moment and kept for a minute. Nothing in it is of one person."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from odzew.alarms.figures import Rang, rang
from odzew.cases.figures import Views, Waits, copies, views_after, waits
from odzew.decisions.figures import Appealed, appeals
from odzew.enforcement.figures import Holds, Road, holds, times
from odzew.exposures.figures import Clusters, Day, decided_unseen, looked, views_a_cluster
from odzew.ledger.stored import unchanging
from odzew.notices.figures import Accuracy, accuracy

WINDOWS: Final = (7, 30, 90)
USUAL: Final = 30
# Below so many cases a median says more of chance than of the desk.
FEW: Final = 5
_KEPT_FOR: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """The desk as a whole at a moment; all but what waits is of the last `days`."""

    at: datetime
    days: int
    waits: list[Waits]
    roads: list[Road]
    views: Views
    copies: dict[str, int]
    holds: Holds
    appeals: list[Appealed]
    alarms: list[Rang]
    avoided: dict[str, int]
    looked: list[Day]
    clusters: Clusters
    sources: list[Accuracy]


def read_whole(*, days: int, now: datetime) -> Whole:
    """Read the figures of the last `days` as of one moment."""
    since = now - timedelta(days=days)
    with unchanging():
        return Whole(
            at=now,
            days=days,
            waits=waits(now=now),
            roads=times(since=since, until=now),
            views=views_after(since=since, until=now),
            copies=copies(since=since, until=now),
            holds=holds(since=since, until=now),
            appeals=appeals(since=since, until=now),
            alarms=rang(since=since, until=now),
            avoided=decided_unseen(since=since, until=now),
            looked=looked(since=since, until=now),
            clusters=views_a_cluster(since=since, until=now),
            sources=accuracy(since=since, until=now),
        )


_kept: dict[int, Whole] = {}
_reading = threading.Lock()


def whole(*, days: int, now: datetime) -> Whole:
    """Return the figures, read at most once a minute by this process however many ask; the page says as of when they are."""
    with _reading:
        known = _kept.get(days)
        if known is None or not timedelta(0) <= now - known.at < _KEPT_FOR:
            known = _kept[days] = read_whole(days=days, now=now)
        return known


def forget() -> None:
    """Read anew at the next question."""
    _kept.clear()
