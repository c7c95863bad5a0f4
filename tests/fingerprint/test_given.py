"""What comes in the hidden field is taken if it is a fingerprint, and left out if it is anything else; it never stops a report."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odzew.entrypoints.reporter.fingerprint.given import LONGEST, MOST_HASHES, read_hashes

PDQ = {"type": "pdq", "value": "0f" * 32, "quality": 90}


def test_a_fingerprint_is_taken_once_and_in_small_letters() -> None:
    sent = [{**PDQ, "value": "0F" * 32}, PDQ, {"type": "sha256", "value": "a1" * 32}, {"type": "md5", "value": "b2" * 16}]
    assert read_hashes(text=json.dumps(sent)) == (PDQ, *sent[2:])


def test_the_largest_that_the_script_makes_fits() -> None:
    sent = [{"type": "pdq", "value": f"{n:064x}", "quality": 100} for n in range(MOST_HASHES)]
    text = json.dumps(sent)
    assert len(text) <= LONGEST
    assert len(read_hashes(text=text)) == MOST_HASHES
    assert read_hashes(text=json.dumps([*sent, {"type": "pdq", "value": "f" * 64}])) == ()


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "[",
        "null",
        '"x"',
        "{}",
        "[1]",
        "[" * 5000,
        "[" + " " * LONGEST + "]",
        json.dumps([PDQ, {**PDQ, "quality": 101}]),
        json.dumps([{**PDQ, "value": "0f" * 16}]),
        json.dumps([{**PDQ, "value": "żó" * 32}]),
        json.dumps([{**PDQ, "type": "phash"}]),
        json.dumps([{**PDQ, "file": "secret.jpg"}]),
    ],
)
def test_anything_else_is_left_out(sent: str) -> None:
    assert read_hashes(text=sent) == ()


@settings(max_examples=40)
@given(st.text(max_size=300) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_text_at_all_makes_it_fail(text: str) -> None:
    assert all(row["type"] in ("pdq", "sha256", "md5") for row in read_hashes(text=text))
