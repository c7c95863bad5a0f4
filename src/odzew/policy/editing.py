"""Changing single values in the text of a policy file, so that its comments and its order stay."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from odzew.foundation.errors import Invalid

Value = str | int | float | bool
_HEADER: Final = re.compile(r"\s*\[\s*([A-Za-z0-9_.-]+)\s*\]\s*(?:#.*)?")
_LINE: Final = re.compile(r"(\s*)([A-Za-z0-9_-]+)(\s*=\s*)(\"(?:[^\"\\]|\\.)*\"|[^\s#\"'\[{]+)(\s*(?:#.*)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that two policies do not share; None where it is not there."""

    key: str
    before: Any
    after: Any


def values_of(*, text: str) -> dict[str, Any]:
    """Return every value of a file by its whole key (`clocks.ack.length`). Raises `Invalid` if it is no TOML."""
    try:
        return dict(_flat(tomllib.loads(text)))
    except (ValueError, RecursionError) as error:
        raise Invalid(f"The policy is not valid TOML: {error}.") from error


def differences(*, before: str, after: str) -> list[Difference]:
    """Return what two files say differently, in the order of the newer one, then what it says no more."""
    old, new = values_of(text=before), values_of(text=after)
    keys = [*new, *(key for key in old if key not in new)]
    return [Difference(key=k, before=old.get(k), after=new.get(k)) for k in keys if old.get(k) != new.get(k)]


def with_values(*, text: str, values: Mapping[str, Value]) -> str:
    """Return the text with these values in the place of what stands there; a key that is not there is added to its table.

    The result is read again and must say exactly what was asked for. Raises `Invalid` where a file is written in a way that one line
    at a time cannot change: then its whole text is what to change.
    """
    wanted = {**values_of(text=text), **values}
    lines = text.split("\n")
    there = _places(lines)
    for key, value in values.items():
        if (n := there.keys.get(key)) is not None and (found := _LINE.fullmatch(lines[n])):
            lines[n] = f"{found[1]}{found[2]}{found[3]}{_written(value)}{found[5]}"
    for key, value in values.items():
        if key not in there.keys:
            _add(lines, key, value)
    made = "\n".join(lines)
    try:
        same = values_of(text=made) == wanted
    except Invalid:
        same = False
    if not same:
        raise Invalid("This policy is written in a way that the form cannot change; change its whole text.", why="policy_by_hand")
    return made


@dataclass(frozen=True, slots=True)
class _Places:
    """On which line each key stands, and on which the last key of each table (or its header)."""

    keys: dict[str, int]
    ends: dict[str, int]


def _places(lines: list[str]) -> _Places:
    found, table = _Places({}, {}), ""
    for n, line in enumerate(lines):
        if header := _HEADER.fullmatch(line):
            table = header[1]
            found.ends[table] = n
        elif value := _LINE.fullmatch(line):
            found.ends[table] = n
            found.keys[f"{table}.{value[2]}" if table else value[2]] = n
    return found


def _add(lines: list[str], key: str, value: Value) -> None:
    """Put a new key at the end of its table; a new table behind its sisters, else at the end."""
    table, _, name = key.rpartition(".")
    ends = _places(lines).ends
    if table and table not in ends:
        sisters = [n for other, n in ends.items() if other.rpartition(".")[0] == table.rpartition(".")[0]]
        at = max(sisters or ends.values(), default=-1) + 1
        lines[at:at] = ["", f"[{table}]"]
        ends = {**ends, table: at + 1}
    lines.insert(ends.get(table, -1) + 1, f"{name} = {_written(value)}")


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # What JSON writes as a string is one in TOML as well, with the same escapes.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") if isinstance(value, str) else repr(value)


def _flat(table: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        key = f"{before}.{name}" if before else name
        if isinstance(value, dict):
            found += _flat(value, key)
        else:
            found.append((key, value))
    return found
