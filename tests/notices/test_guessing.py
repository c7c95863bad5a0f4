"""A million guessed codes, each with a right check digit, against the keyed hash and the real look-up: not one opens anything."""

from __future__ import annotations

import os
import secrets
import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from odzew.foundation.secrets import Keys
from odzew.foundation.writes import fetch_all, fetch_none
from odzew.notices.receipt import _DAMM, clean, new_code
from odzew.usecases.read_status import read_status
from tests.cast import Story

# `ODZEW_GUESSES=1000000` for the whole million through the database.
GUESSES = int(os.environ.get("ODZEW_GUESSES", "20000"))
STORED = 100_000
IN_DATABASE = 5_000


def _codes(number: int) -> list[str]:
    """Codes as `new_code` makes them, many at once."""
    rng, table = np.random.default_rng(secrets.randbits(64)), np.array(_DAMM)
    digits = rng.integers(0, 10, (number, 20), np.uint8)
    check = np.zeros(number, np.uint8)
    for place in range(19):
        check = table[check, digits[:, place]]
    digits[:, 19] = check
    text = (digits + ord("0")).astype(np.uint8).tobytes().decode()
    return [text[n : n + 20] for n in range(0, len(text), 20)]


def test_a_million_random_codes_open_none_of_a_hundred_thousand() -> None:
    keys = Keys(master=secrets.token_bytes(32))
    mine = [new_code() for _ in range(STORED)]
    stored = {keys.receipt_lookup(code=code) for code in mine}
    assert len(stored) == STORED
    guesses = _codes(1_000_000)
    assert all(clean(typed=guess) == guess for guess in guesses[:1000])
    assert not any(keys.receipt_lookup(code=guess) in stored for guess in guesses)
    assert all(keys.receipt_lookup(code=code) in stored for code in mine[:1000])
    other = Keys(master=secrets.token_bytes(32))
    assert not any(other.receipt_lookup(code=code) in stored for code in mine[:1000]), "without the key a code is nothing"


def test_nine_of_ten_digits_at_random_are_not_even_a_code() -> None:
    shaped = [f"{secrets.randbelow(10**20):020d}" for _ in range(20_000)]
    assert 0.08 < sum(clean(typed=code) is not None for code in shaped) / len(shaped) < 0.12
    code = new_code()
    slips = {code[:n] + str((int(code[n]) + by) % 10) + code[n + 1 :] for n in range(20) for by in range(1, 10)}
    slips |= {code[:n] + code[n + 1] + code[n] + code[n + 2 :] for n in range(19) if code[n] != code[n + 1]}
    assert not any(clean(typed=slip) for slip in slips), "a slip of the finger is never a guess"


@pytest.fixture
def codes(story: Story) -> list[str]:
    """Codes of a few true reports, among very many others that are stored."""
    story.post()
    codes = [story.report(claimant="depicted", language="pl").code or "" for _ in range(5)]
    fetch_none(
        "INSERT INTO notices_notice SELECT (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), "
        "'external_id', 'filled-' || n, 'receipt', '\\x' || encode(sha256(n::text::bytea), 'hex')))).* "
        "FROM notices_notice t, generate_series(1, %s) n WHERE t.receipt = %s",
        [IN_DATABASE, story.desk.keys.receipt_lookup(code=codes[0])],
    )
    fetch_none("ANALYZE notices_notice", [])
    return codes


@pytest.mark.timeout(300 + GUESSES // 100)
def test_guesses_through_the_real_look_up_open_nothing_and_harm_no_true_one(story: Story, codes: list[str]) -> None:
    def told(code: str) -> list[uuid.UUID] | None:
        found = read_status(code=code, desk=story.desk, now=story.now)
        return [a.id for a in found.answers] if found else None

    before, every = [told(code) for code in codes], max(1, GUESSES // 50)
    assert all(before) and fetch_all("SELECT count(*) FROM notices_notice", []) == [(IN_DATABASE + len(codes),)]
    for n in range(GUESSES):
        assert told(new_code()) is None
        if n % every == 0:
            assert told(codes[n // every % 5]) == before[n // every % 5]
    assert [told(code) for code in codes] == before


def test_every_wrong_code_costs_the_same_one_question(story: Story, codes: list[str]) -> None:
    def work(code: str) -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert read_status(code=code, desk=story.desk, now=story.now + timedelta(days=900)) is None
        return [query["sql"].split("WHERE")[0] for query in asked.captured_queries]

    near = codes[0]
    close = next(c for c in (near[:18] + f"{n:02d}" for n in range(100)) if c != near and clean(typed=c))
    kinds = [work(code) for code in (new_code(), close, "0" * 20, new_code())]
    assert len(kinds[0]) == 1 and all(kind == kinds[0] for kind in kinds)
    plan = fetch_all("EXPLAIN SELECT id FROM notices_notice WHERE receipt = %s", [story.desk.keys.receipt_lookup(code=close)])
    assert "Index" in plan[0][0], "it is found by its hash alone: how near a guess comes shows nowhere"
