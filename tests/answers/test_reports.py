"""An answer says what is recorded, all of it that matters, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from odzew.answers.data import AnswerFacts, Text
from odzew.answers.reading import MEASURES, MOST_WORDS, sentences, words
from odzew.answers.reports import ANSWER_RULES, compose
from odzew.answers.wordbook import book
from tests.answers.build import KINDS, LANGUAGES, LATER, NOW, REASON, answer_facts

DECIDED: dict[str, Any] = {"decided_at": NOW, "rule": "child_safety", "looked": "two_people", "reason": REASON}
BASE: dict[str, dict[str, Any]] = {
    "receipt": {"child": True, "next_promise": LATER},
    "hidden": {"hidden_since": NOW, "next_promise": LATER},
    "removed": DECIDED | {"outcome": "remove", "copies_removed": 2, "copies_seen_gone": 2},
    "not_removed": DECIDED | {"outcome": "no_violation", "appeal_until": LATER, "appeal_decider": "new_person"},
    "not_found": {"decided_at": NOW, "outcome": "not_found", "next_promise": LATER},
    "update": {"next_promise": LATER},
}


def facts(kind: Any, language: str = "en", **more: Any) -> AnswerFacts:
    return AnswerFacts(kind=kind, language=language, now=NOW, zone="Europe/Warsaw", receipt=True, **(BASE[kind] | more))


def keys(text: Text) -> set[str]:
    return {clause.key.removeprefix("answer.") for clause in text.clauses}


@given(f=answer_facts)
def test_every_clause_rests_on_recorded_facts(f: AnswerFacts) -> None:
    for clause in compose(facts=f).clauses:
        assert clause.facts
        assert all(getattr(f, name) for name in clause.facts), clause


@given(f=answer_facts)
def test_what_is_not_recorded_any_more_is_not_said_any_more(f: AnswerFacts) -> None:
    """Strike one fact from the record: no clause that rested on it is left."""
    empty: dict[str, Any] = {name: AnswerFacts.__dataclass_fields__[name].default for rule in ANSWER_RULES for name in rule.facts}
    for name in sorted({name for clause in compose(facts=f).clauses for name in clause.facts} - {"receipt", "by", "zone"}):
        less: Any = {name: empty[name]}
        struck = compose(facts=replace(f, **less))
        assert all(name not in clause.facts for clause in struck.clauses)


@given(f=answer_facts)
def test_nothing_forbidden_and_nothing_revealed(f: AnswerFacts) -> None:
    lint = book(language=f.language).lint
    text = compose(facts=replace(f, reason="", helplines=())).text
    for pattern in (*lint.forbidden, *lint.reveals, *lint.gendered):
        hits = [hit.group().lower() for hit in re.finditer(pattern, text, re.IGNORECASE)]
        assert not [hit for hit in hits if hit not in lint.gendered_not], pattern


@given(f=answer_facts)
def test_every_answer_is_easy_to_read(f: AnswerFacts) -> None:
    text = compose(facts=replace(f, reason="")).text
    measure, most = MEASURES[book(language=f.language).lint.readability]
    assert measure(text=text) <= most, text
    assert all(len(words(text=sentence)) <= MOST_WORDS for sentence in sentences(text=text))
    assert "{" not in text


@given(f=answer_facts)
def test_hidden_is_claimed_only_if_seen_and_told_only_if_told(f: AnswerFacts) -> None:
    said = keys(compose(facts=f))
    assert "hidden" not in said or f.hidden_since
    assert "hidden_told" not in said or (f.hide_told_since and not f.hidden_since)
    assert not ({"hidden", "hidden_told", "hidden_stays"} & said and "restored" in said)
    if "hide_planned" in said:
        assert not f.hidden_since and not f.hide_told_since and f.hide_by and f.hide_by > f.now


@given(f=answer_facts)
def test_gone_is_claimed_only_if_every_copy_was_seen_gone(f: AnswerFacts) -> None:
    said = keys(compose(facts=f))
    all_seen = f.copies_seen_gone >= f.copies_removed > 0 and not f.copies_told and not f.measures_failed
    assert "gone" not in said or (f.outcome == "remove" and f.decided_at and all_seen)
    assert not {"gone", "restored"} <= said
    assert "gone" not in said or not said & {"going", "going_failed", "gone_some", "gone_told", "gone_told_some"}


@given(f=answer_facts)
def test_people_are_counted_as_recorded(f: AnswerFacts) -> None:
    said = keys(compose(facts=f))
    for looked in ("two_people", "one_twice", "one"):
        assert f"looked_{looked}" not in said or f.looked == looked


@given(f=answer_facts)
def test_no_promise_is_in_the_past(f: AnswerFacts) -> None:
    said = keys(compose(facts=f))
    assert not said & {"answer_by", "news_by"} or (f.next_promise and f.next_promise > f.now)
    assert "appeal" not in said or (f.appeal_until and f.appeal_until > f.now)


@given(f=answer_facts)
def test_all_kinds_of_facts_get_an_answer_that_says_where_it_stands(f: AnswerFacts) -> None:
    leads = {
        "received",
        "still_checking",
        "news",
        "hidden",
        "hidden_told",
        "keep_hidden",
        "gone",
        "must_go",
        "cleared",
        "not_found",
    }
    assert keys(compose(facts=f)) & leads


CHANGES: dict[str, dict[str, Any]] = {
    "late": {"late": True},
    "emergency": {"emergency": "112"},
    "emergency number": {"emergency": "999"},
    "helplines": {"helplines": (("Childline", "0800 1111"),)},
    "advice to pay nothing": {"advice": ("do_not_pay",)},
    "promise": {"next_promise": LATER + timedelta(days=1)},
    "referral released": {"referral_released": True},
    "restored": {"restored": True},
}
OF_KIND: dict[str, dict[str, dict[str, Any]]] = {
    "receipt": {
        "adult": {"child": False},
        "found": {"found": True},
        "threat": {"threat_only": True},
        "hidden": {"hidden_since": NOW},
        "told": {"hide_told_since": NOW},
        "planned": {"hide_by": LATER},
    },
    "hidden": {
        "when": {"hidden_since": NOW - timedelta(hours=1)},
        "told": {"hidden_since": None, "hide_told_since": NOW},
        "by itself": {"automated": True},
        "decided": DECIDED | {"outcome": "keep_withheld"},
    },
    "removed": {
        "some seen": {"copies_seen_gone": 1},
        "some told": {"copies_seen_gone": 1, "copies_told": 1},
        "all told": {"copies_seen_gone": 0, "copies_told": 2},
        "failed": {"copies_seen_gone": 1, "measures_failed": 1},
        "one looked": {"looked": "one"},
        "rule": {"rule": "grooming"},
        "own rule": {"rule": "be kind to all"},
        "reason": {"reason": "Another reason."},
        "by itself": {"looked": None, "automated": True},
    },
    "not_removed": {
        "one looked twice": {"looked": "one_twice"},
        "one looked": {"looked": "one"},
        "rule": {"rule": "intimate_images"},
        "reason": {"reason": "Another reason."},
        "appeal time": {"appeal_until": LATER + timedelta(days=1)},
        "same person": {"appeal_decider": "same_later"},
        "no appeal": {"appeal_until": None},
    },
    "not_found": {"found after all": {"found": True}},
    "update": {"found": {"found": True}, "hidden": {"hidden_since": NOW}, "removed": BASE["removed"], "kept": BASE["not_removed"]},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_other_facts_make_another_answer(kind: str, language: str) -> None:
    variants = {"as it is": facts(kind, language)}
    variants |= {name: facts(kind, language, **change) for name, change in (CHANGES | OF_KIND[kind]).items()}
    texts = {name: compose(facts=f).text for name, f in variants.items()}
    assert len(set(texts.values())) == len(texts), texts


def test_a_receipt_word_for_word() -> None:
    f = facts("receipt", "pl", hide_by=NOW + timedelta(hours=1), emergency="112", helplines=(("Telefon zaufania", "116 111"),))
    assert compose(facts=f).text.splitlines() == [
        "Mamy twoje zgłoszenie. Dobrze, że nam to mówisz.",
        "To nie twoja wina.",
        "Piszesz, że ta osoba ma mniej niż 18 lat. To pilniejsze.",
        "Jeśli do wtorku, 12 stycznia, godz. 11:04 nie będzie decyzji, ukryjemy to.",
        "Najpierw bierzemy pilne sprawy.",
        "Odpowiedź będzie tutaj do czwartku, 14 stycznia, godz. 10:04.",
        "Dziś w nocy może tego nikt nie przeczytać. Coś ci grozi? Dzwoń: 112.",
        "Możesz z kimś pogadać. Bez oceniania.",
        "Telefon zaufania: 116 111",
        "Strefa czasu: Warszawa.",
    ]


def test_a_no_says_what_was_looked_for_why_and_who_looks_again() -> None:
    text = compose(facts=facts("not_removed")).text
    assert "Two people looked at it, each on their own." in text
    assert "keep everyone under 18 safe" in text
    assert f"The reason: {REASON}" in text
    assert "until Thursday 14 January, 10:03" in text
    assert "A new person will decide." in text
    assert "It does not mean that nothing happened." in text


def test_new_copies_are_never_said_to_be_blocked() -> None:
    for language in LANGUAGES:
        assert not re.search("block|blok", compose(facts=facts("removed", language)).text)


def test_danger_comes_first_when_it_was_told() -> None:
    text = compose(facts=facts("update", advice=("emergency",), emergency="112"))
    assert text.clauses[0].text == "Are you in danger right now? Call 112."


def test_a_reason_is_put_in_as_it_was_written() -> None:
    odd = "It says {rule} and <b>{zone}</b>."
    assert odd in compose(facts=facts("not_removed", reason=odd)).text


def test_a_threat_of_which_nothing_is_public_promises_no_hiding() -> None:
    assert "hide_planned" not in keys(compose(facts=facts("receipt", threat_only=True, hide_by=LATER)))


def test_an_unknown_language_is_answered_all_the_same() -> None:
    assert compose(facts=facts("receipt", "xx")).text == compose(facts=facts("receipt", "en")).text
    assert compose(facts=facts("receipt", "pl-PL")).language == "pl"


def test_without_a_stored_notice_there_is_no_answer() -> None:
    with pytest.raises(ValueError, match="no stored notice"):
        compose(facts=replace(facts("receipt"), receipt=False))
