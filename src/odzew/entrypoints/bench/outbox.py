"""`odzew bench outbox`: deliveries a second through our own outbox, against procrastinate's jobs on the same database."""

from __future__ import annotations

import importlib.util
import time
import uuid
from typing import Any, Final

from odzew.entrypoints.bench.data import Figure, higher_is_better, median
from odzew.entrypoints.bench.ground import Ground, ground
from odzew.foundation.moments import utc_now

COUNT: Final = 1_000
ROUNDS: Final = 3


def run(*, full: bool = False) -> list[Figure]:
    """Measure how many things that do nothing are claimed, done and finished a second by one worker thread of each.

    Without procrastinate (the extra `odzew[peers]`) there is no peer in the figure.
    """
    count = COUNT * 5 if full else COUNT
    has_peer = importlib.util.find_spec("procrastinate") is not None
    ours: list[float] = []
    peer: list[float] = []
    with ground() as desk:
        queue = _queue(desk) if has_peer else None
        for _ in range(ROUNDS):
            ours.append(_own(count))
            if queue is not None:
                peer.append(_theirs(queue, desk.url, count))
    if not peer:
        return [
            Figure(
                figure="deliveries_per_second", ours=median(values=ours), peer=None, ratio=None, unit="1/s", peer_name="", n=count
            )
        ]
    return [
        higher_is_better(
            figure="deliveries_per_second",
            ours=median(values=ours),
            peer=median(values=peer),
            unit="1/s",
            peer_name="procrastinate, one worker",
            n=count,
        )
    ]


def _own(count: int) -> float:
    from django.db import transaction

    from odzew.entrypoints.runtime import make_desk
    from odzew.foundation.outgoing import Http
    from odzew.foundation.settings import settings
    from odzew.foundation.writes import Writes
    from odzew.ledger.outbox import leave
    from odzew.usecases.enforce import enforce

    desk = make_desk(chosen=settings())
    with transaction.atomic():
        writes = Writes()
        for _ in range(count):
            leave(writes, kind="alarm", subject=uuid.uuid4(), case=None, platform=None, payload={}, now=utc_now())
        writes.send()
    begin, done = time.perf_counter(), 0
    while done < count:
        done += enforce(desk=desk, out=Http(), alarm=lambda payload, at: True, clock=utc_now)
    return count / (time.perf_counter() - begin)


def _queue(desk: Ground) -> Any:
    procrastinate = importlib.import_module("procrastinate")
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=desk.url))

    @app.task(name="nothing")  # type: ignore[untyped-decorator]
    def nothing(number: int) -> None:
        return None

    with app.open():
        app.schema_manager.apply_schema()
    return app


def _theirs(app: Any, url: str, count: int) -> float:
    procrastinate = importlib.import_module("procrastinate")
    with app.open():
        app.configure_task("nothing").batch_defer(*({"number": n} for n in range(count)))
    worker = app.with_connector(procrastinate.PsycopgConnector(conninfo=url))
    begin = time.perf_counter()
    worker.run_worker(wait=False, concurrency=1, install_signal_handlers=False, listen_notify=False, delete_jobs="never")
    return count / (time.perf_counter() - begin)
