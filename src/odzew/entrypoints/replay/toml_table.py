"""A table of a case file that knows its own name, so that every complaint names the key that is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from odzew.foundation.errors import Invalid

_DURATION: Final = re.compile(r"(\d{1,6}) (s|min|h|d)")
_UNITS: Final = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_NOON: Final = time(12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Table:
    """Every method raises `Invalid` with one sentence that names the key."""

    path: str
    values: dict[str, Any]

    def key(self, name: str) -> str:
        """Return the whole name of a key of this table."""
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, wanted: str) -> Invalid:
        """Return the complaint about a value."""
        return Invalid(f"The case file's {self.key(name)} must be {wanted}.", key=self.key(name))

    def only(self, *allowed: str) -> Table:
        """Refuse keys that nobody reads."""
        for name in self.values:
            if name not in allowed:
                raise Invalid(f"The case file has an unknown key: {self.key(name)}.", key=self.key(name))
        return self

    def has(self, name: str) -> bool:
        """Is the key there?"""
        return name in self.values

    def get(self, name: str) -> Any:
        """Return the value of a key that must be there."""
        if name not in self.values:
            raise Invalid(f"The case file lacks the key {self.key(name)}.", key=self.key(name))
        return self.values[name]

    def table(self, name: str) -> Table:
        """Return a table."""
        value = self.get(name)
        if not isinstance(value, dict):
            raise self.wrong(name, "a table")
        return Table(self.key(name), value)

    def tables(self, name: str, *, least: int = 1) -> list[Table]:
        """Return a list of tables, each with its number in its name."""
        value = self.get(name) if least or self.has(name) else []
        if not isinstance(value, list) or len(value) < least or not all(isinstance(v, dict) for v in value):
            raise self.wrong(name, "a list of tables" + (" that is not empty" if least else ""))
        return [Table(f"{self.key(name)}[{n}]", v) for n, v in enumerate(value)]

    def text(self, name: str, *, default: str | None = None) -> str:
        """Return a text that is not empty."""
        value = self.get(name) if default is None else self.values.get(name, default)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(name, "a text that is not empty")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; a key that is not there is an empty one."""
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            raise self.wrong(name, "a list of texts")
        return tuple(value)

    def word(self, name: str, known: Collection[str], *, default: str | None = None) -> str:
        """Return one of the known words."""
        value = self.text(name, default=default)
        if value not in known:
            raise self.wrong(name, f"one of {', '.join(sorted(known))}")
        return value

    def words(self, name: str, known: Collection[str]) -> frozenset[str]:
        """Return a set of known words; a key that is not there is an empty one."""
        values = self.texts(name)
        if any(v not in known for v in values):
            raise self.wrong(name, f"a list of {', '.join(sorted(known))}")
        return frozenset(values)

    def yes(self, name: str) -> bool:
        """Return true or false; a key that is not there is false."""
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def whole(self, name: str) -> int:
        """Return a whole number that is not negative."""
        value = self.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.wrong(name, "a whole number, 0 or more")
        return value

    def part(self, name: str, *, default: float | None = None) -> float:
        """Return a number above 0 and up to 1."""
        value = self.get(name) if default is None else self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            raise self.wrong(name, "a number above 0 and up to 1")
        return float(value)

    def span(self, name: str, *, default: str | None = None) -> timedelta:
        """Return a duration written like "12 h"."""
        found = _DURATION.fullmatch(self.text(name, default=default))
        if found is None:
            raise self.wrong(name, 'a duration like "30 s", "10 min", "12 h" or "4 d"')
        return int(found[1]) * _UNITS[found[2]]

    def moment(self, name: str) -> datetime:
        """Return a moment; of a day alone its noon in UTC, since the record does not say more."""
        value = self.get(name)
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise self.wrong(name, "a moment with its offset, like 2020-01-28T12:00:00Z, or a day alone")
            return value.astimezone(UTC)
        if isinstance(value, date):
            return datetime.combine(value, _NOON)
        raise self.wrong(name, "a day like 2020-01-28 or a moment like 2020-01-28T12:00:00Z")

    def moment_or_never(self, name: str) -> datetime | None:
        """Return a moment, or None if the key is not there: it never happened."""
        return self.moment(name) if self.has(name) else None
