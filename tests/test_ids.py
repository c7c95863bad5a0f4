"""Ids sort by time and never collide."""

from datetime import UTC, datetime, timedelta

from odzew.foundation.ids import new_id


def test_ids_sort_by_the_moment_they_were_made() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [new_id(now=start + timedelta(milliseconds=n)) for n in range(100)]
    assert ids == sorted(ids)
    assert {i.version for i in ids} == {7}


def test_ids_of_one_moment_differ() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [new_id(now=now) for _ in range(10_000)]
    assert len(set(ids)) == 10_000
    assert ids == sorted(ids)
