"""What a benchmark gives back."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: `ours` and `peer` in `unit` (medians), `ratio` > 1 where ours is better, over `n` of whatever was measured.

    A figure without a peer has `peer` and `ratio` None and an empty `peer_name`, or the promised limit as its peer.
    """

    figure: str
    ours: float
    peer: float | None
    ratio: float | None
    unit: str
    peer_name: str
    n: int


def higher_is_better(*, figure: str, ours: float, peer: float, unit: str, peer_name: str, n: int) -> Figure:
    """Return a figure of which more is better (a rate)."""
    ratio = ours / peer if peer else None
    return Figure(figure=figure, ours=ours, peer=peer, ratio=ratio, unit=unit, peer_name=peer_name, n=n)


def lower_is_better(*, figure: str, ours: float, peer: float, unit: str, peer_name: str, n: int) -> Figure:
    """Return a figure of which less is better (a time, a size)."""
    ratio = peer / ours if ours else None
    return Figure(figure=figure, ours=ours, peer=peer, ratio=ratio, unit=unit, peer_name=peer_name, n=n)


def median(*, values: Sequence[float]) -> float:
    """Return the middle value."""
    return float(statistics.median(values))


def percentile(*, values: Sequence[float], share: float) -> float:
    """Return the value that `share` of a hundred are not above, between two of them where it falls between."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (place - below))


def delays(*, figure: str, seconds: Sequence[float], limit: float, unit: str) -> list[Figure]:
    """Return the median of delays, and the 99th of a hundred against the limit in seconds; `unit` is `s` or `ms`."""
    times = {"s": 1, "ms": 1000}[unit]
    p50, p99 = (percentile(values=seconds, share=share) * times for share in (50, 99))
    middle = Figure(figure=f"{figure}_p50", ours=p50, peer=None, ratio=None, unit=unit, peer_name="", n=len(seconds))
    last = lower_is_better(figure=f"{figure}_p99", ours=p99, peer=limit * times, unit=unit, peer_name="the limit", n=len(seconds))
    return [middle, last]
