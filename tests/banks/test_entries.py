"""What a bank holds is exactly what its sources said last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.db import transaction

from odzew.banks.api import bank_named, entries_after, entries_by_id, find_bank
from odzew.banks.data import BankView, NewHash
from odzew.banks.entries import replace_entries, withdraw_hashes
from odzew.foundation.errors import Conflict, Invalid
from odzew.foundation.writes import Writes
from tests.banks.build import NOW, new_bank, pdq, store

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_bank_comes_back_as_it_was_made() -> None:
    bank = new_bank(opinion="seed", distance=7, jurisdictions=frozenset({"EU"}), child=True)
    assert bank_named(name="bridges") == bank
    assert find_bank(name="Bridges") is None
    with pytest.raises(Conflict):
        new_bank()


@pytest.mark.parametrize("wrong", [{"distance": 32}, {"distance": -1}, {"enabled_share": 1.1}, {"hash_types": frozenset({"sha1"})}])
def test_a_bank_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        new_bank(**wrong)
    assert find_bank(name="bridges") is None


def counts(bank: BankView, hashes: Iterable[NewHash]) -> tuple[int, int, int]:
    done = store(bank, *hashes)
    return len(done.added), len(done.changed), done.same


def test_the_same_again_changes_nothing_and_other_facts_do() -> None:
    bank = new_bank()
    first = [NewHash(type="pdq", value=pdq(n), category="a") for n in range(5)]
    assert counts(bank, first) == (5, 0, 0)
    assert counts(bank, first) == (0, 0, 5)
    assert counts(bank, [*first[:3], NewHash(type="pdq", value=pdq(3), category="b"), NewHash(type="pdq", value=pdq(9))]) == (
        1,
        1,
        3,
    )
    held = {e.value: e.category for e in entries_after(bank=bank, after=0, limit=10)}
    assert held == {pdq(0): "a", pdq(1): "a", pdq(2): "a", pdq(3): "b", pdq(4): "a", pdq(9): ""}


def test_a_withdrawn_hash_that_comes_back_gets_a_new_number() -> None:
    bank = new_bank()
    given = NewHash(type="pdq", value=pdq(1))
    store(bank, given)
    (old,) = entries_after(bank=bank, after=0, limit=10)
    with transaction.atomic():
        writes = Writes()
        assert withdraw_hashes(writes, bank=bank, hashes=[given], now=NOW) == (old.id,)
        writes.send()
    assert entries_by_id(ids=[old.id]) == {}
    assert counts(bank, [given]) == (1, 0, 0)
    (new,) = entries_after(bank=bank, after=0, limit=10)
    assert new.id > old.id


def test_an_update_replaces_the_whole_entry() -> None:
    bank = new_bank()

    def replace(entries: dict[tuple[str, str], list[NewHash]]) -> None:
        with transaction.atomic():
            writes = Writes()
            replace_entries(writes, bank=bank, entries=entries, now=NOW)
            writes.send()

    a, b, c = (NewHash(type="pdq", value=pdq(n)) for n in range(3))
    replace({("m", "1"): [a, b], ("m", "2"): [a], ("n", "1"): [c]})
    replace({("m", "1"): [b, c], ("n", "1"): []})
    held = {(e.member, e.entry_id, e.value) for e in entries_after(bank=bank, after=0, limit=10)}
    assert held == {("m", "1", b.value), ("m", "1", c.value), ("m", "2", a.value)}


def test_a_hash_of_the_wrong_length_stores_nothing() -> None:
    bank = new_bank()
    with pytest.raises(Invalid):
        store(bank, *[NewHash(type="pdq", value=pdq(1)), NewHash(type="md5", value=pdq(2))])
    assert entries_after(bank=bank, after=0, limit=10) == []


@pytest.mark.parametrize("word", ["a\x00b", "\ud800"])
def test_words_that_the_database_cannot_hold_are_refused(word: str) -> None:
    bank = new_bank()
    with pytest.raises(Invalid):
        store(bank, NewHash(type="pdq", value=pdq(1), category=word))
