"""The lead's page in words and charts: each figure with the number of cases behind it, each chart with its table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils.safestring import SafeString

from odzew.cases.figures import LEFT
from odzew.enforcement.figures import STEPS, Road, Took
from odzew.entrypoints.console.charts import Bar, bars
from odzew.entrypoints.console.figures_data import FEW, Whole
from odzew.entrypoints.console.said import Said, number, span
from odzew.entrypoints.console.tables import Table

NAMES: Final = ("avoided", "looked", "clusters", "open", "times", "views", "copies", "holds", "appeals", "sources", "alarms")
_UNITS: Final = (("days_unit", 86400.0), ("hours", 3600.0), ("minutes", 60.0))
_LEFT: Final = tuple((f"s{n}", name) for n, name in enumerate(LEFT))
# The most alarms that get a bar; the table has them all.
_BARS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page: what it is about, its charts with their names, what their colours mean, and the table behind them."""

    name: str
    title: str
    note: str
    charts: list[tuple[str, SafeString]]
    legend: list[tuple[str, str]]
    table: Table


def sections(*, whole: Whole, said: Said) -> list[Section]:
    """Return every part of the page."""
    made: tuple[Callable[[Whole, Said], Section], ...] = (
        _avoided,
        _looked,
        _clusters,
        _open,
        _times,
        _views,
        _copies,
        _holds,
        _appeals,
        _sources,
        _alarms,
    )
    return [make(whole, said) for make in made]


def table_of(*, name: str, whole: Whole, said: Said) -> Table | None:
    """Return the table behind one part, or None if there is no such part."""
    return next((s.table for s in sections(whole=whole, said=said) if s.name == name), None)


def length(seconds: float | None, *, few: bool = False, said: Said) -> str:
    """Say a length of time, or that there are too few cases to say."""
    if few:
        return said.words["fig_few"]
    return "–" if seconds is None else said.words["fig_under"] if seconds < 60 else span(length=timedelta(seconds=seconds))


def _section(
    name: str, said: Said, charts: list[tuple[str, SafeString]], table: Table, *, legend: tuple[tuple[str, str], ...] = ()
) -> Section:
    keys = [(css, said.label(f"fig_{name}", key)) for css, key in legend]
    return Section(
        name=name, title=said.words[f"fig_{name}"], note=said.words[f"fig_{name}_note"], charts=charts, legend=keys, table=table
    )


def _kind(kind: str, said: Said) -> str:
    return said.label("kind", kind) if kind else said.words["fig_every_case"]


def _open(whole: Whole, said: Said) -> Section:
    rows = [
        Bar(
            name=_kind(w.kind, said),
            said=number(sum(w.left.values())),
            parts=tuple((w.left[name], css) for css, name in _LEFT),
        )
        for w in whole.waits
    ]
    table = Table(
        name="open",
        columns=("kind", *(f"left_{name}" for name in LEFT), "cases"),
        rows=[(w.kind or "every_case", *w.left.values(), sum(w.left.values())) for w in whole.waits],
        heads=(said.words["fig_kind"], *(said.label("fig_open", name) for name in LEFT), said.words["fig_cases"]),
        lines=[
            (_kind(w.kind, said), *(number(n) for n in w.left.values()), number(sum(w.left.values()))) for w in whole.waits
        ],
    )  # fmt: skip
    title = said.words["fig_open"]
    return _section("open", said, [(title, bars(title=title, unit=said.words["fig_cases"], rows=rows))], table, legend=_LEFT)


def _road(road: str, said: Said) -> str:
    return said.label("road", road) if road else said.words["fig_every_road"]


def _times(whole: Whole, said: Said) -> Section:
    charts = [(said.label("step", step), _chart_of_step(whole.roads, step, said)) for step in STEPS]
    told = [(road, step, road.took[step]) for road in whole.roads for step in STEPS]
    table = Table(
        name="times",
        columns=(
            "road", "step", "cases", "reached", "median_seconds", "p90_seconds", "worst_seconds", "still_open",
            "longest_open_seconds",
        ),
        rows=[
            (r.road or "every_road", step, r.cases, t.cases, *((None, None) if t.cases < FEW else (t.median, t.p90)), t.worst, t.open, t.waits)
            for r, step, t in told
        ],
        heads=tuple(said.words[f"fig_{k}"] for k in ("road", "step", "cases", "reached", "median", "p90", "worst", "still", "longest")),
        lines=[
            (_road(r.road, said), said.label("step", step), number(r.cases), number(t.cases), length(t.median, few=t.cases < FEW, said=said),
             length(t.p90, few=t.cases < FEW, said=said), length(t.worst, said=said), number(t.open), length(t.waits, said=said))
            for r, step, t in told
        ],
    )  # fmt: skip
    return _section("times", said, charts, table, legend=(("s3", "median"), ("s7", "p90")))


