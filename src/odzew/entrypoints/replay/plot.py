"""The plot: for each assumed curve the views then and now, with what happened when. An SVG of our own, in light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape

from odzew.entrypoints.drawing import DARK, PAPER
from odzew.entrypoints.drawing import text as _text
from odzew.entrypoints.replay.course import course_of
from odzew.entrypoints.replay.curves import views_at
from odzew.entrypoints.replay.play import Played
from odzew.entrypoints.replay.story import Case

_WIDTH: Final = 900
_PANEL: Final = 260
_HEAD: Final = 84
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 24, 64, 44
_POINTS: Final = 240
_STYLE: Final = f"""
{PAPER} .soft {{ fill: #5b636b }} .axis {{ stroke: #8a939c; stroke-width: 1 }}
.then {{ fill: none; stroke: #b3261e; stroke-width: 2; stroke-dasharray: 7 4 }} .now {{ fill: none; stroke: #0b57a4; stroke-width: 2.5 }}
.then-word {{ fill: #b3261e }} .now-word {{ fill: #0b57a4 }} .notice {{ fill: currentColor }} .mark {{ stroke: #0b57a4; stroke-width: 1 }}
.gone {{ stroke: #b3261e; stroke-width: 1; stroke-dasharray: 2 3 }}   .title {{ font-size: 17px; font-weight: 600 }}
@media (prefers-color-scheme: dark) {{
{DARK} .soft {{ fill: #a7afb7 }} .axis {{ stroke: #6b747c }}
.then, .gone {{ stroke: #f2938c }} .now, .mark {{ stroke: #7fb8f0 }} .then-word {{ fill: #f2938c }} .now-word {{ fill: #7fb8f0 }} }}
"""


def draw(*, case: Case, plays: Sequence[Played]) -> str:
    """Return the SVG of the plays of one staffing, a panel for each curve."""
    height = _HEAD + _PANEL * len(plays)
    panels = [_panel(case, p, top=_HEAD + n * _PANEL) for n, p in enumerate(plays)]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img" '
        'aria-labelledby="title desc">',
        f'<title id="title">{escape(case.title)}: views then and now</title>',
        f'<desc id="desc">{escape(_described(case, plays))}</desc>',
        f"<style>{_STYLE}</style>",
        _text(_LEFT, 28, case.title, css="title"),
        _text(_LEFT, 48, f"Staffing: {plays[0].staffing.name}. The course of the views is assumed.", css="soft"),
        _text(_LEFT, 68, "dashed: then", css="then-word"),
        _text(_LEFT + 110, 68, "solid: now", css="now-word"),
        _text(_LEFT + 210, 68, "▲ notice"),
        *panels,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _described(case: Case, plays: Sequence[Played]) -> str:
    parts = []
    for p in plays:
        now = p.series[-1][1]
        what = "; ".join(f"{what} {at:%d %b %Y %H:%M}" for at, what in course_of(case=case, played=p)[:8])
        parts.append(f"{p.curve.name}: then {case.then.views:,} views in all, now {now:,.0f} ({what or 'nothing was done'}).")
    return " ".join(parts)


@dataclass(frozen=True, slots=True)
class _Scale:
    """From a moment and a number of views to a place in a panel."""

    begin: datetime
    end: datetime
    most: float
    top: float

    @property
    def floor(self) -> float:
        return self.top + _PANEL - _BOTTOM

    def x(self, at: datetime) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * ((at - self.begin) / (self.end - self.begin))

    def y(self, views: float) -> float:
        return self.floor - (_PANEL - _TOP - _BOTTOM) * views / self.most

    def line(self, points: Iterable[tuple[datetime, float]], css: str) -> str:
        drawn = " ".join(f"{self.x(at):.1f},{self.y(views):.1f}" for at, views in points)
        return f'<polyline class="{css}" points="{drawn}"/>'


def _panel(case: Case, played: Played, *, top: float) -> str:
    scale = _Scale(case.posted, case.ends, max(case.then.views, 1), top)
    step = (case.ends - case.posted) / _POINTS
    moments = [case.posted + n * step for n in range(_POINTS + 1)]
    then = [(at, views_at(case=case, curve=played.curve, now=at)) for at in moments]
    parts = [
        _text(_LEFT, top + 18, played.curve.name, css="title"),
        *_axes(scale),
        *_marks(case, played, scale),
        scale.line(_thinned(played), "now"),
        scale.line(then, "then"),
    ]
    for notice in case.notices:
        x = scale.x(notice.at)
        parts.append(f'<path class="notice" d="M{x:.1f} {scale.floor + 2:.1f} l5 8 h-10 z"/>')
    return "\n".join(parts)


def _thinned(played: Played) -> list[tuple[datetime, float]]:
    """Every third hour is enough for the eye; the first, the last and each change stay."""
    turns = {c.at for c in played.changes}
    last = len(played.series) - 1
    return [p for n, p in enumerate(played.series) if n % 3 == 0 or n == last or p[0] in turns]


def _axes(scale: _Scale) -> list[str]:
    parts = [f'<path class="axis" fill="none" d="M{_LEFT} {scale.y(scale.most):.1f} V{scale.floor:.1f} H{_WIDTH - _RIGHT}"/>']
    parts += [_text(_LEFT - 8, scale.y(v) + 4, f"{v:,.0f}", css="soft", anchor="end") for v in (0, scale.most / 2, scale.most)]
    day = scale.begin.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    every = max(round((scale.end - scale.begin) / timedelta(days=1) / 6), 1)
    while day <= scale.end:
        parts.append(_text(scale.x(day), scale.floor + 28, f"{day.day} {day:%b %Y}", css="soft", anchor="middle"))
        day += timedelta(days=every)
    return parts


def _marks(case: Case, played: Played, scale: _Scale) -> list[str]:
    """What happened, then (answer, gone) and now (hidden, decided, served again), each with its word."""
    then = [(at, f"then: {what}") for at, what in ((case.then.answered_at, "answered"), (case.then.gone_at, "gone")) if at]
    parts = _lines(then, scale, css="gone", word="then-word", row=1)
    return parts + _lines(course_of(case=case, played=played), scale, css="mark", word="now-word", row=0)


def _lines(steps: Sequence[tuple[datetime, str]], scale: _Scale, *, css: str, word: str, row: int) -> list[str]:
    y = scale.top + 36 + 16 * row
    groups: list[tuple[float, list[str]]] = []
    for at, what in steps:
        x = scale.x(at)
        if groups and (x - groups[-1][0] < 130 or row):
            groups[-1][1].append(what)
        else:
            groups.append((x, [what]))
    parts = [f'<path class="{css}" d="M{scale.x(at):.1f} {scale.top + 57:.1f} V{scale.floor:.1f}"/>' for at, _ in steps]
    for x, words in groups:
        side = "end" if x > _WIDTH * 0.6 else "start"
        parts.append(_text(x, y, ", ".join(dict.fromkeys(words)), css=word, anchor=side))
    return parts
