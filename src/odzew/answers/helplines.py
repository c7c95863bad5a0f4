"""Where a person can turn, by country: a dated file, and a number too old to trust is not shown."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any, Literal

FRESH = timedelta(days=90)
EVERYWHERE = "112"
DIRECTORY = "findahelpline.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpLine:
    """A place that talks to people (`child`) or takes reports (`report`). `verified_on` is None if nobody read its page."""

    country: str
    kind: Literal["emergency", "child", "report"]
    name: str
    phone: str
    url: str
    hours: str
    languages: tuple[str, ...]
    verified_on: date | None
    source_url: str

    def fresh(self, *, today: date) -> bool:
        """Whether its page was read within 90 days."""
        return self.verified_on is not None and self.verified_on <= today <= self.verified_on + FRESH


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What to show in a country: the emergency number always; `lines` with only numbers and hours that are fresh; `directory` for
    the rest. `stale` names what was held back, for the operator's eyes."""

    country: str
    emergency: str
    lines: tuple[HelpLine, ...]
    directory: str
    stale: tuple[str, ...]

    @property
    def numbers(self) -> tuple[tuple[str, str], ...]:
        """The lines to talk to as (name, number), ready for `AnswerFacts.helplines`; the directory where there is none."""
        found = tuple((line.name, line.phone) for line in self.lines if line.kind == "child" and line.phone)
        return found or (((self.directory, ""),) if self.directory else ())


def helplines(*, country: str, today: date) -> Help:
    """Return the help of a country. A stale number is hidden; then, and where the country is unknown, the directory is shown."""
    return choose(lines=_shipped(), country=country.upper(), today=today)


def choose(*, lines: Iterable[HelpLine], country: str, today: date) -> Help:
    """The same over any lines, so that an operator's own file can be used."""
    here = [line for line in lines if line.country == country]
    emergency = next((line.phone for line in here if line.kind == "emergency"), EVERYWHERE)
    others = [line for line in here if line.kind != "emergency"]
    shown = [line if line.fresh(today=today) else replace(line, phone="", hours="") for line in others]
    usable = tuple(line for line in shown if line.phone or line.url)
    stale = tuple(line.name for line in others if not line.fresh(today=today))
    talk = any(line.kind == "child" and line.phone for line in usable)
    return Help(country=country, emergency=emergency, lines=usable, directory="" if talk and not stale else DIRECTORY, stale=stale)


def read_lines(*, text: str) -> tuple[HelpLine, ...]:
    """Read a help-line file."""
    raw: list[dict[str, Any]] = tomllib.loads(text)["line"]
    return tuple(
        HelpLine(
            **line
            | {
                "languages": tuple(line["languages"]),
                "verified_on": date.fromisoformat(line["verified_on"]) if line["verified_on"] else None,
            }
        )
        for line in raw
    )


@cache
def _shipped() -> tuple[HelpLine, ...]:
    return read_lines(text=(resources.files("odzew.answers") / "helplines.toml").read_text(encoding="utf-8"))
