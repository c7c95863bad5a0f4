"""`odzew simulate`: an attack on the desk, through the real code on a virtual clock."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Final

import typer

from odzew.entrypoints.simulate.attack import FALSE, POSTS, TRUE, Size
from odzew.foundation.errors import Invalid

NAMES: Final = ("wave",)


def simulate(
    name: Annotated[str, typer.Argument(help=f"Which one: {', '.join(NAMES)}.")],
    posts: Annotated[int, typer.Option(min=2, max=100_000, help="Posts on the platform.")] = POSTS,
    false: Annotated[int, typer.Option("--false", min=1, max=1_000_000, help="False reports.")] = FALSE,
    true: Annotated[int, typer.Option("--true", min=1, max=100_000, help="True reports, each of a post of its own.")] = TRUE,
    reviewers: Annotated[
        list[int] | None, typer.Option(min=1, max=100, help="How many people decide; may be given again. Default: 10, then 1.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="What was found as JSON, and nothing else on stdout.")] = False,
) -> None:
    """Play a wave of coordinated false reports and look whether the promises hold: exit 1 if one is broken.

    It uses a throw-away database, never the desk's. The whole size takes many minutes.

    Example: odzew simulate wave --posts 20 --false 600 --true 5
    """
    if name not in NAMES:
        raise Invalid(f"There is no simulation {name!r}; there is {', '.join(NAMES)}.")
    if true >= posts:
        raise Invalid("There must be more posts than true reports: each of these has a post of its own.")
    found = _play(Size(posts=posts, false=false, true=true), reviewers or [10, 1])
    from odzew.entrypoints.simulate.figures import broken

    wrong = [sentence for one in found for sentence in broken(found=one)]
    if as_json:
        print(json.dumps(found))
    else:
        _print(found)
    for sentence in dict.fromkeys(wrong):
        print(f"odzew: {sentence}", file=sys.stderr)
    if wrong:
        raise typer.Exit(1)


def _play(size: Size, staffings: list[int]) -> list[dict[str, Any]]:
    from rich.console import Console
    from rich.progress import Progress

    from odzew.entrypoints.replay.stage import stage
    from odzew.entrypoints.simulate.attack import attack

    story, console = attack(size=size), Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Making a throw-away database", total=len(staffings) * (size.false + 2 * size.true))
        with stage() as fresh:
            from odzew.entrypoints.simulate.figures import figures
            from odzew.entrypoints.simulate.wave import play
            from odzew.policy.load import load_policy
            from odzew.policy.shipped import shipped_policy_text

            policy, found = load_policy(text=shipped_policy_text()), []
            for reviewers in staffings:
                played = []
                for which, what in (("a calm day", story.without()), ("the wave", story)):
                    progress.update(task, description=f"{reviewers} at the desk: {which}")
                    fresh()
                    played.append(play(attack=what, reviewers=reviewers, policy=policy, filed=lambda: progress.advance(task)))
                calm, happened = played
                found.append(figures(attack=story, reviewers=reviewers, happened=happened, calm=calm))
    return found


def _print(found: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=110)
    table = Table(title="A wave of false reports. Times in hours", title_justify="left", show_edge=False, pad_edge=False)
    table.add_column("at the desk")
    for one in found:
        table.add_column(str(one["reviewers"]), justify="right")
    for row in zip(*(list(_lines(one)) for one in found), strict=True):
        table.add_row(row[0][0], *(value for _, value in row))
    console.print(table)


def _lines(found: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Every figure with its name; of a list how long it is."""
    lines = []
    for name, value in found.items():
        called = f"{before}{name.replace('_', ' ')}"
        if isinstance(value, dict):
            lines += _lines(value, f"{called}: ")
        else:
            lines.append((called, "-" if value is None else f"{len(value)}" if isinstance(value, list) else f"{value:,}"))
    return lines
