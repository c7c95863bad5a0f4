"""`odzew bench form`: how soon the receipt is on the screen after Send, while notices pour in by the API, and the same without them.

One web server (two processes, as it ships) and a worker. People begin a report at a fixed pace, whether or not those before have theirs,
each from a network of their own, without a script. With Chromium and playwright also: a picture of 12 megapixels on the form's own page.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from odzew.entrypoints.bench.data import Figure, delays, higher_is_better, lower_is_better
from odzew.entrypoints.bench.ground import Ground, ground, process
from odzew.entrypoints.bench.load import Load, drive, expect_good, free_port, wait_for
from odzew.entrypoints.bench.person import Filed, file_report
from odzew.entrypoints.bench.phone import on_device

NOTICES_PER_SECOND: Final = 50.0
REPORTS_PER_SECOND: Final = 10.0
SECONDS: Final = 10.0
ITEMS: Final = 4_000
CONNECTIONS: Final = 16
PEOPLE: Final = 32
MOST_SECONDS: Final = 1.0
_WARM: Final = 1.0


def run(*, full: bool = False) -> list[Figure]:
    """Measure receipts without load and under it; `full`: each six times as long.

    Raises RuntimeError when a page or a notice is refused, or when a report with a code is not stored.
    """
    seconds = 6 * SECONDS if full else SECONDS
    with ground() as desk:
        from odzew.entrypoints.bench.notices import register

        register(desk=desk, items=ITEMS)
        port = free_port()
        os.environ["ODZEW_PORT"] = str(port)
        with process("serve"), process("worker"):
            wait_for(port=port)
            first = _people(port, _WARM, 0)
            alone = _people(port, seconds, len(first))
            load, beside = _under_load(desk, port, seconds, len(first) + len(alone))
            _all_stored(len(first) + len(alone) + len(beside), len(load.took))
            device = on_device(port=port)
    if not device:
        sys.stderr.write("odzew: no fingerprint was measured: that needs Chromium and playwright\n")
    return [*_receipts(alone, beside), _arrived(load), *device]


def _people(port: int, seconds: float, done: int) -> list[Filed]:
    """Let people begin reports at the pace for so long; each names an item that nobody named before."""
    from odzew.entrypoints.bench.notices import post

    begin, number = time.perf_counter(), max(1, round(seconds * REPORTS_PER_SECOND))
    with ThreadPoolExecutor(PEOPLE) as people:
        filed = []
        for n in range(number):
            time.sleep(max(0.0, begin + n / REPORTS_PER_SECOND - time.perf_counter()))
            item = ITEMS - 1 - (done + n) % (ITEMS // 2)
            filed.append(people.submit(file_report, port=port, where=post(number=item), network=_network(done + n)))
        return [one.result() for one in filed]


def _network(number: int) -> str:
    """A public address of its own network."""
    return f"20.{number // 256 % 256}.{number % 256}.7"


def _under_load(desk: Ground, port: int, seconds: float, done: int) -> tuple[Load, list[Filed]]:
    """Let people report while notices arrive at the pace."""
    from odzew.entrypoints.bench.notices import requests

    loads: list[Load] = []

    def pour() -> None:
        notices = requests(desk=desk, items=ITEMS // 2)
        loads.append(
            drive(
                host="127.0.0.1",
                port=port,
                requests=notices,
                connections=CONNECTIONS,
                seconds=seconds,
                per_second=NOTICES_PER_SECOND,
            )
        )

    pouring = threading.Thread(target=pour)
    pouring.start()
    try:
        filed = _people(port, seconds, done)
    finally:
        pouring.join()
    if not loads:
        raise RuntimeError("the load ended early")
    expect_good(load=loads[0])
    return loads[0], filed


def _all_stored(reports: int, notices: int) -> None:
    """Make sure that whoever has a receipt has a report."""
    from odzew.foundation.writes import fetch_all
    from odzew.ledger.people import FORM

    sql = "SELECT count(*) FILTER (WHERE program_id = %s), count(*) FILTER (WHERE program_id <> %s) FROM notices_notice"
    (found,) = fetch_all(sql, [FORM, FORM])
    if found != (reports, notices):
        raise RuntimeError(
            f"{reports} receipts and {notices} replies were given; stored are {found[0]} reports and {found[1]} notices"
        )


def _receipts(alone: Sequence[Filed], beside: Sequence[Filed]) -> list[Figure]:
    """Return the times from Send to the receipt, under load beside without."""
    calm = delays(figure="receipt_alone", seconds=[f.receipt for f in alone], limit=MOST_SECONDS, unit="s")
    busy = delays(figure="receipt_under_load", seconds=[f.receipt for f in beside], limit=MOST_SECONDS, unit="s")
    most = max(f.receipt for f in alone)
    return [
        calm[0],
        calm[1],
        Figure(figure="receipt_alone_max", ours=most, peer=None, ratio=None, unit="s", peer_name="", n=len(alone)),
        lower_is_better(
            figure="receipt_under_load_p50", ours=busy[0].ours, peer=calm[0].ours, unit="s", peer_name="without load", n=len(beside)
        ),
        busy[1],
        lower_is_better(
            figure="receipt_under_load_max",
            ours=max(f.receipt for f in beside),
            peer=most,
            unit="s",
            peer_name="without load",
            n=len(beside),
        ),
    ]


def _arrived(load: Load) -> Figure:
    """Return how many notices a second were answered while people reported; the last answers come a little after the time."""
    return higher_is_better(
        figure="notices_per_second",
        ours=load.rate,
        peer=NOTICES_PER_SECOND,
        unit="1/s",
        peer_name="the pace asked",
        n=len(load.took),
    )
