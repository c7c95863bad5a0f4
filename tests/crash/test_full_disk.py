"""The disk is full: what cannot be stored is refused whole, what was acknowledged stays, and it goes on when there is room again."""

from __future__ import annotations

import resource
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.house import House, Platform

SEGMENT = 16 * 1024 * 1024  # the log of the database is written in files of this size, which may still be made


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A whole desk in processes."""
    Platform.orders.clear()
    Platform.status.clear()
    home = House(tmp_path / "desk")
    try:
        yield home
    finally:
        home.stop()


def _processes(house: House) -> list[int]:
    """The server of the database and all its children."""
    server = house.database.pid
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return [server, *map(int, children)]


def _no_file_may_grow_beyond(house: House, size: int) -> None:
    """As a full disk: a write beyond it fails (EFBIG where a disk says ENOSPC; the database treats both alike)."""
    for pid in _processes(house):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _notice(item: str, text: str) -> dict[str, Any]:
    return {
        "external_id": uuid.uuid4().hex,
        "source": "user",
        "concern": {"kind": "csam", "minor": True, "claimant": "other", "flags": []},
        "where": [{"item_id": item}],
        "text": text,
    }


@pytest.mark.crash
def test_a_full_disk_refuses_whole_and_loses_nothing(house: House) -> None:
    house.start()
    house.wait_ready()
    item = house.post(1)
    house.query(
        "INSERT INTO ledger_personal_text (id, salt, text) SELECT gen_random_uuid(), '\\x00'::bytea, "
        "(SELECT string_agg(md5(random()::text || n || g), '') FROM generate_series(1, 50) g) FROM generate_series(1, 12000) n RETURNING 1"
    )
    before = house.ask("POST", "/api/v1/notices", _notice(item, "Przed."))
    assert before[0] == 201
    _no_file_may_grow_beyond(house, SEGMENT)
    refused, kept = [], [before[1]["notice"]]
    for n in range(40):
        sent = _notice(item, f"Zażółć gęślą jaźń {n} " + uuid.uuid4().hex * 60)
        status, reply = house.ask("POST", "/api/v1/notices", sent)
        if status == 201:
            kept.append(reply["notice"])
        else:
            assert status == 503, (status, reply)
            refused.append(sent)
    assert refused, "the disk was not full enough to test anything"
    _no_file_may_grow_beyond(house, resource.RLIM_INFINITY)
    for sent in refused:
        status, reply = house.ask("POST", "/api/v1/notices", sent)
        assert status == 201, (status, reply)
        kept.append(reply["notice"])
    stored = {str(row[0]) for row in house.query("SELECT id FROM notices_notice")}
    assert stored == set(kept)
    halves = house.query(
        "SELECT count(*) FROM notices_notice n WHERE NOT EXISTS (SELECT 1 FROM notices_handling h WHERE h.notice_id = n.id) "
        "OR NOT EXISTS (SELECT 1 FROM answers_answer a WHERE a.notice_id = n.id)"
    )
    assert halves[0][0] == 0
