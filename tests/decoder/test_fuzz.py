"""Broken files by the thousand: every answer is a verdict, and the process that asks neither dies nor grows.

`ODZEW_FUZZ_FILES` says how many; one in ten is a film. A nightly run takes a million.
"""

from __future__ import annotations

import collections
import os
import threading
from pathlib import Path

import pytest

from odzew.matching.decoder.data import FROM_A_CHILD, Limits
from odzew.matching.decoder.pool import Decoder
from tests.decoder.mutations import broken, seeds, short_films

FILES = int(os.environ.get("ODZEW_FUZZ_FILES", "20000"))
ROOM = 48 << 20


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.mark.timeout(max(300, FILES // 20))
def test_broken_files_are_verdicts_and_nothing_grows() -> None:
    pictures, films = seeds(), short_films()
    counts: collections.Counter[str] = collections.Counter()
    sizes: list[tuple[int, int]] = []
    lock = threading.Lock()
    with Decoder(limits=Limits(pixels=2_000_000, seconds=5, film_seconds=5), children=2) as decoder:

        def work(part: int) -> None:
            for number in range(part, FILES, 2):
                data = broken(files=films if number % 10 == 0 else pictures, number=number)
                found = decoder.hashes(data=data, mode="fast" if number % 4 < 2 else "exact", turned=number % 8 < 4)
                assert found.hashes is not None
                with lock:
                    counts[found.verdict] += 1
                    counts[found.note if "not foreseen" in found.note else "foreseen"] += 1
                    if found.verdict in ("crashed", "timed_out"):
                        print(number, found.verdict, found.note)
                    if counts.total() % (FILES // 5 * 2) == 0:
                        sizes.append((_resident(os.getpid()), _resident(decoder.processes()[0])))

        threads = [threading.Thread(target=work, args=(part,)) for part in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(dict(counts), sizes)
    verdicts = {name: count for name, count in counts.items() if name in FROM_A_CHILD | {"crashed", "timed_out"}}
    assert sum(verdicts.values()) == FILES, counts
    assert verdicts["ok"] and verdicts["unreadable"] and verdicts["too_many_pixels"], "faults of many kinds were made"
    first, last = sizes[0], sizes[-1]
    assert len(sizes) >= 4 and last[0] - first[0] < ROOM and last[1] - first[1] < ROOM, sizes
