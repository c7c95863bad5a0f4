"""How a case spread, as a picture that the server draws and the table behind it. No script, no style of its own."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Final

from odzew.cases.around import Count, spread_since
from odzew.cases.rows import CaseRow
from odzew.entrypoints.console.said import Said, number

PARTS: Final = 24
_WIDE, _HIGH = 480, 120


def spread_chart(*, row: CaseRow, since: datetime, said: Said) -> dict[str, Any] | None:
    """Return the chart of views from the first notice until now, or None if nobody has counted any.

    Both axes are linear and the upright one begins at nothing. `steps` are all moments at which something was counted anew.
    """
    counts = spread_since(case=row.id, since=since, now=said.now, parts=PARTS)
    top = _round_up(max(c.views for c in counts))
    if not top:
        return None
    hidden = row.withheld_at if row.withheld and row.withheld_at and row.withheld_at >= since else None
    return {
        "points": " ".join(f"{_across(n):.1f},{_up(c.views, top):.1f}" for n, c in enumerate(counts)),
        "hidden_at": f"{_WIDE * _share(since, hidden, said.now):.1f}" if hidden else "",
        "hidden": said.time(hidden) if hidden else None,
        "wide": _WIDE,
        "high": _HIGH,
        "marks": [number(top), number(top / 2), "0"],
        "begin": said.time(since),
        "end": said.time(said.now),
        "told": said.text("spread_told", before=number(counts[0].views), now=number(counts[-1].views)),
        "steps": [
            {"at": said.time(c.at), "views": number(c.views), "reposts": number(c.reposts)}
            for n, c in enumerate(counts)
            if n in (0, PARTS) or _differ(c, counts[n - 1])
        ],
    }


def _differ(one: Count, other: Count) -> bool:
    return (one.views, one.reposts) != (other.views, other.reposts)


def _round_up(most: int) -> int:
    """The next even number that begins with 1, 2 or 4 or is ten times one that does: the middle of the axis is a whole number too."""
    if most <= 0:
        return 0
    size = int(10 ** math.floor(math.log10(most)))
    return max(next(step * size for step in (1, 2, 4, 6, 8, 10) if step * size >= most), 2)


def _across(part: int) -> float:
    return _WIDE * part / PARTS


def _up(value: int, top: int) -> float:
    return _HIGH - (_HIGH - 4) * max(value, 0) / top


def _share(begin: datetime, at: datetime, end: datetime) -> float:
    whole = (end - begin).total_seconds()
    return min((at - begin).total_seconds() / whole, 1.0) if whole > 0 else 0.0
