"""What the desk decides feeds its own bank, and what it takes back leaves it."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.db import transaction

from odzew.banks.data import CLEARED, OWN, NewHash, OwnMedia
from odzew.banks.own import feed_cleared, feed_own, withdraw_own
from odzew.banks.search import Asked, look
from odzew.banks.verdict import judge
from odzew.foundation.errors import Forbidden
from odzew.foundation.writes import Writes
from tests.banks.build import NOW, pdq, read_index

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND = uuid.UUID(int=1), uuid.UUID(int=2)


def media(n: int = 1, name: str = "file") -> list[OwnMedia]:
    return [OwnMedia(name=name, hashes=(NewHash(type="pdq", value=pdq(n)), NewHash(type="sha256", value=pdq(n + 1000))))]


def feed(case: uuid.UUID, n: int = 1, name: str = "file") -> int:
    with transaction.atomic():
        writes = Writes()
        done = feed_own(writes, case=case, media=media(n, name), category="csam", child=True, actor="a person", now=NOW)
        writes.send()
    return len(done.added)


def answer(tmp_path: Path, value: bytes, type_: str = "pdq") -> tuple[str, list[str]]:
    found = look(index=read_index(tmp_path), asked=[Asked(type=type_, value=value)])  # type: ignore[arg-type]
    verdict = judge(hits=found.hits[0], complete=found.complete, jurisdiction="EU", key=value)
    return verdict.answer, [h.entry.bank.name for h in verdict.hits]


def test_a_decision_blocks_the_next_upload_and_its_reversal_does_not(tmp_path: Path) -> None:
    assert feed(FIRST) == 2
    assert feed(FIRST) == 0
    assert answer(tmp_path, pdq(1, flips=range(31))) == ("block", [OWN])
    assert answer(tmp_path, pdq(1, flips=range(32))) == ("allow", [])
    assert answer(tmp_path, pdq(1001), "sha256") == ("block", [OWN])
    with transaction.atomic():
        writes = Writes()
        assert len(withdraw_own(writes, case=FIRST, actor="a person", now=NOW)) == 2
        writes.send()
    assert answer(tmp_path, pdq(1)) == ("allow", [])


def test_what_two_cases_put_there_stays_until_both_take_it_back(tmp_path: Path) -> None:
    feed(FIRST)
    feed(SECOND)
    for case, after in ((FIRST, "block"), (SECOND, "allow")):
        with transaction.atomic():
            writes = Writes()
            withdraw_own(writes, case=case, actor="a person", now=NOW)
            writes.send()
        assert answer(tmp_path, pdq(1))[0] == after


def test_a_turned_copy_is_found_by_one_hash(tmp_path: Path) -> None:
    feed(FIRST)
    rows = pdq(1)
    # Mirrored from left to right: the bits of odd horizontal frequencies, which stand at even places, turn over.
    mirrored = (int.from_bytes(rows) ^ int("5" * 64, 16)).to_bytes(32)
    assert mirrored != rows
    assert answer(tmp_path, mirrored)[0] == "block"


def test_a_picture_that_people_cleared_disputes_what_is_no_nearer(tmp_path: Path) -> None:
    feed(FIRST)
    with transaction.atomic():
        writes = Writes()
        feed_cleared(writes, case=SECOND, media=media(), actor="a person", now=NOW)
        writes.send()
    assert answer(tmp_path, pdq(1)) == ("hold", [OWN, CLEARED])
    # Beyond the ten bits of the cleared bank only the other speaks.
    assert answer(tmp_path, pdq(1, flips=range(20))) == ("block", [OWN])


@pytest.mark.parametrize("actor", ["clock", "desk"])
def test_nothing_but_a_person_clears_a_picture(actor: str) -> None:
    with transaction.atomic(), pytest.raises(Forbidden):
        feed_cleared(Writes(), case=SECOND, media=media(), actor=actor, now=NOW)


def test_a_decision_that_fails_feeds_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        writes = Writes()
        feed_own(writes, case=FIRST, media=media(), category="csam", child=True, actor="a person", now=NOW)
        writes.send()
        raise ZeroDivisionError
    assert answer(tmp_path, pdq(1)) == ("allow", [])
