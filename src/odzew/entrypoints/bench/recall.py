"""Is everything found that lies within 31 bits, and nothing beyond? The index against a plain look at every hash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from odzew.entrypoints.bench.bits import KINDS, Words, generated, moved
from odzew.entrypoints.bench.data import Figure
from odzew.entrypoints.bench.filling import worst
from odzew.entrypoints.bench.peers import RADIUS
from odzew.hashing.nearest_plain import flat
from odzew.matching.api import KNOWN, Index

AT_EACH: Final = 2
BEYOND: Final = 3
_PLAIN: Final = "looking at every hash"


def recall(*, folder: Path, n: int) -> list[Figure]:
    """Return the lowest share that is found of what lies at any one distance, for each kind of hashes, and how much was found that
    should not be. The index is in its worst allowed state."""
    figures, wrong = [], 0
    for seed, kind in enumerate(KINDS):
        words = generated(kind=kind, n=n, seed=1_000 + seed)
        index = worst(folder=folder, collection=KNOWN, words=words)
        shares, more = _compared(index, words, seed)
        wrong += more
        share = min(shares)
        figures.append(Figure(figure=f"recall_{kind}", ours=share, peer=1.0, ratio=share, unit="share", peer_name=_PLAIN, n=n))
    none = 0.0 if wrong else 1.0
    return [*figures, Figure(figure="found_beyond", ours=wrong, peer=0, ratio=none, unit="hits", peer_name=_PLAIN, n=n)]


def _compared(index: Index, words: Words, seed: int) -> tuple[list[float], int]:
    """Return the share of hits that are found, for each distance from 0 to 31, and how many there are too many."""
    there, found, wrong = np.zeros(RADIUS + 1, np.int64), np.zeros(RADIUS + 1, np.int64), 0
    for question in _questions(words, seed):
        places, distances = flat(hashes=words, query=question, radius=RADIUS)
        expected = set(zip(places.tolist(), distances.tolist(), strict=True))
        (hits,) = index.near(collection=KNOWN, hash=question.tobytes(), radius=RADIUS).hits
        got = {(hit.owner, hit.distance) for hit in hits}
        _count(there, sorted(expected))
        _count(found, sorted(expected & got))
        wrong += len(got - expected)
    if not there.all():
        raise RuntimeError("a distance was not tried at all")
    return (found / there).tolist(), wrong


def _questions(words: Words, seed: int) -> Iterator[Words]:
    """Yield questions planted at each distance from some hash, and at a few beyond: by chance, and in turns evenly spread."""
    rng = np.random.default_rng(seed)
    for distance in range(RADIUS + 1 + BEYOND):
        for turn in range(AT_EACH):
            yield moved(words[int(rng.integers(len(words)))], distance, rng=rng, spread=bool(turn % 2))


def _count(into: np.ndarray[tuple[int], np.dtype[np.int64]], pairs: Sequence[tuple[int, int]]) -> None:
    for _, distance in pairs:
        into[distance] += 1
