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
