"""Charts of the console, drawn here and styled by its stylesheet: bars that begin at zero, in a drawing narrow enough for a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.safestring import SafeString, mark_safe

from odzew.entrypoints.console.said import number
from odzew.entrypoints.drawing import box, element, steps, text

WIDTH: Final = 340.0
_BAR: Final = 14.0
_ROW: Final = 44.0
_AXIS: Final = 46.0
_EDGE: Final = 14.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A row: its name, what is said at its right, and its parts from zero on, each with a class of the stylesheet.

    `mark` is a thin line at a value. `instead` is said where there can be no bar.
    """

    name: str
    said: str
    parts: tuple[tuple[float, str], ...] = ()
    mark: float | None = None
    instead: str = ""


def bars(*, title: str, unit: str, rows: Sequence[Bar], whole: bool = True, number: Callable[[float], str] = number) -> SafeString:
    """Return a chart of horizontal bars on one axis from zero, whose unit is named; `title` says it to who cannot see it."""
    most = max([sum(v for v, _ in row.parts) for row in rows] + [row.mark or 0 for row in rows], default=0.0)
    marks = steps(most=most, whole=whole)
    across, height = WIDTH - 2 * _EDGE, _ROW * len(rows) + _AXIS

    def x(value: float) -> float:
        return _EDGE + across * value / marks[-1]

    floor = _ROW * len(rows) + 4
    inside = [element("path", d="".join(f"M{x(m):.1f} 4V{floor:.1f}" for m in marks), **{"class": "grid"})]
    for n, row in enumerate(rows):
        inside += _row(row, top=n * _ROW, x=x)
    inside += [text(x(m), floor + 16, number(m), css="mid", anchor="middle") for m in marks]
    inside.append(text(WIDTH - _EDGE, floor + 34, unit, css="mid", anchor="end"))
    drawn = element("svg", *inside, viewBox=f"0 0 {WIDTH:.0f} {height:.0f}", role="img", aria_label=title, **{"class": "chart"})
    return mark_safe(drawn)  # noqa: S308 - every word in it was escaped


def _row(row: Bar, *, top: float, x: Callable[[float], float]) -> list[str]:
    out = [text(_EDGE, top + 18, row.name, css="name"), text(WIDTH - _EDGE, top + 18, row.said, css="mid", anchor="end")]
    at = 0.0
    for value, css in row.parts:
        if value > 0:
            out.append(box(x(at), top + 24, x(at + value) - x(at), _BAR, css=css))
        at += value
    if row.instead:
        out.append(text(_EDGE, top + 36, row.instead, css="mid"))
    if row.mark is not None:
        out.append(box(x(row.mark) - 1.5, top + 21, 3, _BAR + 6, css="tick"))
    return out
