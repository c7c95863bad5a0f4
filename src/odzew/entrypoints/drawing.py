"""What every drawing of ours is made of: words in an SVG, escaped, and round numbers for an axis that begins at zero."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

# The colours of a drawing that stands alone, in light and dark; a page brings its own.
PAPER: Final = "svg { background: #ffffff; color: #1c2024; font: 13px system-ui, sans-serif } text { fill: currentColor }"
DARK: Final = "svg { background: #15181b; color: #e8eaed }"


def text(x: float, y: float, words: str, *, css: str = "", anchor: str = "start") -> str:
    """Return words at a place."""
    kind = f' class="{css}"' if css else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, *, css: str) -> str:
    """Return a filled box."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" class="{css}"/>'


def element(name: str, *inside: str, **attributes: str | float) -> str:
    """Return an element with attributes, escaped; an underscore in a name stands for a hyphen."""
    said: Mapping[str, str] = {key.replace("_", "-"): str(value) for key, value in attributes.items()}
    head = "".join(f" {key}={quoteattr(value)}" for key, value in said.items())
    return f"<{name}{head}>{''.join(inside)}</{name}>"


def steps(*, most: float, whole: bool = False, about: int = 4) -> list[float]:
    """Return the marks of an axis from zero to at least `most`: 1, 2 or 5 times a power of ten apart, whole numbers if asked.

    Zero is always among them, so that twice as long means twice as much.
    """
    if most <= 0:
        return [0.0, 1.0]
    rough = most / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= rough * 0.999999)
    if whole:
        step = max(round(step), 1)
    return [n * step for n in range(math.ceil(most / step - 1e-9) + 1)]
