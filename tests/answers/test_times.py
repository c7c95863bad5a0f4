"""Times as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from odzew.answers.times import say_time, time_zone, zone_place
from odzew.answers.wordbook import book, moment

NOW = datetime(2027, 1, 1, tzinfo=UTC)
DUE = datetime(2025, 1, 14, 17, tzinfo=UTC)
EN, PL = book(language="en").times, book(language="pl").times


def pl(at: datetime, form: str = "plain") -> str:
    return say_time(at=at, now=at, zone="Europe/Warsaw", words=PL, form=form)


def test_the_hour_and_the_day_in_both_languages() -> None:
    at = datetime(2025, 1, 14, 17, tzinfo=UTC)
    assert say_time(at=at, now=at, zone="Europe/Warsaw", words=EN) == "Tuesday 14 January, 18:00"
    assert pl(at) == "wtorek, 14 stycznia, godz. 18"
    assert "do " + pl(at, "genitive") == "do wtorku, 14 stycznia, godz. 18"
    assert pl(at + timedelta(minutes=5)) == "wtorek, 14 stycznia, godz. 18:05"


@pytest.mark.parametrize(
    ("day", "plain", "genitive"),
    [
        (6, "poniedziałek", "poniedziałku"),
        (7, "wtorek", "wtorku"),
        (8, "środa", "środy"),
        (9, "czwartek", "czwartku"),
        (10, "piątek", "piątku"),
        (11, "sobota", "soboty"),
        (12, "niedziela", "niedzieli"),
    ],
)
def test_polish_days_in_their_cases(day: int, plain: str, genitive: str) -> None:
    at = datetime(2025, 1, day, 12, tzinfo=UTC)
    assert pl(at) == f"{plain}, {day} stycznia, godz. 13"
    assert pl(at, "genitive") == f"{genitive}, {day} stycznia, godz. 13"


def test_polish_months_are_in_the_genitive() -> None:
    said = [pl(datetime(2025, month, 15, 12, tzinfo=UTC)).split()[2].rstrip(",") for month in range(1, 13)]
    assert said == list(PL.months)
    assert said[1] == "lutego" and said[10] == "listopada"


def test_another_year_is_named() -> None:
    assert say_time(at=DUE, now=NOW, zone="UTC", words=EN) == "Tuesday 14 January 2025, 17:00"
    assert say_time(at=DUE, now=NOW, zone="UTC", words=PL, form="genitive") == "wtorku, 14 stycznia 2025, godz. 17"


def test_the_day_is_the_readers_day_in_summer_and_winter() -> None:
    assert pl(datetime(2026, 7, 31, 22, 30, tzinfo=UTC)) == "sobota, 1 sierpnia, godz. 0:30"
    assert pl(datetime(2026, 12, 31, 22, 30, tzinfo=UTC)) == "czwartek, 31 grudnia, godz. 23:30"


def test_a_promise_is_rounded_up_and_an_end_down() -> None:
    at = datetime(2025, 1, 14, 17, 59, 1, tzinfo=UTC)
    assert say_time(at=at, now=at, zone="UTC", words=EN, up=True).endswith("18:00")
    assert say_time(at=at, now=at, zone="UTC", words=EN).endswith("17:59")


def test_a_zone_that_is_not_known_reads_as_utc_and_says_so() -> None:
    for name in ("No/Where", "", "../etc/passwd"):
        assert time_zone(name=name) is UTC
        assert zone_place(name=name, places={}) == "UTC"


def test_zones_are_named_in_the_readers_words() -> None:
    assert zone_place(name="Europe/Warsaw", places=book(language="pl").places) == "Warszawa"
    assert zone_place(name="America/Los_Angeles", places={}) == "Los Angeles"


def test_a_moment_takes_the_case_that_the_sentence_asks_for() -> None:
    due = moment(at=DUE, now=DUE, zone="Europe/Warsaw", language="pl")
    assert f"{due}" == "wtorek, 14 stycznia, godz. 18"
    assert f"{due:genitive}" == "wtorku, 14 stycznia, godz. 18"
