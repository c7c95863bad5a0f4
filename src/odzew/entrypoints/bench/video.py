"""`odzew bench video`: how fast films are hashed, and whether excerpts are found.

Speed is seconds of film for one second of one processor's time, our tiers, vpdq and plain decoding in turns on the same file. vpdq has
no wheel: it is measured where somebody built it, and said to be absent elsewhere.
"""

from __future__ import annotations

import importlib
import io
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import av

from odzew.entrypoints.bench.clips import encode, film
from odzew.entrypoints.bench.data import Figure, higher_is_better, median
from odzew.entrypoints.bench.excerpts import trials
from odzew.entrypoints.bench.processor import one_processor
from odzew.hashing.video import hash_video
from odzew.hashing.video_data import TIERS, Tier

ROUNDS: Final = 5
SIZE: Final = (1280, 720)
FILMS: Final[Mapping[str, Mapping[str, str]]] = {
    "key frame every 2 s": {"preset": "veryfast", "g": "60"},
    "x264's own key frames": {"preset": "veryfast"},
}
PEER: Final = "vpdq"
PLAIN: Final = "decoding alone"
UPLOADS: Final[tuple[Tier, ...]] = ("key", "nonref", "full")
PROMISED: Final = 0.95
EXCERPT: Final = 30.0


def run(*, full: bool = False) -> list[Figure]:
    """Measure the tiers on films of 30 s in 1280 x 720 and find 20 excerpts; `full`: films of 60 s, 100 excerpts."""
    seconds, number = (60.0, 100) if full else (30.0, 20)
    figures = []
    with one_processor():
        for name, words in FILMS.items():
            data = encode(frames=film(seed=11, seconds=seconds, size=SIZE), options=words)
            figures += _speeds(name, data, seconds)
    return [*figures, *_excerpts(number)]


def _speeds(name: str, data: bytes, seconds: float) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="odzew-bench-") as folder:
        path = Path(folder) / "film.mp4"
        path.write_bytes(data)
        ways: dict[str, Callable[[], object]] = {tier: partial(hash_video, file=data, tier=tier) for tier in TIERS}
        ways[PLAIN] = partial(_decoded, data)
        if find_spec(PEER):
            peer: Any = importlib.import_module(PEER)
            ways[PEER] = partial(peer.computeHash, str(path), seconds_per_hash=1)
        spent: dict[str, list[float]] = {way: [] for way in ways}
        hash_video(file=data, tier="key")
        for _ in range(ROUNDS):
            for way, measured in ways.items():
                began = time.process_time()
                measured()
                spent[way].append(time.process_time() - began)
    speed = {way: seconds / median(values=times) for way, times in spent.items()}
    return [_beside(tier, peer_name, name, speed) for tier in TIERS for peer_name in (PEER, PLAIN)]


def _beside(tier: Tier, peer: str, name: str, speed: Mapping[str, float]) -> Figure:
    figure, unit = f"{tier}, {name}", "s/s"
    if peer not in speed:
        return Figure(figure=figure, ours=speed[tier], peer=None, ratio=None, unit=unit, peer_name=f"{peer}: absent", n=ROUNDS)
    return higher_is_better(figure=figure, ours=speed[tier], peer=speed[peer], unit=unit, peer_name=peer, n=ROUNDS)


def _decoded(data: bytes) -> int:
    with av.open(io.BytesIO(data), "r") as source:
        stream = source.streams.video[0]
        stream.codec_context.thread_count = 1
        return sum(1 for _ in source.decode(stream))


def _excerpts(number: int) -> list[Figure]:
    done = list(trials(number=number, seconds=EXCERPT, length=2 * EXCERPT, tiers=UPLOADS))
    figures = []
    for tier in UPLOADS:
        matches = [trial.found[tier] for trial in done]
        near = sum(match is not None and match.verdict == "near" for match in matches) / number
        share = sum(match.share for match in matches if match is not None) / number
        for figure, ours in (("excerpts found", near), ("frames of excerpts found", share)):
            figures.append(
                higher_is_better(
                    figure=f"{tier}, {figure}", ours=ours, peer=PROMISED, unit="share", peer_name="the promised limit", n=number
                )
            )
    false = sum(sum(trial.others.values()) for trial in done)
    figures.append(
        Figure(
            figure="films taken for another",
            ours=false,
            peer=0,
            ratio=0.0 if false else 1.0,
            unit="films",
            peer_name="the promised limit",
            n=number * len(UPLOADS),
        )
    )
    return figures
