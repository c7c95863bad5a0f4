"""The shipped languages are clean, and every planted fault is found."""

from __future__ import annotations

from importlib import resources

import pytest

from odzew.answers.lint import check_book, check_language, check_text
from odzew.answers.reading import flesch_kincaid, fog_pl, lix, sentences, syllables_en, syllables_pl
from odzew.answers.wordbook import book, codes, languages, read_book, say
from odzew.foundation import errors


def source(code: str) -> str:
    return (resources.files("odzew.answers") / "languages" / f"{code}.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", codes())
def test_a_shipped_language_is_clean(code: str) -> None:
    assert check_language(code=code) == []


def test_english_and_polish_ship_and_name_themselves() -> None:
    assert languages() == (("en", "English"), ("pl", "Polski"))
    assert check_language(code="xx") == ["xx: there is no such language file"]


@pytest.mark.parametrize("code", codes())
def test_every_error_that_a_program_may_see_has_a_sentence(code: str) -> None:
    shown = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.OdzewError)}
    for name in shown - {"unsafe"}:
        assert say(key=f"problem.{name}", language=code)


@pytest.mark.parametrize("code", codes())
def test_page_titles_are_neutral_and_a_wrong_code_tells_nothing(code: str) -> None:
    assert say(key="page.title", language=code) in ("Form", "Formularz")
    assert not [key for key in book(language=code).sentences if "expired" in key]


FAULTS = [
    ("pl", 'still_checking = "Wciąż to sprawdzamy."\n', "", "answer.still_checking: missing"),
    ("pl", "[answer]\n", '[answer]\nnew_key = "Coś."\n', "answer.new_key: unknown key"),
    ("pl", "[page]\n", '[page]\nnew_key = "Coś."\n', "page.new_key: unknown key"),
    ("pl", "[problem]\n", '[problem]\nteapot = "Coś."\n', "problem.teapot: unknown key"),
    ("pl", '"Decyzja będzie do {decide_by:genitive}."', '"Decyzja będzie."', "placeholders are [], must be ['decide_by']"),
    ("pl", "{step} z {steps}", "{step}", "page.step: placeholders"),
    ("pl", "{decide_by:genitive}", "{decide_by:dative}", "asks for a form that is not there"),
    ("en", "We are still checking.", "Unfortunately we are still checking.", "'Unfortunately' is never said"),
    ("en", "We are still checking.", "We check the alleged post.", "'alleged' is never said"),
    ("en", "We are still checking.", "It is in our database.", "'database' is never said"),
    ("en", "We are still checking.", "New copies are blocked.", "'copies are blocked' is never said"),
    ("en", "We are still checking.", "We are still checking {account}.", "{account} may never be in a text"),
    ("en", "We are still checking.", "See {url}.", "{url} may never be in a text"),
    ("en", "We are still checking.", "See {facts.rule}.", "{facts.rule} may never be in a text"),
    ("en", "We are still checking.", "We check " + "and check " * 7 + "it.", "17 words in one sentence"),
    ("pl", "Wciąż to sprawdzamy.", "Niestety wciąż to sprawdzamy.", "'Niestety' is never said"),
    ("pl", "Wciąż to sprawdzamy.", "Wiemy, co zgłosiłeś.", "'zgłosiłeś' supposes"),
    ("pl", "Wciąż to sprawdzamy.", "Wiemy, co zgłosiłaś.", "'zgłosiłaś' supposes"),
    ("pl", "Wciąż to sprawdzamy.", "Zgłosiłeś/-aś to nam.", "supposes"),
    ("pl", "Wciąż to sprawdzamy.", "Nie jesteś sama.", "'sama' supposes"),
    ("pl", "Wciąż to sprawdzamy.", "", "answer.still_checking: empty"),
    ("pl", '"sobota", "niedziela"]', '"sobota"]', "there are not 7 weekdays"),
    ("pl", '"listopada", "grudnia"', '"listopada"', "there are not 12 months"),
    ("pl", 'plain = ["poniedziałek"', 'plane = ["poniedziałek"', "the plain weekdays are missing"),
    ("pl", '"fog-pl"', '"guess"', "'guess' is not one of"),
    ("en", "That did not work", "Notwithstanding considerations " * 220, "page: too hard"),
    ("pl", "To się nie udało", "Przeprowadziliśmy postępowanie wyjaśniające. " * 60, "page: too hard"),
]


@pytest.mark.parametrize(("code", "old", "new", "complaint"), FAULTS)
def test_a_planted_fault_is_found(code: str, old: str, new: str, complaint: str) -> None:
    text = source(code)
    assert old in text
    found = check_book(found=read_book(text=text.replace(old, new, 1)), reference=book(language="en"))
    assert any(complaint in line for line in found), found


def test_a_writer_is_told_of_hard_words_in_a_reason() -> None:
    assert check_text(text="We saw a day at the beach.", code="en") == []
    assert check_text(text="The victim can not prove it.", code="en") == [
        "text: 'victim' is never said",
        "text: 'prove' is never said",
    ]


def test_syllables_of_both_languages() -> None:
    english = {
        "hidden": 2,
        "take": 1,
        "people": 2,
        "safe": 1,
        "decided": 3,
        "checked": 1,
        "area": 2,
        "picture": 2,
        "the": 1,
        "18:00": 1,
    }
    assert {word: syllables_en(word=word) for word in english} == english
    polish = {"dziecko": 2, "wiadomość": 3, "zgłoszenie": 3, "niebezpieczeństwie": 5, "w": 1, "ukryliśmy": 4, "112": 1}
    assert {word: syllables_pl(word=word) for word in polish} == polish


def test_an_hour_does_not_end_a_sentence() -> None:
    assert len(sentences(text="Damy ci znać do wtorku, 14 stycznia, godz. 18. Czekaj.")) == 2
    assert len(sentences(text="One\nTwo. Three!")) == 3


def test_the_measures_tell_easy_from_hard() -> None:
    easy, hard = "We took it down. It is gone.", "Notwithstanding administrative considerations, removal procedures are continuing."
    assert flesch_kincaid(text=easy) < 2 < 12 < flesch_kincaid(text=hard)
    assert lix(text=easy) < 10 < 60 < lix(text=hard)
    assert fog_pl(text="Ukryto to. Nikt tego nie widzi.") < 7 < fog_pl(text="Przeprowadziliśmy postępowanie wyjaśniające.")
