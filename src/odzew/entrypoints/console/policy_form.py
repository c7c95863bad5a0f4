"""The forms that change a policy: its plain numbers and texts field by field, or its whole text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from odzew.answers.wordbook import languages
from odzew.entrypoints.console.policy_page import key_words
from odzew.entrypoints.console.said import Said
from odzew.foundation.errors import Invalid
from odzew.policy.editing import Value, values_of, with_values

_GROUND: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_GROUPS: Final = ("clocks", "thresholds", "breaker", "words", "kinds", "grounds")
_CLOCK: Final = frozenset({"deed", "statutory", "statutory_hours", "source", "steps"})
NEW: Final = "new_ground"


def _group(key: str) -> str:
    """Return under which heading a value stands in the form; empty for one that only the whole text has."""
    first, *rest = key.split(".")
    if first == "clocks":
        return "clocks" if len(rest) == 2 and rest[1] not in _CLOCK else ""
    if first == "severity":
        return "kinds" if rest[0] == "kinds" else ""
    return first if first in _GROUPS else ""


def fields(*, text: str, typed: Mapping[str, str], said: Said) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Return the fields of a policy by group, each with what stands there or was typed in."""
    found: dict[str, list[dict[str, Any]]] = {group: [] for group in _GROUPS}
    for key, value in values_of(text=text).items():
        if group := _group(key):
            name = f"k.{key}"
            lang = key.rpartition(".")[2] if group == "grounds" else ""
            found[group].append(
                {"name": name, "label": key_words(key=key, said=said), "value": typed.get(name, str(value)), "lang": lang}
            )
    return [(group, said.label("pol_group", group), rows) for group, rows in found.items() if rows]


def new_ground(*, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a ground to be added."""
    return {
        "key": typed.get(NEW, ""),
        "texts": [(code, name, typed.get(f"{NEW}.{code}", "")) for code, name in languages()],
    }


def filled_in(*, text: str, typed: Mapping[str, str], version: int) -> str:
    """Return the text with what was typed into the fields, and a version of its own. Raises `Invalid`."""
    there = values_of(text=text)
    values: dict[str, Value] = {}
    for key, old in there.items():
        given = typed.get(f"k.{key}")
        if _group(key) and given is not None and given.strip() != str(old):
            values[key] = _read(given.strip(), old)
    if ground := typed.get(NEW, "").strip():
        if not _GROUND.fullmatch(ground) or any(key.startswith(f"grounds.{ground}.") for key in there):
            raise Invalid("A new ground has a name of its own, in small letters, digits and underscores.", why="policy_ground")
        values |= {f"grounds.{ground}.{code}": typed.get(f"{NEW}.{code}", "").strip() for code, _ in languages()}
    if values and there.get("version") != version:
        values["version"] = version
    return with_values(text=text, values=values)


def _read(given: str, old: Value) -> Value:
    """Read a number where a number stood; what is none stays as it was typed, and the check of the policy says so."""
    plain = given.replace(",", ".")
    if isinstance(old, int) and not isinstance(old, bool) and re.fullmatch(r"\d{1,9}", given, re.ASCII):
        return int(given)
    if isinstance(old, float) and re.fullmatch(r"\d{1,9}(\.\d{1,6})?", plain, re.ASCII):
        return float(plain)
    return given
