"""`odzew bench scan`: which hosted files look like this one, among millions, beside FAISS's plain scan; and how fast everything hosted
is held against the banks.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from odzew.entrypoints.bench import lookups
from odzew.entrypoints.bench.bits import Words, generated, moved
from odzew.entrypoints.bench.data import Figure, lower_is_better, median
from odzew.entrypoints.bench.ground import Ground, ground
from odzew.entrypoints.bench.match import QUESTIONS, beside
from odzew.entrypoints.bench.peers import FLAT, RADIUS, peers_of
from odzew.entrypoints.bench.processor import one_processor
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import settings

if TYPE_CHECKING:
    from odzew.hashing.nearest import Parts

HOSTED: Final = 1_000_000
FULL_HOSTED: Final = 10_000_000
FILES: Final = 2_000
ENTRIES: Final = 1_000
ONE_KNOWN_IN: Final = 100
ROUNDS: Final = 3
MOST_US: Final = 1_000.0
_BATCH: Final = 1_000


def run(*, full: bool = False) -> list[Figure]:
    """Measure the back-search of one hash among 1,000,000 hosted ones, through the index and by its kernel alone, and `odzew scan` on a
    small desk. `full`: among 10,000,000."""
    n = FULL_HOSTED if full else HOSTED
    with ground() as desk, one_processor():
        figures = _back_search(n, settings().index_folder)
        figures.append(_scanned(desk))
    return figures


def _back_search(n: int, folder: Path) -> list[Figure]:
    from odzew.entrypoints.bench.filling import merged
    from odzew.matching.api import HOSTED as COLLECTION

    words = generated(kind="uniform", n=n, seed=9)
    peers = peers_of(words=words, names=(FLAT,))
    index = merged(folder=folder, collection=COLLECTION, words=words)
    figures = beside(index=index, collection=COLLECTION, words=words, peers=peers, what="back_search", suffixes={FLAT: ""})
    cold = next(f.ours for f in figures if f.figure == "back_search_cold")
    figures.append(lower_is_better(figure="back_search_limit", ours=cold, peer=MOST_US, unit="us", peer_name="the limit", n=n))
    return [*figures, _kernel(folder, words)]


def _kernel(folder: Path, words: Words) -> Figure:
    """Return what the search itself takes, without what the index adds: who owns it, what was removed, how fresh it is."""
    parts = _parts(folder)

    def ours(question: str) -> int:
        asked = np.frombuffer(bytes.fromhex(question), np.uint64).reshape(1, 4)
        return len(parts.near(queries=asked, radii=np.array([RADIUS], np.int64)).rows)

    took = lookups.warm(ways={"ours": ours}, asked=lookups.questions(words=words, number=QUESTIONS, seed=2))
    return Figure(figure="back_search_kernel_warm", ours=took["ours"], peer=None, ratio=None, unit="us", peer_name="", n=len(words))


def _parts(folder: Path) -> Parts:
    from odzew.hashing.nearest import Parts
    from odzew.matching.manifest import live_segments
    from odzew.matching.segments import open_segment

    opened = [open_segment(folder=folder, type=s.type, sha256=s.sha256) for s in live_segments()]
    return Parts(parts=[one.part for one in opened], width=4)


def _scanned(desk: Ground) -> Figure:
    """Return how many hosted files a second `odzew scan` holds against a bank that knows one in a hundred of them."""
    from odzew.entrypoints.bench.filling import empty
    from odzew.entrypoints.index import open_index
    from odzew.entrypoints.runtime import make_desk
    from odzew.usecases.scan_hosted import scan_hosted

    empty(folder=settings().index_folder)
    _host(desk)
    ours, index = make_desk(chosen=settings()), open_index(chosen=settings())
    rates = []
    for _ in range(ROUNDS):
        index.refresh()
        began, looked, ended = time.perf_counter(), 0, False
        while not ended:
            step = scan_hosted(bank=None, desk=ours, index=index, now=utc_now(), afresh=not looked)
            looked, ended = looked + step.looked, step.ended
            index.refresh()
        rates.append(looked / (time.perf_counter() - began))
        if looked != FILES:
            raise RuntimeError(f"the scan looked at {looked} of {FILES} files")
    rate = median(values=rates)
    return Figure(figure="scanned_per_second", ours=rate, peer=None, ratio=None, unit="1/s", peer_name="", n=FILES)


def _host(desk: Ground) -> None:
    """Register files on the bench's platform, and a bank that lists some of them."""
    from odzew.banks.api import BankRules
    from odzew.banks.data import NewHash
    from odzew.cases.register import ItemIn, MediaIn
    from odzew.entrypoints.bench.ground import acting
    from odzew.usecases.bank_entries import add_bank, add_entries
    from odzew.usecases.register_items import register_items

    ours, caller = acting(desk=desk)
    files = [row.tobytes().hex() for row in generated(kind="uniform", n=FILES, seed=10)]
    items = [
        ItemIn(
            id=f"item-{n}",
            kind="post",
            url=f"http://127.0.0.1:9/posts/{n}",
            account_id=f"account-{n % 100}",
            media=(MediaIn(id=f"m-{n}", url=f"http://127.0.0.1:9/media/{n}", hashes=({"type": "pdq", "value": value},)),),
        )
        for n, value in enumerate(files)
    ]
    for begin in range(0, FILES, _BATCH):
        register_items(items=items[begin : begin + _BATCH], caller=caller, desk=ours, now=utc_now())
    rng, known = np.random.default_rng(11), generated(kind="uniform", n=ENTRIES, seed=12)
    for place, number in enumerate(range(0, FILES, ONE_KNOWN_IN)):
        here = np.frombuffer(bytes.fromhex(files[number]), np.uint64)
        known[place] = moved(here, 20, rng=rng, spread=False)
    add_bank(name="bench", rules=BankRules(), actor=caller.actor, now=utc_now())
    given = [NewHash(type="pdq", value=row.tobytes(), quality=100) for row in known]
    add_entries(bank="bench", hashes=given, actor=caller.actor, now=utc_now())
