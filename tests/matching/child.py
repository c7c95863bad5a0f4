"""A process of its own: it reads the index and says what it finds, or works on it until it is killed."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from odzew.entrypoints import runtime


def read(folder: Path) -> None:
    """For each line, `COLLECTION HASH`, refresh and print the owners within 31 bits, and whether that is all."""
    from odzew.foundation.moments import utc_now
    from odzew.matching.api import Index
    from tests.matching.desk import near

    index = Index(folder=folder, clock=utc_now)
    for line in sys.stdin:
        collection, hash_ = line.split()
        index.refresh()
        answer = index.search(collection=collection, queries=[near(bytes.fromhex(hash_))])
        print(*[hit.owner for hit in answer.hits[0]], answer.complete, flush=True)


def work(folder: Path, seed: int) -> None:
    """Add, import, remove, seal and merge without pause; print the number of each owner that was acknowledged."""
    from odzew.foundation.moments import utc_now
    from odzew.matching import segments, tending
    from odzew.matching.api import KNOWN, PDQ, Addition
    from tests.matching.desk import Desk, pdq

    segments.TABLES_FROM = 200  # type: ignore[misc]
    tending.PATIENCE = 0.05  # type: ignore[misc]
    dice, owner = random.Random(seed), seed * 1_000_000
    desk = Desk(folder=folder, now=utc_now())
    print("begin", flush=True)
    while True:
        chosen, first = dice.choice(["add", "add", "bring", "remove"]), owner
        if chosen == "add":
            owner += dice.randrange(1, 40)
            desk.add(*(Addition(collection=KNOWN, type=PDQ, hash=pdq(n % 500), owner=n) for n in range(first, owner)))
        elif chosen == "bring":
            owner += dice.randrange(1, 3_000)
            desk.bring(KNOWN, PDQ, [(pdq(n % 500), n) for n in range(first, owner)])
        elif first > seed * 1_000_000:
            gone = dice.randrange(seed * 1_000_000, first)
            desk.remove(KNOWN, gone)
            print("removed", gone, flush=True)
        print("added", *range(first, owner), flush=True)
        desk.tend(seal_at=1)


if __name__ == "__main__":
    runtime.start_django()
    if sys.argv[1] == "read":
        read(Path(sys.argv[2]))
    else:
        work(Path(sys.argv[2]), int(sys.argv[3]))
