"""Reading the language files: a language is one file in `languages/`, and adding one needs no code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from odzew.answers.times import Moment, TimeWords

REFERENCE = "en"
SECTIONS = ("answer", "statement", "page", "reply", "problem", "reason", "rule", "refusal", "console")
# Words for the people of the desk, not for reporters: labels, for which no grade of reading is asked.
STAFF = frozenset({"reason", "refusal", "console"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LintWords:
    """What the check of a language file looks for: patterns, none of which may be in a sentence. `reveals` binds answers and
    statements only; `gendered_not` are words that look gendered and are not."""

    readability: str
    forbidden: tuple[str, ...]
    reveals: tuple[str, ...]
    gendered: tuple[str, ...]
    gendered_not: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """One language: `sentences` by full key (`answer.hidden`), `places` by time zone, `danger` as patterns of words for danger now,
    `never` as patterns of what a person of the desk never writes to a reporter, by what it would ask for."""

    code: str
    name: str
    sentences: Mapping[str, str]
    times: TimeWords
    places: Mapping[str, str]
    lint: LintWords
    danger: tuple[str, ...]
    never: Mapping[str, tuple[str, ...]]


def read_book(*, text: str) -> Book:
    """Turn the text of a language file into a book. Raises `KeyError` or `tomllib.TOMLDecodeError` on a broken file."""
    raw: dict[str, Any] = tomllib.loads(text)
    times, lint = raw["times"], raw["lint"]
    return Book(
        code=raw["code"],
        name=raw["name"],
        sentences={f"{section}.{key}": sentence for section in SECTIONS for key, sentence in raw[section].items()},
        times=TimeWords(
            pattern=times["pattern"],
            year=times["year"],
            full_hour=times["full_hour"],
            part_hour=times["part_hour"],
            months=tuple(times["months"]),
            weekdays={form: tuple(days) for form, days in times["weekdays"].items()},
        ),
        places=raw["places"],
        lint=LintWords(
            readability=lint["readability"],
            forbidden=tuple(lint["forbidden"]),
            reveals=tuple(lint["reveals"]),
            gendered=tuple(lint["gendered"]),
            gendered_not=tuple(lint["gendered_not"]),
        ),
        danger=tuple(raw["danger"]["words"]),
        never={what: tuple(patterns) for what, patterns in raw["never"].items()},
    )


@cache
def codes() -> tuple[str, ...]:
    """The codes of all shipped languages, the reference first."""
    folder = resources.files("odzew.answers") / "languages"
    found = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return (REFERENCE, *(code for code in found if code != REFERENCE))


def book(*, language: str) -> Book:
    """Return the language (`pl-PL` reads `pl`), or the reference: an unknown language is never a reason for silence."""
    code = language.lower().replace("_", "-").partition("-")[0]
    return _book(code if code in codes() else REFERENCE)


@cache
def _book(name: str) -> Book:
    """Read a shipped language once: what a reader asks for is any word, and must never fill the memory."""
    return read_book(text=(resources.files("odzew.answers") / "languages" / f"{name}.toml").read_text(encoding="utf-8"))


def languages() -> tuple[tuple[str, str], ...]:
    """All languages as (code, own name), for the switch on every page."""
    return tuple((code, book(language=code).name) for code in codes())


def say(*, key: str, language: str, **values: object) -> str:
    """Return one sentence of a page, an error or a reason: `say(key="page.title", language="pl")`. `KeyError` if there is none."""
    return book(language=language).sentences[key].format(**values)


def named(*, ground: str, labels: Mapping[str, Mapping[str, str]], language: str) -> str:
    """Return what a ground is called to people: its key where a language file has plain words for it, else the policy's own name.

    `labels` are the names of the policy's grounds by language; one that is missing reads as the English name.
    """
    words = book(language=language)
    if f"rule.{ground}" in words.sentences or ground not in labels:
        return ground
    return labels[ground].get(words.code) or labels[ground]["en"]


def moment(*, at: datetime, now: datetime, zone: str, language: str, up: bool = False) -> Moment:
    """Make a time ready for `say`, which puts it into the grammatical form that the sentence asks for."""
    return Moment(at=at, now=now, zone=zone, words=book(language=language).times, up=up)
