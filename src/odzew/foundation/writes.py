"""All rows of one act, written by one statement.

The rooms add rows; the use case sends them once. One round trip and one statement keep the intake fast, and nothing can be
written by halves.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, cast

import orjson
from django.db import connection
from django.db.models import NOT_PROVIDED, Model

Row = Mapping[str, Any]

_IDENTIFIER: Final = frozenset("abcdefghijklmnopqrstuvwxyz_0123456789")


def _plain(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"cannot write a {type(value).__name__}")


def _safe(name: str) -> str:
    if not name or not set(name) <= _IDENTIFIER:
        raise ValueError(f"not a name: {name!r}")
    return name


_templates: dict[type[Model], dict[str, Any]] = {}


def _template(model: type[Model]) -> dict[str, Any]:
    known = _templates.get(model)
    if known is None:
        known = {}
        for field in model._meta.local_concrete_fields:
            if field.get_internal_type() not in ("AutoField", "BigAutoField"):
                default = None if field.default is NOT_PROVIDED else field.default
                known[str(field.column)] = default() if callable(default) else default
        _templates[model] = known
    return known


@cache
def _insert(table: str, columns: tuple[str, ...], conflict: str) -> str:
    names = ", ".join(f'"{_safe(c)}"' for c in columns)
    clause = f" ON CONFLICT {conflict}" if conflict else ""
    source = f"jsonb_populate_recordset(NULL::{_safe(table)}, %s::jsonb)"
    return f"INSERT INTO {table} AS t ({names}) SELECT {names} FROM {source}{clause}"


@cache
def _update(table: str, columns: tuple[str, ...], key: str) -> str:
    sets = ", ".join(f'"{_safe(c)}" = r."{c}"' for c in columns if c != key)
    source = f"jsonb_populate_recordset(NULL::{_safe(table)}, %s::jsonb)"
    return f'UPDATE {table} AS t SET {sets} FROM {source} r WHERE t."{_safe(key)}" = r."{key}"'


class Writes:
    """Rows to insert and to change, gathered by the rooms and sent as one SQL statement.

    A row is inserted or changed once in one `Writes`; changing what the same `Writes` inserts is not possible (PostgreSQL gives
    every part of the statement the same snapshot). Rows of one call have the same columns.
    """

    def __init__(self) -> None:
        self._inserts: dict[tuple[str, tuple[str, ...], str], list[Row]] = {}
        self._updates: dict[tuple[str, tuple[str, ...], str], list[Row]] = {}

    def insert(self, model: type[Model], /, *rows: Row, conflict: str = "") -> None:
        """Add rows to insert; columns that a row leaves out get the model's default.

        `conflict` is an ON CONFLICT clause without the words `ON CONFLICT`, written in code, never data.
        """
        template = _template(model)
        for row in rows:
            whole = {**template, **row}
            if len(whole) != len(template):
                raise ValueError(f"{model.__name__} has no column {sorted(set(whole) - set(template))}")
            self._inserts.setdefault((model._meta.db_table, tuple(whole), conflict), []).append(whole)

    def update(self, model: type[Model], /, *rows: Row, key: str = "id") -> None:
        """Add rows to change: each holds `key` and the columns to set."""
        for row in rows:
            self._updates.setdefault((model._meta.db_table, tuple(row), key), []).append(row)

    def __bool__(self) -> bool:
        return bool(self._inserts or self._updates)

    def _statement(self) -> tuple[str, list[str]]:
        parts = [_insert(*shape) for shape in self._inserts] + [_update(*shape) for shape in self._updates]
        values = [orjson.dumps(rows, default=_plain).decode() for rows in (*self._inserts.values(), *self._updates.values())]
        *firsts, last = parts
        head = ", ".join(f"w{n} AS ({part} RETURNING 1)" for n, part in enumerate(firsts))
        return (f"WITH {head} {last}" if head else last), values

    def send(self) -> None:
        """Write everything in the transaction that is open; a second call writes only what was added since."""
        if not self:
            return
        if not connection.in_atomic_block:
            raise RuntimeError("writes belong in a transaction")
        sql, values = self._statement()
        fetch_none(sql, values)
        self._inserts.clear()
        self._updates.clear()


def fetch_none(sql: str, values: list[Any]) -> None:
    """Run one statement, prepared on the server after a few uses."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def fetch_all(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """Return all rows of one query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cast("list[tuple[Any, ...]]", cursor.fetchall())
