"""`odzew bench match`: one look-up among known hashes, exact, beside the index of python-threatexchange and FAISS's plain scan.

All answer the same questions about the same hashes, in turns, hex in and hits out, in processor time; one question in eight has hits. Cold:
48 MB are streamed through the caches before every question. The peers come with the extra `odzew[peers]`; without them the figures
stand alone.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from odzew.entrypoints.bench import lookups
from odzew.entrypoints.bench.bits import Words, generated
from odzew.entrypoints.bench.data import Figure, lower_is_better, median
from odzew.entrypoints.bench.ground import ground
from odzew.entrypoints.bench.peers import FLAT, PDQ_INDEX, RADIUS, Peer, absent, peers_of
from odzew.entrypoints.bench.processor import one_processor
from odzew.foundation.settings import settings

if TYPE_CHECKING:
    from odzew.matching.api import Index

SIZES: Final = (1_000_000,)
FULL_SIZES: Final = (100_000, 1_000_000, 10_000_000)
QUESTIONS: Final = 192
ADDITIONS: Final = 20
PEER_ADDITIONS: Final = 3
MOST_BYTES: Final = 130.0
_OURS: Final = "ours"
_FIRST: Final = 400  # questions that bring the files near; none of them counts
_BESIDE: Final = {PDQ_INDEX: "", FLAT: "_flat"}


def run(*, full: bool = False) -> list[Figure]:
    """Measure look-ups at rest and in the worst allowed state, memory, recall and additions, at 1,000,000 hashes.

    `full`: at 100,000, 1,000,000 and 10,000,000, and how cost and memory grow from one to the next; some 12 GB of memory for the peers.
    """
    figures: list[Figure] = []
    with ground(), one_processor():
        for n in FULL_SIZES if full else SIZES:
            figures += _at(n, settings().index_folder)
    return [*figures, *_growth(figures)]


def _at(n: int, folder: Path) -> list[Figure]:
    from odzew.entrypoints.bench.filling import merged, worst
    from odzew.entrypoints.bench.recall import recall
    from odzew.matching.api import KNOWN

    words = generated(kind="uniform", n=n, seed=7)
    peers = peers_of(words=words)
    index = merged(folder=folder, collection=KNOWN, words=words)
    figures = [*beside(index=index, collection=KNOWN, words=words, peers=peers), *_memory(index, peers, n)]
    figures += _additions(index, peers, n)
    index = worst(folder=folder, collection=KNOWN, words=words)
    figures += beside(index=index, collection=KNOWN, words=words, peers=peers, state="_worst")
    del peers, index
    return [*figures, *recall(folder=folder, n=n)]


def beside(
    *,
    index: Index,
    collection: str,
    words: Words,
    peers: Mapping[str, Peer],
    what: str = "lookup",
    state: str = "",
    suffixes: Mapping[str, str] = _BESIDE,
) -> list[Figure]:
    """Return the median of one look-up, warm and cold, beside each peer (whose name in the figure is `suffixes`); the same questions for
    all. The peer without a suffix is named where it is absent too."""

    def ours(question: str) -> int:
        return len(index.near(collection=collection, hash=bytes.fromhex(question), radius=RADIUS).hits[0])

    for question in lookups.questions(words=words, number=_FIRST, seed=1):
        ours(question)
    asked = lookups.questions(words=words, number=QUESTIONS, seed=2)
    ways = {_OURS: ours, **{name: peer.ask for name, peer in peers.items()}}
    warm, cold = lookups.warm(ways=ways, asked=asked), lookups.cold(ways=ways, asked=asked)
    return [
        _beside(f"{what}_{name}{state}{suffix}", took, peer, len(words))
        for peer, suffix in suffixes.items()
        for name, took in (("warm", warm), ("cold", cold))
        if peer in took or not suffix
    ]


def _beside(figure: str, took: Mapping[str, float], peer: str, n: int) -> Figure:
    if peer not in took:
        return Figure(
            figure=figure, ours=took[_OURS], peer=None, ratio=None, unit="us", peer_name=f"{absent(name=peer)}: absent", n=n
        )
    return lower_is_better(figure=figure, ours=took[_OURS], peer=took[peer], unit="us", peer_name=peer, n=n)


def _memory(index: Index, peers: Mapping[str, Peer], n: int) -> list[Figure]:
    """Return the bytes a hash: of our files, which all processes share; of a peer, by which this process grew."""
    ours = index.standing().bytes / (n - index.standing().delta)
    figures = [lower_is_better(figure="bytes_per_hash", ours=ours, peer=MOST_BYTES, unit="B", peer_name="the limit", n=n)]
    peer = peers.get(PDQ_INDEX)
    if peer is not None:
        theirs = peer.memory / n
        figures.append(lower_is_better(figure="bytes_per_hash_beside", ours=ours, peer=theirs, unit="B", peer_name=PDQ_INDEX, n=n))
    return figures


def _additions(index: Index, peers: Mapping[str, Peer], n: int) -> list[Figure]:
    """Return how long after it is known a hash is found, in this process; ours is durable by then, the peer's never."""
    fresh = [row.tobytes() for row in generated(kind="uniform", n=ADDITIONS, seed=8)]
    ours = 1000 * median(values=[_added(index, value, n + k) for k, value in enumerate(fresh)])
    peer = peers.get(PDQ_INDEX)
    if peer is None:
        name = f"{absent(name=PDQ_INDEX)}: absent"
        return [Figure(figure="addition_matchable", ours=ours, peer=None, ratio=None, unit="ms", peer_name=name, n=n)]
    theirs = 1000 * median(values=[_added_there(peer, value, n + k) for k, value in enumerate(fresh[:PEER_ADDITIONS])])
    return [lower_is_better(figure="addition_matchable", ours=ours, peer=theirs, unit="ms", peer_name=PDQ_INDEX, n=n)]


def _added(index: Index, value: bytes, owner: int) -> float:
    from odzew.entrypoints.bench.filling import put
    from odzew.matching.api import KNOWN

    began = time.perf_counter()
    put(collection=KNOWN, hashes=[value], first=owner)
    index.refresh()
    hits = index.near(collection=KNOWN, hash=value, radius=RADIUS).hits[0]
    took = time.perf_counter() - began
    if [hit.owner for hit in hits] != [owner]:
        raise RuntimeError("a hash that was added is not found")
    return took


def _added_there(peer: Peer, value: bytes, owner: int) -> float:
    if peer.add is None:
        raise RuntimeError("this peer adds nothing")
    began = time.perf_counter()
    peer.add(value.hex(), owner)
    found = peer.ask(value.hex())
    took = time.perf_counter() - began
    if found != 1:
        raise RuntimeError("the peer does not find what was added")
    return took


def _growth(figures: Sequence[Figure]) -> list[Figure]:
    """Return how many times more each step from one size to the next costs; the peer is growth as the number of hashes."""
    grown = []
    for name in ("lookup_warm", "lookup_cold", "lookup_warm_worst", "lookup_cold_worst"):
        steps = sorted((f.n, f.ours) for f in figures if f.figure == name)
        for (few, before), (many, after) in itertools.pairwise(steps):
            grown.append(_step(f"{name}_growth", after / before, many / few, many))
    sizes = sorted((f.n, f.ours * f.n) for f in figures if f.figure == "bytes_per_hash")
    for (few, before), (many, after) in itertools.pairwise(sizes):
        grown.append(_step("memory_growth", after / before, many / few, many))
    return grown


def _step(figure: str, ours: float, linear: float, n: int) -> Figure:
    return lower_is_better(figure=figure, ours=ours, peer=linear, unit="x", peer_name="linear", n=n)
