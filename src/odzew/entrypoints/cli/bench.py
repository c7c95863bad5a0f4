"""`odzew bench`: published benchmarks."""

from __future__ import annotations

import importlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from odzew.entrypoints.bench.data import Figure
from odzew.entrypoints.bench.plot import draw
from odzew.foundation.errors import Invalid

NAMES: Final = ("intake", "clocks", "ledger", "outbox", "hash", "video", "decode", "match", "scan", "check", "form", "desk")


def bench(
    name: Annotated[str, typer.Argument(help=f"Which one: {', '.join(NAMES)}.")],
    full: Annotated[bool, typer.Option("--full", help="With the largest numbers; takes many minutes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Figures as JSON, and nothing else on stdout.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Where to draw what was measured at several sizes, as SVG.")] = None,
) -> None:
    """Measure this desk beside a named peer, on a throw-away database; run it on a quiet machine.

    Example: odzew bench intake --json
    """
    if name not in NAMES:
        raise Invalid(f"There is no benchmark {name!r}; there are {', '.join(NAMES)}.")
    figures = importlib.import_module(f"odzew.entrypoints.bench.{name}").run(full=full)
    _say(figures, as_json=as_json)
    if plot is not None:
        plot.write_text(draw(figures=figures), encoding="utf-8")


def _say(figures: list[Figure], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(f) for f in figures]))
        return
    for f in figures:
        peer = f"   {f.peer_name}: {f.peer:,.3f}   ratio {f.ratio:.2f}" if f.peer is not None and f.ratio is not None else ""
        print(f"{f.figure:34} {f.ours:14,.3f} {f.unit:6}{peer}   n = {f.n:,}")