def _chart_of_step(roads: list[Road], step: str, said: Said) -> SafeString:
    shown = [(r, r.took[step]) for r in roads]
    most = max([t.p90 or 0 for _, t in shown if t.cases >= FEW], default=0.0)
    unit, size = next((u for u in _UNITS if most >= 2 * u[1]), _UNITS[-1])
    rows = [
        Bar(
            name=_road(r.road, said),
            said=said.text("fig_of", count=number(t.cases), among=number(r.cases)),
            parts=_parts(t, size),
            mark=_median(t, size),
            instead=said.words["fig_few"] if t.cases < FEW else "",
        )
        for r, t in shown
    ]
    return bars(title=said.label("step", step), unit=said.words[f"fig_{unit}"], rows=rows, whole=False, number="{:g}".format)


def _parts(took: Took, size: float) -> tuple[tuple[float, str], ...]:
    if took.cases < FEW or took.median is None or took.p90 is None:
        return ()
    return ((took.median / size, "s3"), ((took.p90 - took.median) / size, "s7"))


def _median(took: Took, size: float) -> float | None:
    return None if took.cases < FEW or took.median is None else took.median / size


def _views(whole: Whole, said: Said) -> Section:
    v = whole.views
    few = v.cases < FEW
    median, p90 = (None, None) if few else (v.median, v.p90)
    figures = (("median", median), ("p90", p90), ("worst", v.worst))
    rows = [
        Bar(
            name=said.words[f"fig_{name}"],
            said=said.words["fig_few"] if value is None else number(value),
            parts=((float(value or 0), "s3"),),
        )
        for name, value in figures
    ]
    table = Table(
        name="views",
        columns=("cases", "counted", "median_views", "p90_views", "worst_views", "all_views"),
        rows=[(v.among, v.cases, median, p90, v.worst, v.total)],
        heads=tuple(said.words[f"fig_{k}"] for k in ("cases", "counted", "median", "p90", "worst", "all")),
        lines=[
            (number(v.among), number(v.cases), *(said.words["fig_few"] if few else number(n or 0) for n in (median, p90)),
             "–" if v.worst is None else number(v.worst), number(v.total))
        ],
    )  # fmt: skip
    title = said.words["fig_views"]
    return _section("views", said, [(title, bars(title=title, unit=said.words["fig_views_unit"], rows=rows))], table)


def _counted(name: str, what: str, numbers: dict[str, int], said: Said) -> Section:
    """A part that counts items by one word."""
    labels = {key: said.label(f"fig_{name}", key) for key in numbers}
    rows = [Bar(name=labels[key], said=number(n), parts=((n, "s3"),)) for key, n in numbers.items()]
    table = Table(
        name=name,
        columns=(what, "items"),
        rows=list(numbers.items()),
        heads=(said.words[f"fig_{what}"], said.words["fig_items"]),
        lines=[(labels[key], number(n)) for key, n in numbers.items()],
    )
    title = said.words[f"fig_{name}"]
    return _section(name, said, [(title, bars(title=title, unit=said.words["fig_items"], rows=rows))], table)


def _copies(whole: Whole, said: Said) -> Section:
    return _counted("copies", "how", whole.copies, said)


def _avoided(whole: Whole, said: Said) -> Section:
    return _counted("avoided", "how", whole.avoided, said)


def _looked(whole: Whole, said: Said) -> Section:
    levels = {"veiled": sum(d.veiled for d in whole.looked), "clearer": sum(d.clearer for d in whole.looked)}
    rows = [Bar(name=said.label("fig_looked", level), said=number(n), parts=((n, "s3"),)) for level, n in levels.items()]
    table = Table(
        name="looked",
        columns=("day", *levels),
        rows=[(d.day.isoformat(), d.veiled, d.clearer) for d in whole.looked],
        heads=(said.words["fig_day"], *(said.label("fig_looked", level) for level in levels)),
        lines=[(d.day.isoformat(), number(d.veiled), number(d.clearer)) for d in whole.looked],
    )
    title = said.words["fig_looked"]
    return _section("looked", said, [(title, bars(title=title, unit=said.words["fig_looked_unit"], rows=rows))], table)


