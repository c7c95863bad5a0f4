"""The plot of a benchmark: every size it was measured at is on it, and it is well formed."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from odzew.entrypoints.bench.data import Figure, lower_is_better
from odzew.entrypoints.bench.plot import draw
from odzew.foundation.errors import Invalid


def _figure(n: int, *, name: str = "lookup <warm>", ours: float = 20.0) -> Figure:
    return lower_is_better(figure=name, ours=ours, peer=ours * 70, unit="us", peer_name="somebody & co", n=n)


def test_what_was_measured_at_several_sizes_is_drawn() -> None:
    once = _figure(1_000, name="once")
    sizes = [_figure(n, ours=n / 1000) for n in (100_000, 1_000_000, 10_000_000)]
    root = ET.fromstring(draw(figures=[once, *sizes]))  # noqa: S314 - our own
    lines = [e for e in root.iter() if e.get("class") in ("ours", "peer")]
    assert [len(e.get("points", "").split()) for e in lines] == [3, 3]
    words = " ".join(e.text or "" for e in root.iter())
    assert "10,000,000" in words and "lookup <warm>" in words and "once (us)" not in words
    heights = [float(p.split(",")[1]) for p in lines[1].get("points", "").split()]
    assert heights == sorted(heights, reverse=True), "dearer stands higher"


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(Invalid, match="nothing to draw"):
        draw(figures=[_figure(5), _figure(5)])
