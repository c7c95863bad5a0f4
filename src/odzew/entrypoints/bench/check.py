"""`odzew bench check`: upload checks a second through the real server with a million banked hashes, and how soon a new one is matched.

Two web processes check the key, count every look-up and record every match; one in a hundred matches, and afterwards it is made sure
that all was written. The peer in the same run is python-threatexchange's index behind a bare HTTP server of ours, which does nothing of
that (see `check_peer`).
"""

from __future__ import annotations

import io
import itertools
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from odzew.entrypoints.bench.bits import Words, generated
from odzew.entrypoints.bench.data import Figure, delays, higher_is_better, median
from odzew.entrypoints.bench.ground import Ground, ground, process
from odzew.entrypoints.bench.hash import SIZES, photo
from odzew.entrypoints.bench.load import Load, drive, expect_good, free_port, wait_for
from odzew.entrypoints.bench.peers import PDQ_INDEX, absent

if TYPE_CHECKING:
    from odzew.entrypoints.bench.banked import Tally

BANKED: Final = 1_000_000
PROCESSES: Final = 2
CONNECTIONS: Final = 16
FILE_CONNECTIONS: Final = 4
ASKED: Final = 20_000
PICTURES: Final = 12
SECONDS: Final = 8.0
ROUNDS: Final = 3
TRIALS: Final = 100
MOST_MS: Final = 20.0
MOST_SECONDS: Final = 1.0
PEER: Final = f"{PDQ_INDEX} behind a bare HTTP server, 1 process"
_BOUNDARY: Final = "bench-2f6c1d"
_FIRST: Final = 2.0  # seconds of load that do not count
_READY: Final = 60.0
_PEER_READY: Final = 600.0


def run(*, full: bool = False) -> list[Figure]:
    """Measure checks by hash, in rounds that take turns with the peer, their delay at half that rate, checks by file, and freshness.

    `full`: rounds three times as long, three times as many new hashes.
    """
    seconds, number = (3 * SECONDS, 3 * TRIALS) if full else (SECONDS, TRIALS)
    with ground() as desk:
        from odzew.entrypoints.bench.banked import Tally, bank
        from odzew.entrypoints.bench.freshness import trials

        words = generated(kind="uniform", n=BANKED, seed=13)
        bank(desk=desk, words=words)
        port, tally = free_port(), Tally()
        os.environ.update(ODZEW_PORT=str(port), ODZEW_WEB_PROCESSES=str(PROCESSES), ODZEW_CHECKS_PER_SECOND="1000000")
        with process("serve") as server, _peer(desk.folder, words) as other:
            _ready(desk, port, server.pid)
            tally.settle()
            figures = _by_hash(desk, port, other, words, tally, seconds)
            figures.append(_by_file(desk, port, other, tally, seconds))
            tally.expect_written()
            fresh = trials(desk=desk, port=port, server=server.pid, processes=PROCESSES, number=number)
    return [*figures, *delays(figure="banked_to_matched", seconds=fresh, limit=MOST_SECONDS, unit="s")]


def _ready(desk: Ground, port: int, server: int) -> None:
    """Wait until every process has opened the index and answers from all of it."""
    from odzew.entrypoints.bench.banked import by_hash
    from odzew.entrypoints.bench.freshness import one_to_each, said

    wait_for(port=port)
    nothing, end = by_hash(desk=desk, value=bytes(32)), time.monotonic() + _READY
    for line in one_to_each(desk=desk, port=port, server=server, processes=PROCESSES).values():
        while said(line=line, request=nothing) != "allow":
            if time.monotonic() > end:
                raise RuntimeError("the server's index is not whole")
            time.sleep(0.1)
        line.sock.close()


def _by_hash(desk: Ground, port: int, other: int | None, words: Words, tally: Tally, seconds: float) -> list[Figure]:
    from odzew.entrypoints.bench.banked import by_hash, values

    asked = values(words=words, number=ASKED, seed=15)
    ours = [by_hash(desk=desk, value=value) for value in asked]
    theirs = [_bare("/hash", value.hex().encode()) for value in asked]

    def load(port: int, requests: Sequence[bytes], seconds: float, per_second: float | None = None) -> Load:
        done = drive(
            host="127.0.0.1",
            port=port,
            requests=itertools.cycle(requests),
            connections=CONNECTIONS,
            seconds=seconds,
            per_second=per_second,
        )
        expect_good(load=done)
        if requests is ours:
            tally.add(answered=len(done.took))
        return done

    load(port, ours, _FIRST)
    rates: list[float] = []
    peer: list[float] = []
    for _ in range(ROUNDS):
        rates.append(load(port, ours, seconds).rate)
        if other is not None:
            peer.append(load(other, theirs, seconds).rate)
    half = load(port, ours, seconds, median(values=rates) / 2)
    return [
        _rate("checks_per_second", rates, peer),
        *delays(figure="check_at_half_rate", seconds=half.took, limit=MOST_MS / 1000, unit="ms"),
    ]


def _by_file(desk: Ground, port: int, other: int | None, tally: Tally, seconds: float) -> Figure:
    from odzew.entrypoints.bench.banked import request

    files = [_jpeg(seed) for seed in range(PICTURES)]
    ours = [request(desk=desk, body=_form(data), content_type=f"multipart/form-data; boundary={_BOUNDARY}") for data in files]
    theirs = [_bare("/file", data) for data in files]

    def load(port: int, requests: Sequence[bytes], seconds: float) -> float:
        done = drive(host="127.0.0.1", port=port, requests=itertools.cycle(requests), connections=FILE_CONNECTIONS, seconds=seconds)
        expect_good(load=done)
        tally.missed += len(done.took) if requests is ours else 0
        return done.rate

    load(port, ours, _FIRST)
    rates: list[float] = []
    peer: list[float] = []
    for _ in range(ROUNDS):
        rates.append(load(port, ours, seconds))
        if other is not None:
            peer.append(load(other, theirs, seconds))
    return _rate("checks_by_file_per_second", rates, peer)


def _jpeg(seed: int) -> bytes:
    file = io.BytesIO()
    photo(seed=seed, size=SIZES["2 MP"]).save(file, "JPEG", quality=85)
    return file.getvalue()


def _form(data: bytes) -> bytes:
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="f.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return head.encode() + data + f"\r\n--{_BOUNDARY}--\r\n".encode()


def _bare(path: str, body: bytes) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _rate(figure: str, ours: Sequence[float], peer: Sequence[float]) -> Figure:
    mine = median(values=ours)
    if not peer:
        name = f"{absent(name=PDQ_INDEX)}: absent"
        return Figure(figure=figure, ours=mine, peer=None, ratio=None, unit="1/s", peer_name=name, n=BANKED)
    return higher_is_better(figure=figure, ours=mine, peer=median(values=peer), unit="1/s", peer_name=PEER, n=BANKED)


@contextmanager
def _peer(folder: Path, words: Words) -> Iterator[int | None]:
    """Give the port of the peer, which holds the same hashes by then; None where it is not installed."""
    if absent(name=PDQ_INDEX):
        yield None
        return
    port, hashes = free_port(), folder / "hashes"
    hashes.write_bytes(words.tobytes())
    with process(str(port), str(hashes), module="odzew.entrypoints.bench.check_peer"):
        wait_for(port=port, seconds=_PEER_READY)
        yield port
