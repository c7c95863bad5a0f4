"""The tables of the documentation that are made from code. `python -m tests.docs.tables` writes them anew."""

from __future__ import annotations

import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"


def settings_table() -> str:
    """Every setting of `Settings`, with its type, limits, default and meaning."""
    from odzew.foundation.settings import Settings

    rows = ["| setting | in the environment | kind | default | meaning |", "|---|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        kind = _kind(field.annotation) + _limits(field.metadata)
        rows.append(f"| `{name}` | `ODZEW_{name.upper()}` | {kind} | {_default(field.default)} | {field.description} |")
    return "\n".join(rows)


def _kind(annotation: Any) -> str:
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return " or ".join(f"`{a}`" for a in typing.get_args(annotation))
    if origin in (typing.Union, types.UnionType):
        return next(_kind(a) for a in typing.get_args(annotation) if a is not type(None))
    return {str: "text", int: "number", bool: "yes or no", Path: "path", float: "number"}.get(annotation, str(annotation))


def _limits(metadata: list[Any]) -> str:
    least = next((m.ge for m in metadata if hasattr(m, "ge")), None)
    most = next((m.le for m in metadata if hasattr(m, "le")), None)
    if least is not None and most is not None:
        return f", {least} to {most}"
    return f", at least {least}" if least is not None else ""


def _default(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"`{'~/.local/share/odzew' if str(value).endswith('.local/share/odzew') else value}`"


def clocks_table() -> str:
    """Every clock of the shipped policy: how long, what it does, whose rule it is."""
    rows = ["| clock | runs | also | on the way | at the end | rule |", "|---|---|---|---|---|---|"]
    for name, rule in _policy().clocks.items():
        also = ", ".join(f"{variant} {span(length)}" for variant, length in rule.variants.items() if length != rule.length)
        steps = [f"`{s.deed}` at {span(s.after)}" for s in rule.steps]
        if rule.news_every:
            steps.append(f"`answer` every {span(rule.news_every)}")
        law = "**law**: " if rule.statutory else ""
        rows.append(
            f"| `{name}` | {span(rule.length)} | {also or '-'} | {', '.join(steps) or '-'} | `{rule.deed}` | {law}{rule.source} |"
        )
    return "\n".join(rows)


def triggers_table() -> str:
    """What hides at once, by regime."""
    policy = _policy()
    regimes = list(policy.triggers)
    names = sorted({name for found in policy.triggers.values() for name in found})
    rows = ["| hides at once | " + " | ".join(regimes) + " |", "|---" * (len(regimes) + 1) + "|"]
    rows += [f"| `{n}` | " + " | ".join("yes" if n in policy.triggers[r] else "-" for r in regimes) + " |" for n in names]
    return "\n".join(rows)


def grounds_table() -> str:
    """The grounds a decision may name."""
    rows = ["| ground | as a reader sees it |", "|---|---|"]
    rows += [f"| `{key}` | {words['en']} |" for key, words in _policy().grounds.items()]
    return "\n".join(rows)


def _policy() -> Any:
    from odzew.policy.load import load_policy
    from odzew.policy.shipped import shipped_policy_text

    return load_policy(text=shipped_policy_text())


def span(length: timedelta) -> str:
    """Say a length of time as the policy file does."""
    minutes = int(length.total_seconds() // 60)
    if minutes % 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours <= 72 else f"{hours // 24} d"


TABLES: Final[Mapping[str, tuple[str, Callable[[], str]]]] = {
    "settings": ("settings.md", settings_table),
    "clocks": ("policy.md", clocks_table),
    "triggers": ("policy.md", triggers_table),
    "grounds": ("policy.md", grounds_table),
}


def block(*, name: str) -> re.Pattern[str]:
    """Return what finds a generated table in its file."""
    return re.compile(rf"(<!-- table: {name} -->\n\n)(.*?)(\n\n<!-- end -->)", re.DOTALL)


def main() -> None:
    """Write every table anew."""
    for name, (file, make) in TABLES.items():
        path = DOCS / file
        text = path.read_text(encoding="utf-8")
        found = block(name=name).search(text)
        if found is None:
            sys.exit(f"{path} has no place for the table {name}")
        path.write_text(text[: found.start(2)] + make() + text[found.end(2) :], encoding="utf-8")


if __name__ == "__main__":
    main()
