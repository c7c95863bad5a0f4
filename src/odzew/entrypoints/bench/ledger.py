"""`odzew bench ledger`: sealing and proving many events in the real database, and random tampering, all of which must be caught."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from odzew.entrypoints.bench.data import Figure, higher_is_better, lower_is_better, median
from odzew.entrypoints.bench.ground import ground
from odzew.entrypoints.bench.tampering import honest, tamper
from odzew.foundation.moments import utc_now

TAMPERINGS: Final = 10_000
PEER_EVENTS: Final = 20_000
ROUNDS: Final = 3
_PROMISED: Final = 30.0 / 1_000_000
_PEER: Final = "pymerkle"

_FILL: Final = """
INSERT INTO ledger_event (id, "at", kind, actor, case_id, data)
SELECT id, "at", 'bench.act', 'clock', case_id, convert_to('{"actor":"clock","at":"'
  || to_char("at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","case":"' || case_id || '","facts":{"n":' || n
  || ',"item":"item-' || n || '"},"id":"' || id || '","kind":"bench.act"}', 'UTF8')
FROM (SELECT n, ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid AS id,
  ('01900000-0000-7000-9000-' || lpad((n / 5)::text, 12, '0'))::uuid AS case_id,
  timestamptz '2026-01-01 00:00+00' + n * interval '1 second' AS "at" FROM generate_series(%s::int, %s::int) n) f
"""


def run(*, full: bool = False) -> list[Figure]:
    """Measure events sealed a second, a whole proof, and tamperings caught; `full`: with 1,000,000 events instead of 100,000."""
    events = 1_000_000 if full else 100_000
    with ground():
        sealed = _seal(events)
        proofs = _prove(events, rounds=1 if full else ROUNDS)
    folded, peer_folded, peer_stored = _turns()
    figures = [
        lower_is_better(
            figure="verify_whole",
            ours=median(values=proofs),
            peer=events * _PROMISED,
            unit="s",
            peer_name="the promised limit",
            n=events,
        ),
        _rate("sealed_per_second", sealed, peer_stored, f"{_PEER} SqliteTree", events),
        _rate("leaves_per_second_in_memory", folded, peer_folded, f"{_PEER} InmemoryTree", PEER_EVENTS),
    ]
    caught, alarms = _tamperings()
    return [
        *figures,
        higher_is_better(
            figure="tamperings_caught", ours=caught, peer=TAMPERINGS, unit="caught", peer_name="all of them", n=TAMPERINGS
        ),
        Figure(
            figure="false_alarms",
            ours=alarms,
            peer=0,
            ratio=0.0 if alarms else 1.0,
            unit="alarms",
            peer_name="the promised limit",
            n=TAMPERINGS // 20,
        ),
    ]


def _rate(figure: str, ours: list[float], peer: list[float], name: str, n: int) -> Figure:
    if not peer:
        return Figure(figure=figure, ours=median(values=ours), peer=None, ratio=None, unit="1/s", peer_name="", n=n)
    return higher_is_better(figure=figure, ours=median(values=ours), peer=median(values=peer), unit="1/s", peer_name=name, n=n)


def _seal(events: int) -> list[float]:
    """Store events as writers leave them, seal them batch by batch, sign each 20,000; return the rates of the batches."""
    from odzew.entrypoints.runtime import make_desk
    from odzew.foundation.settings import settings
    from odzew.foundation.writes import fetch_none
    from odzew.usecases.seal_record import LIMIT, seal_record
    from odzew.usecases.sign_checkpoint import sign_checkpoint

    desk, rates = make_desk(chosen=settings()), list[float]()
    for first in range(1, events + 1, 100_000):
        fetch_none(_FILL, [first, min(first + 99_999, events)])
    fetch_none("VACUUM ANALYZE ledger_event", [])
    while True:
        begin = time.perf_counter()
        done = seal_record(desk=desk, now=utc_now())
        if not done:
            return rates
        rates.append(done / (time.perf_counter() - begin))
        sign_checkpoint(desk=desk, now=utc_now(), every=timedelta(0))
        if done < LIMIT:
            return rates


def _prove(events: int, *, rounds: int) -> list[float]:
    from odzew.entrypoints.runtime import make_desk
    from odzew.foundation.settings import settings
    from odzew.usecases.verify_record import verify_record

    desk, took = make_desk(chosen=settings()), list[float]()
    for _ in range(rounds):
        begin = time.perf_counter()
        found = verify_record(desk=desk, now=utc_now())
        took.append(time.perf_counter() - begin)
        if not found.ok or found.events != events:
            raise RuntimeError(f"an honest record of {events} events was not found good: {found.findings[:1]}")
    return took


def _turns() -> tuple[list[float], list[float], list[float]]:
    """Leaves appended a second in memory, and the peer's two ways, in rounds that take turns; the peer's are empty without it."""
    data = [b'{"actor":"clock","facts":{"n":%d},"kind":"bench.act"}' % n for n in range(PEER_EVENTS)]
    ours, memory, stored = list[float](), list[float](), list[float]()
    for _ in range(ROUNDS):
        ours.append(_timed(partial(_ours, data)))
        if find_spec("pymerkle"):
            memory.append(_timed(partial(_peer_in_memory, data)))
            stored.append(_timed(partial(_peer_stored, data)))
    return ours, memory, stored


def _peer_in_memory(data: list[bytes]) -> None:
    import pymerkle

    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for one in data:
        tree.append_entry(one)


def _peer_stored(data: list[bytes]) -> None:
    """The same work as ours: batches of the same size in a transaction each, and the root after each."""
    import pymerkle

    from odzew.ledger.sequencer import BATCH

    with tempfile.TemporaryDirectory(prefix="odzew-bench-") as folder:
        tree = pymerkle.SqliteTree(str(Path(folder) / "tree.db"), algorithm="sha256")
        for first in range(0, len(data), BATCH):
            tree.append_entries(data[first : first + BATCH])
            tree.get_state()
        tree.close()


def _ours(data: list[bytes]) -> None:
    from odzew.ledger.merkle import Frontier, grow, leaf_hash

    grow(frontier=Frontier(), leaves=[leaf_hash(data=one) for one in data])


def _timed(what: Callable[[], object]) -> float:
    begin = time.perf_counter()
    what()
    return PEER_EVENTS / (time.perf_counter() - begin)


def _tamperings() -> tuple[int, int]:
    """Tamper with small records at random; return how often it was caught and named, and how many honest records were accused."""
    rng, caught, alarms = random.Random(20260302), 0, 0  # noqa: S311 - not a secret: the same tamperings in every run
    for _ in range(TAMPERINGS // 20):
        record = honest(rng=rng, events=rng.randrange(2, 80))
        alarms += bool(record.check())
        caught += sum(tamper(rng=rng, record=record).caught for _ in range(20))
    return caught, alarms
