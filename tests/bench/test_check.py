"""The benchmark of upload checks: the client keeps time, and the whole of it runs against the real server."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator

import pytest

from odzew.entrypoints.bench.check import _bare
from odzew.entrypoints.bench.check_peer import serve
from odzew.entrypoints.bench.load import drive, expect_good, free_port, wait_for
from odzew.entrypoints.bench.peers import Peer
from tests.bench.small import whole


@pytest.fixture
def bare() -> Iterator[tuple[int, list[str]]]:
    """The peer's server around an index that keeps what it was asked."""
    asked: list[str] = []

    def ask(question: str) -> int:
        asked.append(question)
        return 1

    port, loop = free_port(), asyncio.new_event_loop()
    serving = loop.create_task(serve(port=port, peer=Peer(ask=ask, add=None, memory=0)))

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serving)
        except asyncio.CancelledError:
            loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(port=port)
    yield port, asked
    loop.call_soon_threadsafe(serving.cancel)
    thread.join(10)
    assert not thread.is_alive()


def test_the_client_asks_as_often_as_it_is_told(bare: tuple[int, list[str]]) -> None:
    port, asked = bare
    load = drive(
        host="127.0.0.1", port=port, requests=itertools.cycle([_bare("/hash", b"ab")]), connections=3, seconds=0.5, per_second=40
    )
    expect_good(load=load)
    assert len(load.took) == 20 and asked == ["ab"] * 20


def test_the_client_ends_with_its_requests(bare: tuple[int, list[str]]) -> None:
    port, asked = bare
    load = drive(
        host="127.0.0.1", port=port, requests=iter([_bare("/hash", f"{n}".encode()) for n in range(7)]), connections=3, seconds=30
    )
    assert load.statuses == {200: 7} and sorted(asked) == [f"{n}" for n in range(7)] and load.seconds < 30


def test_the_whole_benchmark_runs() -> None:
    found = whole("check")
    assert {"checks_per_second", "checks_by_file_per_second", "check_at_half_rate_p99", "banked_to_matched_p99"} <= set(found)
    assert all(figure["ours"] > 0 for figure in found.values())
    assert found["banked_to_matched_p99"]["peer"] == 1.0 and found["check_at_half_rate_p99"]["peer"] == 20.0
