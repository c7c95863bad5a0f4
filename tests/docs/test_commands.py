"""Every command of the command line is documented, and no documented command is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from odzew.entrypoints.cli.main import app
from tests.docs.tables import DOCS

GUIDE = (DOCS / "operator.md").read_text(encoding="utf-8")


def _leaves(command: Any, words: tuple[str, ...]) -> Iterator[str]:
    if subcommands := getattr(command, "commands", None):
        for name, sub in subcommands.items():
            if not sub.hidden:
                yield from _leaves(sub, (*words, name))
    else:
        yield " ".join(words)


def _commands() -> set[str]:
    return set(_leaves(typer.main.get_command(app), ("odzew",)))


def test_the_operators_guide_has_every_command() -> None:
    rows = set(re.findall(r"^\| `(odzew [a-z -]+?)(?: [A-Z\[-][^`]*)?` \|", GUIDE, re.MULTILINE))
    assert rows == _commands()


def test_every_page_names_only_commands_that_exist() -> None:
    known = _commands()
    groups = {" ".join(c.split()[:n]) for c in known for n in (1, 2)}
    for page in [*DOCS.parent.glob("*.md"), *DOCS.rglob("*.md")]:
        for line in re.findall(r"(?:^    .*$|`[^`\n]+`)", page.read_text(encoding="utf-8"), re.MULTILINE):
            for found in re.findall(r"\bodzew((?: [a-z]+)+)", line):
                words = found.split()
                assert f"odzew {' '.join(words[:2])}" in known or f"odzew {words[0]}" in known | groups, (
                    f"{page.name}: odzew{found}"
                )
