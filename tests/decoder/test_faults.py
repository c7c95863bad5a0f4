"""Children that hang, die or lie: each is a verdict, and the next file is decoded as if nothing had been."""

from __future__ import annotations

import hashlib
import threading
import time

import pytest

from odzew.foundation.errors import Unavailable
from odzew.matching.decoder.data import Verdict
from tests.decoder.conftest import Rig

DEEDS: dict[bytes, Verdict] = {
    b"crash": "crashed",
    b"abort": "crashed",
    b"raise": "crashed",
    b"end": "crashed",
    b"contradict": "crashed",
    b"foreign": "crashed",
    b"boast": "crashed",
    b"never": "crashed",
    b"chatter": "crashed",
    b"flood": "crashed",
    b"hog": "out_of_memory",
}


def test_a_bad_end_is_a_verdict_and_the_next_file_is_fine(rig: Rig) -> None:
    decoder = rig("files", memory_bytes=200 << 20)
    for deed, verdict in DEEDS.items():
        found = decoder.hashes(data=deed)
        assert (found.verdict, bool(found.note)) == (verdict, True), deed
        assert found.hashes is not None and found.hashes.picture is None
        assert found.hashes.sha256 == hashlib.sha256(deed).digest()
        assert decoder.hashes(data=b"fine").verdict == "ok", deed


def test_a_child_that_waits_forever_is_killed(rig: Rig) -> None:
    decoder = rig("files", seconds=1)
    begun = time.monotonic()
    assert decoder.hashes(data=b"hang").verdict == "timed_out"
    assert time.monotonic() - begun >= 3.0, "three times the processor seconds"
    assert decoder.hashes(data=b"fine").verdict == "ok"


def test_a_child_that_computes_forever_is_ended_by_the_kernel(rig: Rig) -> None:
    decoder = rig("files", seconds=1)
    decoder.hashes(data=b"fine")
    assert decoder.hashes(data=b"spin").verdict == "timed_out"
    assert decoder.hashes(data=b"fine").verdict == "ok"


def test_only_so_many_wait_and_only_so_long(rig: Rig) -> None:
    decoder = rig("files", seconds=2, wait_seconds=0.5, waiting=1)
    assert decoder.hashes(data=b"fine").verdict == "ok"
    verdicts: list[str] = []
    threads = [threading.Thread(target=lambda: verdicts.append(decoder.hashes(data=b"hang").verdict)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(verdicts) == ["busy", "busy", "timed_out"]
    assert decoder.hashes(data=b"fine").verdict == "ok"


def test_films_never_take_the_last_child(rig: Rig) -> None:
    decoder = rig("files", children=2, seconds=1, film_seconds=2, wait_seconds=0.2)
    film = b"\0\0\0\x18ftypisom"
    threads = [threading.Thread(target=decoder.hashes, kwargs={"data": film}) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert decoder.hashes(data=b"fine").verdict == "ok"
    for thread in threads:
        thread.join()


def test_a_child_is_replaced_after_so_many_files(rig: Rig) -> None:
    decoder = rig("files", files=3)
    seen = []
    for _ in range(7):
        decoder.hashes(data=b"fine")
        seen.append(list(decoder.processes()[1:]))
    assert seen[0] == seen[1] != [] and seen[2] == [], "the third file is a child's last"
    assert len({pid for pids in seen for pid in pids}) == 3


def test_too_many_bytes_are_not_even_handed_over(rig: Rig) -> None:
    decoder = rig("files", "no_start", file_bytes=100)
    assert decoder.hashes(data=bytes(101)).verdict == "too_large"


@pytest.mark.parametrize("fault", ["no_start", "slow_start"])
def test_a_server_that_does_not_start_is_said_so(rig: Rig, fault: str) -> None:
    decoder = rig("files", fault, start_seconds=1.5)
    found = decoder.hashes(data=b"fine")
    assert found.verdict == "crashed" and "could not be started" in found.note
    with pytest.raises(Unavailable):
        decoder.protections()
    with pytest.raises(Unavailable):
        decoder.probe()
