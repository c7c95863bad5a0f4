"""Banks are changed by people, on the record, and not through a side door."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.db import transaction

from odzew.banks.api import BankRules, bank_named, count_misses, entries_after, misses
from odzew.banks.data import NewHash, OwnMedia
from odzew.banks.own import feed_own
from odzew.foundation.errors import Forbidden, Invalid, NotFound
from odzew.foundation.writes import Writes, fetch_all
from odzew.usecases.bank_entries import add_bank, add_entries, change_bank, withdraw_entries
from tests.banks.build import NOW, new_bank, pdq

pytestmark = pytest.mark.django_db(transaction=True)


def events(kind: str) -> list[dict[str, Any]]:
    rows = fetch_all("SELECT data FROM ledger_event WHERE kind = %s ORDER BY id", [kind])
    return [json.loads(bytes(r[0]))["facts"] for r in rows]


def test_what_is_changed_is_recorded_and_the_rest_stays() -> None:
    bank = add_bank(name="bridges", rules=BankRules(enabled_share=0.5, source="Ada's list"), actor="operator", now=NOW)
    after = change_bank(name="bridges", changes={"distance": 10, "child": True}, actor="operator", now=NOW)
    assert (after.distance, after.child, after.enabled_share, after.source) == (10, True, 0.5, "Ada's list")
    assert bank_named(name="bridges") == after
    (said,) = events("bank.changed")
    assert said == {"bank": str(bank.id), "before": {"distance": 31, "child": None}, "after": {"distance": 10, "child": True}}
    assert "Ada" not in json.dumps(events("bank.added"))
    with pytest.raises(Invalid):
        change_bank(name="bridges", changes={"distance": 32}, actor="operator", now=NOW)
    with pytest.raises(NotFound):
        change_bank(name="chairs", changes={"distance": 3}, actor="operator", now=NOW)


def test_an_entry_without_an_opinion_follows_its_bank() -> None:
    bank = new_bank(opinion="seed")
    hashes = [NewHash(type="pdq", value=pdq(1)), NewHash(type="pdq", value=pdq(2), opinion="negative")]
    add_entries(bank="bridges", hashes=hashes, actor="operator", now=NOW)
    after = change_bank(name="bridges", changes={"opinion": "confirmed"}, actor="operator", now=NOW)
    assert {e.value: e.opinion for e in entries_after(bank=after, after=0, limit=9)} == {pdq(1): "confirmed", pdq(2): "negative"}
    assert bank.opinion == "seed"


def test_few_entries_are_named_one_by_one_and_many_by_their_digest() -> None:
    new_bank()
    few = add_entries(bank="bridges", hashes=[NewHash(type="pdq", value=pdq(n)) for n in range(3)], actor="operator", now=NOW)
    add_entries(bank="bridges", hashes=[NewHash(type="pdq", value=pdq(n)) for n in range(3, 203)], actor="operator", now=NOW)
    first, second = events("bank.entries_added")
    assert first["entries"] == list(few.added)
    assert (second["entries"], second["last"] - second["first"]) == (200, 199)
    assert first["digest"] != second["digest"]


def test_what_a_decision_put_there_no_command_takes_out() -> None:
    with transaction.atomic():
        writes = Writes()
        media = [OwnMedia(name="file", hashes=(NewHash(type="pdq", value=pdq(1)),))]
        done = feed_own(writes, case=uuid.UUID(int=1), media=media, category="csam", child=True, actor="a person", now=NOW)
        writes.send()
    with pytest.raises(Forbidden):
        withdraw_entries(bank="own", ids=list(done.added), actor="operator", now=NOW)
    with pytest.raises(Forbidden):
        add_entries(bank="own", hashes=[NewHash(type="pdq", value=pdq(2))], actor="operator", now=NOW)
    loose: list[dict[str, Any]] = [
        {"opinion": "negative"},
        {"enabled_share": 0.0},
        {"distance": 9},
        {"jurisdictions": frozenset({"US"})},
    ]
    for changes in [*loose, {"hash_types": frozenset({"md5"})}]:
        with pytest.raises(Forbidden):
            change_bank(name="own", changes=changes, actor="operator", now=NOW)
    assert change_bank(name="own", changes={"distance": 10}, actor="operator", now=NOW).distance == 10
    assert len(entries_after(bank=bank_named(name="own"), after=0, limit=9)) == 1


def test_withdrawing_what_is_not_there_is_said() -> None:
    new_bank()
    with pytest.raises(NotFound):
        withdraw_entries(bank="bridges", hashes=[NewHash(type="pdq", value=pdq(1))], actor="operator", now=NOW)


def test_look_ups_without_a_match_are_counted_by_key_and_minute() -> None:
    one, two = uuid.UUID(int=1), uuid.UUID(int=2)
    count_misses(counts={})
    count_misses(counts={(one, NOW.replace(second=1)): 3, (one, NOW.replace(second=59)): 4, (two, NOW): 1})
    count_misses(counts={(one, NOW): 5})
    assert misses(since=NOW, until=NOW.replace(minute=1)) == {one: 12, two: 1}
    assert misses(since=NOW.replace(minute=1), until=NOW.replace(minute=2)) == {}
    assert fetch_all("SELECT count(*) FROM banks_lookup_count", []) == [(2,)]
