"""Other people's indexes of hashes beside ours: each holds the same hashes and answers the same questions, on one thread."""

from __future__ import annotations

import ctypes
import gc
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from odzew.entrypoints.bench.bits import Words

PDQ_INDEX: Final = "threatexchange PDQIndex"
FLAT: Final = "FAISS flat"
RADIUS: Final = 31
_ASKED: Final[Mapping[str, tuple[str, ...]]] = {PDQ_INDEX: ("threatexchange", "pdqhash", "faiss"), FLAT: ("faiss",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """An index: `ask` a question in hex and get how many hits within 31 bits; `add` one hash; what it takes of memory, in bytes,
    or 0 where that is not measured."""

    ask: Callable[[str], int]
    add: Callable[[str, int], object] | None
    memory: int


def absent(*, name: str) -> str:
    """Return which package a peer lacks here, or nothing if it can be measured."""
    return next((package for package in _ASKED[name] if find_spec(package) is None), "")


def peers_of(*, words: Words, names: tuple[str, ...] = (PDQ_INDEX, FLAT)) -> dict[str, Peer]:
    """Return the peers that are installed, holding these hashes under their places."""
    makers: Mapping[str, Callable[[Words], Peer]] = {PDQ_INDEX: pdq_index, FLAT: flat}
    return {name: makers[name](words) for name in names if not absent(name=name)}


def pdq_index(words: Words) -> Peer:
    """Return the index that python-threatexchange, and with it Hasher-Matcher-Actioner, takes for PDQ unless told otherwise."""
    _one_thread()
    made: Any = importlib.import_module("threatexchange.signal_type.pdq.pdq_index")
    before = _resident()
    index = made.PDQIndex()
    index.add_all((row.tobytes().hex(), number) for number, row in enumerate(words))
    return Peer(ask=lambda question: len(index.query(question)), add=index.add, memory=_resident() - before)


def flat(words: Words) -> Peer:
    """Return FAISS's binary index that looks at every hash: the best ready-made scan."""
    index: Any = _one_thread().IndexBinaryFlat(256)
    index.add(words.view(np.uint8).reshape(-1, 32))

    def ask(question: str) -> int:
        limits, _, _ = index.range_search(np.frombuffer(bytes.fromhex(question), np.uint8).reshape(1, 32), RADIUS + 1)
        return int(limits[1])

    return Peer(ask=ask, add=None, memory=0)


def _one_thread() -> Any:
    faiss: Any = importlib.import_module("faiss")
    faiss.omp_set_num_threads(1)
    return faiss


def _resident() -> int:
    """Return the bytes of memory that this process holds, after what is free was given back."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096
