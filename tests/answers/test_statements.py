"""A statement to an uploader: neutral first, complete later, and never a word on how it came to light."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given

from odzew.answers.data import StatementFacts, Text
from odzew.answers.reading import MEASURES, MOST_WORDS, sentences, words
from odzew.answers.statements import compose_statement
from odzew.answers.wordbook import book
from tests.answers.build import LANGUAGES, LATER, NOW, REASON, statement_facts

FULL: dict[str, Any] = {
    "kind": "full",
    "measure": "withhold",
    "scope": "media",
    "imposed_at": NOW,
    "until": LATER,
    "territory": "everywhere",
    "posted_at": NOW,
    "rule": "intimate_images",
    "law": "art. 1",
    "reason": REASON,
    "decided_by": "person",
    "appeal_until": LATER,
    "appeal_decider": "new_person",
    "dispute_body": "Body A",
}


def statement(language: str = "en", **more: Any) -> StatementFacts:
    return StatementFacts(language=language, now=NOW, **(FULL | more))


def keys(text: Text) -> set[str]:
    return {clause.key.removeprefix("statement.") for clause in text.clauses}


@given(f=statement_facts)
def test_every_clause_rests_on_recorded_facts(f: StatementFacts) -> None:
    clauses = compose_statement(facts=f).clauses
    assert clauses[0].key.startswith(("statement.limit_", "statement.restored"))
    for clause in clauses:
        assert all(getattr(f, name) for name in clause.facts), clause


@given(f=statement_facts)
def test_nothing_is_revealed_and_all_is_easy_to_read(f: StatementFacts) -> None:
    words_of = book(language=f.language)
    text = compose_statement(facts=replace(f, reason="", helplines=(), dispute_body="")).text
    for pattern in (*words_of.lint.forbidden, *words_of.lint.reveals, *words_of.lint.gendered):
        assert not re.search(pattern, text, re.IGNORECASE), pattern
    measure, most = MEASURES[words_of.lint.readability]
    assert measure(text=text) <= most, text
    assert all(len(words(text=sentence)) <= MOST_WORDS for sentence in sentences(text=text))


def test_there_is_no_fact_that_could_tell_a_notice_from_a_detection() -> None:
    told = {field.name for field in fields(StatementFacts)}
    assert not [name for name in told if re.search("source|notice|report|match|bank|referral|url|address|item|detect", name)]


@given(f=statement_facts)
def test_the_first_statement_is_neutral(f: StatementFacts) -> None:
    first = keys(compose_statement(facts=replace(f, kind="first")))
    assert "no_finding" in first
    assert not first & {"reason", "posted", "source", "law", "scope_media", "scope_item", "by_person", "protected"}


@given(f=statement_facts)
def test_a_held_full_statement_reads_like_the_first(f: StatementFacts) -> None:
    held = compose_statement(facts=replace(f, kind="full", full_held=True))
    assert held == compose_statement(facts=replace(f, kind="first", full_held=False))


@given(f=statement_facts)
def test_who_may_be_the_one_to_protect_is_not_accused(f: StatementFacts) -> None:
    said = keys(compose_statement(facts=replace(f, kind="protected")))
    assert not said & {"rule", "no_finding", "reason", "law", "court"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_full_statement_has_every_part_of_the_law(language: str) -> None:
    said = keys(compose_statement(facts=statement(language)))
    assert said >= {"limit_withhold", "scope_media", "everywhere", "until", "reason", "source", "programs", "by_person"}
    assert said >= {"rule", "law", "appeal", "appeal_new_person", "dispute_body", "court", "no_finding"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_out_of_court_body_is_promised_where_there_is_none(language: str) -> None:
    assert "dispute_body" not in keys(compose_statement(facts=statement(language, dispute_body="")))


def test_a_restoration_says_so_first() -> None:
    text = compose_statement(facts=statement(kind="restored", restored_at=NOW, no_mark=True))
    assert text.clauses[0].text.startswith("We have ended the limit.")
    assert "This does not count against you." in text.text


@pytest.mark.parametrize("change", [{"measure": None}, {"imposed_at": None}, {"kind": "restored"}])
def test_without_a_recorded_measure_there_is_no_statement(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no recorded measure"):
        compose_statement(facts=statement(**change))
