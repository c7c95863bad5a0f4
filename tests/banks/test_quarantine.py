"""A hash that suddenly matches everything is stopped; the spread of one known picture does not stop its hash."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from odzew.alarms.api import recent
from odzew.banks.api import entries_by_id, quarantined
from odzew.banks.data import NewHash
from odzew.banks.quarantine import Sighted, flood_limit, forget, usual
from odzew.banks.search import Asked, look
from odzew.banks.verdict import judge
from odzew.foundation.errors import NotFound
from odzew.foundation.writes import Writes, fetch_all
from odzew.usecases._flood import watch_flood
from odzew.usecases.bank_entries import release_entries
from tests.banks.build import NOW, new_bank, pdq, read_index, store


@given(st.floats(0, 1e6), st.integers(1, 1000), st.floats(1, 100))
def test_the_limit_never_falls_below_either_part(usual: float, floor: int, times: float) -> None:
    limit = flood_limit(usual=usual, floor=floor, times=times)
    assert limit >= floor and limit >= usual * times
    assert limit == floor or limit - 1 < usual * times


def meet(entry: int, subjects: range, now: datetime) -> int:
    """Let something different match an entry for each subject; return how many floods there were."""
    floods = 0
    for n in subjects:
        with transaction.atomic():
            writes = Writes()
            view = entries_by_id(ids=[entry])[entry]
            floods += len(watch_flood(writes, sighted=[Sighted(entry=view, subject=pdq(n))], now=now))
            writes.send()
    return floods


pytest_db = pytest.mark.django_db(transaction=True)


@pytest_db
def test_more_than_the_limit_of_different_files_in_an_hour(tmp_path: Path) -> None:
    bank = new_bank(flood_floor=5)
    (entry,) = store(bank, NewHash(type="pdq", value=pdq(0))).added
    assert meet(entry, range(5), NOW) == 0
    assert quarantined(bank=bank) == []
    assert meet(entry, range(5, 9), NOW) == 1
    assert [e.id for e in quarantined(bank=bank)] == [entry]
    assert [(a.code, a.facts) for a in recent()] == [("bank_flood", {"entry": entry, "seen": 6})]
    assert fetch_all("SELECT count(*) FROM ledger_event WHERE kind = 'bank.quarantined'", []) == [(1,)]
    found = look(index=read_index(tmp_path), asked=[Asked(type="pdq", value=pdq(0))])
    assert judge(hits=found.hits[0], complete=found.complete, jurisdiction="EU", key=b"").answer == "hold"


@pytest_db
def test_the_same_file_a_thousand_times_is_one() -> None:
    bank = new_bank(flood_floor=2)
    (entry,) = store(bank, NewHash(type="pdq", value=pdq(0))).added
    for n in range(60):
        assert meet(entry, range(2), NOW + timedelta(seconds=n)) == 0
    assert fetch_all("SELECT count(*) FROM banks_sighting", []) == [(2,)]


@pytest_db
def test_what_is_an_hour_old_counts_no_more_and_is_forgotten() -> None:
    bank = new_bank(flood_floor=3)
    (entry,) = store(bank, NewHash(type="pdq", value=pdq(0))).added
    for hour in range(4):
        assert meet(entry, range(hour * 3, hour * 3 + 3), NOW + hour * timedelta(hours=1)) == 0
    assert forget(now=NOW + timedelta(hours=4)) == 3
    assert fetch_all("SELECT count(*) FROM banks_sighting", []) == [(0,)]


@pytest_db
def test_a_bank_that_always_matches_much_may_match_more() -> None:
    bank = new_bank(flood_floor=2, flood_times=2)
    (entry,) = store(bank, NewHash(type="pdq", value=pdq(0))).added
    (other,) = store(bank, NewHash(type="pdq", value=pdq(99))).added
    for hour in range(3):
        # Two an hour of this entry, two of the other: four are usual for the bank.
        assert meet(entry, range(hour * 2, hour * 2 + 2), NOW + hour * timedelta(hours=1)) == 0
        assert meet(other, range(hour * 2, hour * 2 + 2), NOW + hour * timedelta(hours=1)) == 0
    later = NOW + timedelta(hours=5)
    assert usual(bank=bank, now=later) == 4
    assert meet(entry, range(100, 108), later) == 0
    assert meet(entry, range(108, 109), later) == 1


@pytest_db
def test_a_person_lets_it_out_for_good() -> None:
    bank = new_bank(flood_floor=2)
    (entry,) = store(bank, NewHash(type="pdq", value=pdq(0))).added
    assert meet(entry, range(4), NOW) == 1
    assert release_entries(bank="bridges", ids=[entry], actor="a person", now=NOW) == (entry,)
    assert quarantined(bank=bank) == []
    assert meet(entry, range(10, 30), NOW) == 0
    with pytest.raises(NotFound):
        release_entries(bank="bridges", ids=[entry], actor="a person", now=NOW)
