"""`odzew replay`: a recorded history goes through the real code on a virtual clock."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from odzew.foundation.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from odzew.entrypoints.replay.play import Played
    from odzew.entrypoints.replay.story import Case, Staffing
    from odzew.policy.rules import Policy


def replay(
    case: Annotated[str, typer.Argument(help="A case file, or the name of a shipped one: doe-v-twitter.")],
    policy: Annotated[Path | None, typer.Option(help="Play against this policy; default: the one that ships.")] = None,
    staffing: Annotated[
        str | None,
        typer.Option(help="Only this staffing of the case, by its name or number; default: all (JSON and plot: the first)."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="The figures of one staffing as JSON, and nothing else on stdout.")
    ] = False,
    plot: Annotated[Path | None, typer.Option(help="Write the views then and now of one staffing to this SVG file.")] = None,
) -> None:
    """Play a recorded history through the real code on a virtual clock, and print what happened then and what happens now.

    It uses a throw-away database, never the desk's.

    Example: odzew replay doe-v-twitter --plot then-and-now.svg
    """
    from odzew.entrypoints.replay.case_file import find_case

    story = find_case(name=case)
    rules = _policy(policy)
    chosen = _staffing(story, staffing)
    called = f"{rules.name}, version {rules.version}"
    plays = _play(story, chosen[:1] if as_json else chosen, rules)
    if plot is not None:
        _draw(story, plays[0], plot)
    if as_json:
        from odzew.entrypoints.replay.figures import as_json as in_json

        print(json.dumps(in_json(case=story, policy=called, plays=plays[0]), ensure_ascii=False))
    else:
        _print(story, plays, called)


def _policy(path: Path | None) -> Policy:
    from odzew.policy.check import check_policy
    from odzew.policy.load import load_policy
    from odzew.policy.shipped import shipped_policy_text

    if path is None:
        return load_policy(text=shipped_policy_text())
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"The policy {path} cannot be read: {error}.") from error
    rules = load_policy(text=text)
    for wrong in check_policy(policy=rules):
        print(f"odzew: no desk may run this policy: {wrong}", file=sys.stderr)
    return rules


def _staffing(story: Case, wanted: str | None) -> list[Staffing]:
    if wanted is None:
        return list(story.staffing)
    for number, staffing in enumerate(story.staffing, 1):
        if wanted in (staffing.name, str(number)):
            return [staffing]
    known = "; ".join(f"{n} {s.name}" for n, s in enumerate(story.staffing, 1))
    raise Invalid(f"The case has no staffing {wanted!r}; it has: {known}.")


def _play(story: Case, chosen: list[Staffing], rules: Policy) -> list[list[Played]]:
    from rich.console import Console
    from rich.progress import Progress

    from odzew.entrypoints.replay.stage import stage

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Making a throw-away database", total=len(chosen) * len(story.curves))
        with stage() as fresh:
            from odzew.entrypoints.replay.play import play
            from odzew.foundation.secrets import Keys

            keys = Keys(master=secrets.token_bytes(32))
            plays: list[list[Played]] = []
            for staffing in chosen:
                plays.append([])
                for curve in story.curves:
                    progress.update(task, description=f"{staffing.name}: {curve.name}")
                    fresh()
                    plays[-1].append(play(case=story, curve=curve, staffing=staffing, policy=rules, keys=keys))
                    progress.advance(task)
            return plays


def _draw(story: Case, plays: list[Played], path: Path) -> None:
    from odzew.entrypoints.replay.plot import draw

    try:
        path.write_text(draw(case=story, plays=plays), encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"The plot cannot be written to {path}: {error.strerror}.") from error


def _print(story: Case, plays: list[list[Played]], called: str) -> None:
    from rich.console import Console

    from odzew.entrypoints.replay.table import introduce, show

    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=110)
    introduce(console=console, case=story, policy=called)
    for of_one in plays:
        show(console=console, case=story, plays=of_one)
