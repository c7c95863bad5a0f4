"""What a person reads on the terminal: the facts and their limits, then a table for each staffing, then beside now."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from odzew.entrypoints.replay.course import told
from odzew.entrypoints.replay.figures import Figures, figures_now, figures_then
from odzew.entrypoints.replay.play import Played
from odzew.entrypoints.replay.story import Case

_HEADS = ("withheld after", "decided after", "answered after", "silent for", "views after first notice")


def introduce(*, console: Console, case: Case, policy: str) -> None:
    """Print what is played, where the facts come from and what is assumed."""
    console.print(case.title, style="bold", markup=False)
    for source in case.sources:
        console.print(source, markup=False)
    console.print(f"Played against the policy {policy}. Times count from the first notice.", markup=False)
    if case.assumed:
        console.print("Assumed, because the facts do not say:", markup=False)
        for line in case.assumed:
            console.print(Padding(f"- {line}", (0, 0, 0, 2)), markup=False)


def show(*, console: Console, case: Case, plays: Sequence[Played]) -> None:
    """Print the plays of one staffing."""
    table = Table(title=f"Staffing: {plays[0].staffing.name}", title_justify="left", show_edge=False, pad_edge=False)
    table.add_column("views come")
    table.add_column("")
    for head in _HEADS:
        table.add_column(head, justify="right")
    for played in plays:
        then, now = figures_then(case=case, curve=played.curve), figures_now(case=case, played=played)
        table.add_row(played.curve.name, "then", *_cells(then))
        table.add_row("", "now", *_cells(now), end_section=True)
    console.print()
    console.print(table)
    lines = [told(case=case, played=p) for p in plays]
    for line in dict.fromkeys(lines):
        which = (
            ""
            if len(set(lines)) == 1
            else f" ({', '.join(p.curve.name for p, has in zip(plays, lines, strict=True) if has == line)})"
        )
        console.print(f"Now{which}: {line}", markup=False, highlight=False)


def _cells(f: Figures) -> list[str]:
    times = (f.hours_to_withhold, f.hours_to_decision, f.hours_to_answer, f.silent_hours)
    return [*("never" if t is None else f"{t:,.2f} h" for t in times), f"{f.views_after_first_notice:,}"]
