"""Words out of facts: a rule may speak only when every fact it rests on is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from odzew.answers.data import AnswerFacts, Clause, StatementFacts, Text
from odzew.answers.times import Moment, zone_place
from odzew.answers.wordbook import Book, book

FactsT = TypeVar("FactsT", AnswerFacts, StatementFacts)
# Rounded up to the minute: a promise is never said too early, nor a deed too soon. An appeal's end is rounded down.
ROUND_UP = frozenset(
    {"next_promise", "hide_by", "decide_by", "until", "hidden_since", "hide_told_since", "imposed_at", "posted_at", "restored_at"}
)


@dataclass(frozen=True, kw_only=True)
class Rule(Generic[FactsT]):
    """One clause: its key, the facts it rests on (all must be recorded), when it is said. `values`: facts put into the words."""

    key: str
    facts: tuple[str, ...]
    when: Callable[[FactsT], bool] = lambda facts: True
    values: tuple[str, ...] = ()


def recorded(*, value: object) -> bool:
    """Whether a fact is there to rest on: not None, False, zero or empty."""
    return bool(value)


def apply(*, rules: Iterable[Rule[FactsT]], facts: FactsT, section: str) -> Text:
    """Say, in order, every clause whose facts are recorded; close with the time zone if a time was said."""
    words = book(language=facts.language)
    clauses: list[Clause] = []
    timed = False
    for rule in rules:
        if not all(recorded(value=getattr(facts, name)) for name in rule.facts) or not rule.when(facts):
            continue
        values = {name: _value(name=name, facts=facts, words=words) for name in rule.values}
        timed = timed or any(isinstance(value, Moment) for value in values.values())
        template = words.sentences[f"{section}.{rule.key}"]
        clauses.append(Clause(key=f"{section}.{rule.key}", text=template.format(**values), facts=rule.facts))
    if timed:
        place = zone_place(name=facts.zone, places=words.places)
        text = words.sentences[f"{section}.zone"].format(zone=place)
        clauses.append(Clause(key=f"{section}.zone", text=text, facts=("zone",)))
    return Text(language=words.code, clauses=tuple(clauses))


def _value(*, name: str, facts: AnswerFacts | StatementFacts, words: Book) -> object:
    """Make a fact ready for the sentence: a time in the reader's words, a rule by its label, help lines one on a line."""
    value = getattr(facts, name)
    if isinstance(value, datetime):
        return Moment(at=value, now=facts.now, zone=facts.zone, words=words.times, up=name in ROUND_UP)
    if name == "rule":
        return words.sentences.get(f"rule.{value}", value)
    if name == "helplines":
        return "\n".join(f"{title}: {number}" if number else title for title, number in value)
    return value