def _clusters(whole: Whole, said: Said) -> Section:
    c = whole.clusters
    median = None if c.clusters < FEW else c.median
    rows = [
        Bar(
            name=said.words[f"fig_{name}"],
            said=said.words["fig_few"] if value is None else number(value),
            parts=((float(value or 0), "s3"),),
        )
        for name, value in (("median", median), ("worst", c.worst))
    ]
    table = Table(
        name="clusters",
        columns=("clusters", "median_views", "worst_views"),
        rows=[(c.clusters, median, c.worst)],
        heads=(said.words["fig_clusters_count"], said.words["fig_median"], said.words["fig_worst"]),
        lines=[
            (
                number(c.clusters),
                said.words["fig_few"] if median is None else number(median),
                "–" if c.worst is None else number(c.worst),
            )
        ],
    )
    title = said.words["fig_clusters"]
    return _section("clusters", said, [(title, bars(title=title, unit=said.words["fig_clusters_unit"], rows=rows))], table)


def _holds(whole: Whole, said: Said) -> Section:
    h = whole.holds
    numbers = {"hidden": h.hidden, "removed": h.removed, "reversed": h.reversed, "wave": h.wave, "unverified": h.unverified}
    return _counted("holds", "what", numbers, said)


def _appeals(whole: Whole, said: Said) -> Section:
    colours = (("s1", "open"), ("s3", "upheld"), ("s4", "rejected"))
    states = tuple(state for _, state in colours)
    told = [(a, (a.open, a.upheld, a.rejected), a.upheld + a.rejected < FEW) for a in whole.appeals]
    rows = [
        Bar(
            name=said.label("side", a.by),
            said=number(sum(n)),
            parts=tuple((v, css) for v, (css, _) in zip(n, colours, strict=True)),
        )
        for a, n, _ in told
    ]
    table = Table(
        name="appeals",
        columns=("by", *states, "median_seconds", "p90_seconds"),
        rows=[(a.by, *n, None if few else a.median, None if few else a.p90) for a, n, few in told],
        heads=(
            said.words["fig_by"],
            *(said.label("fig_appeals", s) for s in states),
            said.words["fig_median"],
            said.words["fig_p90"],
        ),
        lines=[
            (
                said.label("side", a.by),
                *(number(v) for v in n),
                length(a.median, few=few, said=said),
                length(a.p90, few=few, said=said),
            )
            for a, n, few in told
        ],
    )
    title = said.words["fig_appeals"]
    return _section("appeals", said, [(title, bars(title=title, unit=title, rows=rows))], table, legend=colours)


def _sources(whole: Whole, said: Said) -> Section:
    colours = (("s1", "waiting"), ("s3", "confirmed"), ("s4", "cleared"), ("s0", "not_found"))
    told = [(a, {name: getattr(a, name) for _, name in colours}) for a in whole.sources]
    names = [f"{a.program} ({said.label('source', a.source)})" for a, _ in told]
    rows = [
        Bar(name=name, said=number(a.notices), parts=tuple((n[key], css) for css, key in colours))
        for name, (a, n) in list(zip(names, told, strict=True))[:_BARS]
    ]
    table = Table(
        name="sources",
        columns=("name", "source", "notices", *(key for _, key in colours), "share_confirmed"),
        rows=[(a.program, a.source, a.notices, *n.values(), None if a.share is None else round(a.share, 4)) for a, n in told],
        heads=(
            said.words["fig_source"],
            said.words["fig_notices"],
            *(said.label("fig_sources", key) for _, key in colours),
            said.words["fig_share"],
        ),
        lines=[
            (
                name,
                number(a.notices),
                *(number(v) for v in n.values()),
                said.words["fig_few"] if a.share is None else f"{a.share * 100:.0f}\N{NO-BREAK SPACE}%",
            )
            for name, (a, n) in zip(names, told, strict=True)
        ],
    )
    title = said.words["fig_sources"]
    return _section("sources", said, [(title, bars(title=title, unit=said.words["fig_notices"], rows=rows))], table, legend=colours)


def _alarms(whole: Whole, said: Said) -> Section:
    rows = [
        Bar(name=a.code, said=number(a.times), parts=((a.times - a.unconfirmed, "s3"), (a.unconfirmed, "s0")))
        for a in whole.alarms[:_BARS]
    ]
    table = Table(
        name="alarms",
        columns=("code", "times", "unconfirmed"),
        rows=[(a.code, a.times, a.unconfirmed) for a in whole.alarms],
        heads=(said.words["fig_alarm"], said.words["fig_rang"], said.words["fig_unconfirmed"]),
        lines=[(f"{a.code}: {said.label('alarm', a.code)}", number(a.times), number(a.unconfirmed)) for a in whole.alarms],
    )
    title = said.words["fig_alarms"]
    charts = [(title, bars(title=title, unit=title, rows=rows))] if rows else []
    return _section("alarms", said, charts, table, legend=(("s3", "seen"), ("s0", "unseen")))
