"""The plot of a benchmark that was run at several sizes: what one figure costs as there is more of it, ours beside the peer's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from odzew.entrypoints.bench.data import Figure
from odzew.entrypoints.drawing import DARK, PAPER
from odzew.entrypoints.drawing import text as _text
from odzew.foundation.errors import Invalid

_WIDTH: Final = 720
_PANEL: Final = 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 24, 40, 40
_STYLE: Final = f"""
{PAPER} .soft {{ fill: #5b636b }}
.axis {{ stroke: #8a939c; fill: none }} .ours {{ fill: none; stroke: #0b57a4; stroke-width: 2.5 }} .title {{ font-weight: 600 }}
.peer {{ fill: none; stroke: #b3261e; stroke-width: 2; stroke-dasharray: 7 4 }} .linear {{ fill: none; stroke: #8a939c; stroke-dasharray: 2 4 }}
@media (prefers-color-scheme: dark) {{ {DARK} .soft {{ fill: #a7afb7 }} .axis, .linear {{ stroke: #6b747c }}
.ours {{ stroke: #7fb8f0 }} .peer {{ stroke: #f2938c }} }}
"""


def draw(*, figures: Sequence[Figure]) -> str:
    """Return an SVG with a panel for each figure that was measured at several sizes, both axes logarithmic.

    Dotted: growth as the number itself, from our first point on. Raises `Invalid` if nothing was measured at more than one size.
    """
    rows: dict[tuple[str, str], list[Figure]] = {}
    for f in figures:
        if f.ours > 0 and f.unit != "x":
            rows.setdefault((f.figure, f.peer_name), []).append(f)
    panels = [sorted(row, key=lambda f: f.n) for row in rows.values() if len({f.n for f in row}) > 1]
    if not panels:
        raise Invalid("There is nothing to draw: only a benchmark that measures at several sizes can be drawn (try --full).")
    height = _PANEL * len(panels)
    drawn = [_panel(row, top=_PANEL * n) for n, row in enumerate(panels)]
    told = "; ".join(f"{r[0].figure}: " + ", ".join(f"{f.ours:.4g} {f.unit} at {f.n:,}" for f in r) for r in panels)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img" '
        f'aria-labelledby="desc"><desc id="desc">{escape(told)}</desc><style>{_STYLE}</style>'
    )
    return "\n".join([head, *drawn, "</svg>"]) + "\n"


@dataclass(frozen=True, slots=True)
class _Scale:
    """From a size and a value to a place in a panel."""

    sizes: tuple[float, float]
    values: tuple[float, float]
    top: float

    def at(self, size: float, value: float) -> tuple[float, float]:
        across = _share(size, *self.sizes)
        up = _share(value, *self.values)
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * across, self.top + _PANEL - _BOTTOM - (_PANEL - _TOP - _BOTTOM) * up

    def line(self, points: Sequence[tuple[float, float]], css: str) -> str:
        places = " ".join("{:.1f},{:.1f}".format(*self.at(*p)) for p in points if self.values[0] <= p[1] <= self.values[1])
        return f'<polyline class="{css}" points="{places}"/>'


def _share(value: float, low: float, high: float) -> float:
    return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))


def _panel(row: Sequence[Figure], *, top: float) -> str:
    ours = [(float(f.n), f.ours) for f in row]
    peer = [(float(f.n), f.peer) for f in row if f.peer]
    values = [v for _, v in (*ours, *peer)]
    low, high = 10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values)) + 1e-9)
    scale = _Scale((ours[0][0], ours[-1][0]), (low, high if high > low else low * 10), top)
    floor = top + _PANEL - _BOTTOM
    title = f"{row[0].figure} ({row[0].unit})" + (f"; dashed: {row[0].peer_name}" if peer else "")
    steps = [ours[0][0] * (ours[-1][0] / ours[0][0]) ** (n / 40) for n in range(41)]
    parts = [
        _text(_LEFT, top + 24, title, css="title"),
        f'<path class="axis" d="M{_LEFT} {top + _TOP} V{floor} H{_WIDTH - _RIGHT}"/>',
        scale.line([(n, ours[0][1] * n / ours[0][0]) for n in steps], "linear"),
        scale.line(peer, "peer"),
        scale.line(ours, "ours"),
        *(_text(scale.at(n, low)[0], floor + 22, f"{n:,.0f}", css="soft", anchor="middle") for n, _ in ours),
    ]
    decade = low
    while decade <= scale.values[1] * 1.001:
        parts.append(_text(_LEFT - 8, scale.at(ours[0][0], decade)[1] + 4, f"{decade:g}", css="soft", anchor="end"))
        decade *= 10
    return "\n".join(parts)
