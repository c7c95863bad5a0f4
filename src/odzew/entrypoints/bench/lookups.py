"""How long one look-up takes, for several indexes in turns: with cold caches and with warm ones.

In processor time of this thread, which is all that they use: a busy machine interrupts a slow search more often than a fast one, and
would flatter the fast one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from odzew.entrypoints.bench.bits import Words, moved
from odzew.entrypoints.bench.data import median

Ask = Callable[[str], int]
SPILL: Final = 48 << 20
BLOCK: Final = 32
ONE_NEAR_IN: Final = 8
_FARTHEST: Final = 32


def questions(*, words: Words, number: int, seed: int) -> list[str]:
    """Return questions in hex, one in eight of them 0 to 31 bits from one of the hashes, the others far from all."""
    rng = np.random.default_rng(seed)
    asked = rng.integers(0, 1 << 64, (number, 4), np.uint64)
    places = rng.integers(0, len(words), number)
    for n in range(0, number, ONE_NEAR_IN):
        asked[n] = moved(words[places[n]], n // ONE_NEAR_IN % _FARTHEST, rng=rng, spread=False)
    return [row.tobytes().hex() for row in asked]


def cold(*, ways: Mapping[str, Ask], asked: Sequence[str]) -> dict[str, float]:
    """Return the median microseconds of each way, with 48 MB streamed through the caches before every question."""
    spill, took = np.ones(SPILL // 8, np.uint64), _nothing(ways)
    for question in asked:
        for name, ask in ways.items():
            spill.sum()
            took[name].append(_one(ask, question))
    return _medians(took)


def warm(*, ways: Mapping[str, Ask], asked: Sequence[str]) -> dict[str, float]:
    """Return the median microseconds of each way, in blocks of different questions, after one block that does not count.

    Raises RuntimeError if two ways do not find equally much: then at least one is wrong, and its time says nothing.
    """
    took, found = _nothing(ways), dict.fromkeys(ways, 0)
    for begin in range(0, len(asked), BLOCK):
        for name, ask in ways.items():
            for question in asked[begin - BLOCK : begin] or asked[:BLOCK]:
                ask(question)
            took[name] += [_one(ask, question) for question in asked[begin : begin + BLOCK]]
            found[name] += sum(ask(question) for question in asked[begin : begin + BLOCK])
    if len(set(found.values())) > 1:
        raise RuntimeError(f"the indexes do not find the same: {found}")
    return _medians(took)


def _one(ask: Ask, question: str) -> float:
    began = time.thread_time_ns()
    ask(question)
    return (time.thread_time_ns() - began) / 1000


def _nothing(ways: Mapping[str, Ask]) -> dict[str, list[float]]:
    return {name: [] for name in ways}


def _medians(took: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {name: median(values=values) for name, values in took.items()}
