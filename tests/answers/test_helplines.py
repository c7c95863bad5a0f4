"""Help lines: old numbers are not shown, and an emergency number always is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from odzew.answers.helplines import FRESH, choose, helplines, read_lines

READ = date(2026, 10, 9)
FILE = """
[[line]]
country = "PL"
kind = "child"
name = "Line"
phone = "116 111"
url = "https://line.example/"
hours = "24/7"
languages = ["pl"]
verified_on = "2026-10-09"
source_url = "https://line.example/"
"""


def test_a_fresh_number_is_shown_and_a_stale_one_is_not() -> None:
    lines = read_lines(text=FILE)
    fresh = choose(lines=lines, country="PL", today=READ + FRESH)
    assert fresh.numbers == (("Line", "116 111"),) and not fresh.directory and not fresh.stale
    stale = choose(lines=lines, country="PL", today=READ + FRESH + timedelta(days=1))
    assert stale.numbers == (("findahelpline.com", ""),) and stale.emergency == "112"
    assert stale.stale == ("Line",) and stale.lines[0].url and not stale.lines[0].phone


def test_a_number_that_nobody_verified_or_only_in_the_future_is_not_shown() -> None:
    line = read_lines(text=FILE)[0]
    assert not choose(lines=[replace(line, verified_on=None)], country="PL", today=READ).lines[0].phone
    assert not choose(lines=[line], country="PL", today=READ - timedelta(days=1)).lines[0].phone


def test_every_country_has_its_emergency_number_for_ever() -> None:
    far = date(2040, 1, 1)
    numbers = {code: helplines(country=code, today=far).emergency for code in ("PL", "gb", "US", "AU", "JP", "ZA", "XX")}
    assert numbers == {"PL": "112", "gb": "999", "US": "911", "AU": "000", "JP": "110", "ZA": "10111", "XX": "112"}
    assert all(helplines(country=code, today=far).directory for code in numbers)


def test_the_shipped_file_is_whole() -> None:
    found = helplines(country="FR", today=READ)
    assert ("Enfance en danger", "119") in found.numbers
    poland = helplines(country="PL", today=READ)
    assert poland.numbers == (("findahelpline.com", ""),)
    assert "https://dyzurnet.pl/" in [line.url for line in poland.lines]
