"""kill -9 of every process at random points under load: nothing acknowledged is lost, no measure lost or done twice."""

from __future__ import annotations

import os
import random
import threading
import time
import uuid
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.crash.house import House, Platform

ROUNDS = int(os.environ.get("ODZEW_CRASH_ROUNDS", "10"))
VICTIMS = ("web", "worker-1", "worker-2", "database")


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


class Reporters(threading.Thread):
    """People who report without pause, and remember what the desk acknowledged."""

    def __init__(self, house: House, items: list[str]) -> None:
        super().__init__(daemon=True)
        self.house, self.items = house, items
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self.sent: dict[str, dict[str, Any]] = {}
        self.over = threading.Event()
        self.strange: list[object] = []

    def run(self) -> None:
        """Report until told to stop; an answer that never came is asked for again with the same external_id."""
        dice = random.Random()
        while not self.over.is_set():
            external = uuid.uuid4().hex
            body = {
                "external_id": external,
                "source": "user",
                "concern": {"kind": "csam", "minor": True, "claimant": dice.choice(["depicted", "other", "guardian"]), "flags": []},
                "where": [{"item_id": dice.choice(self.items)}],
                "text": "Zażółć gęślą jaźń",
            }
            self.sent[external] = body
            self._send(external, body)

    def _send(self, external: str, body: dict[str, Any]) -> None:
        while not self.over.is_set():
            try:
                status, reply = self.house.ask("POST", "/api/v1/notices", body)
            except (OSError, HTTPException):
                time.sleep(0.05)
                continue
            if status in (200, 201):
                self.acknowledged[external] = reply
                return
            if status not in (500, 503):
                self.strange.append((status, reply))
                return
            time.sleep(0.05)


@pytest.mark.crash
@pytest.mark.timeout(60 + ROUNDS * 30)
def test_whoever_is_killed_nothing_acknowledged_is_lost_and_nothing_is_done_twice(house: House) -> None:
    dice = random.Random()
    house.start()
    house.wait_ready()
    items = [house.post(n) for n in range(60)]
    reporters = [Reporters(house, items[n::2]) for n in range(2)]
    for r in reporters:
        r.start()
    for _ in range(ROUNDS):
        time.sleep(dice.uniform(0.3, 1.5))
        _make_some_due(house)
        time.sleep(dice.uniform(0.0, 0.4))
        for victim in dice.sample(VICTIMS, k=dice.choice([1, 1, 2, 4])):
            house.kill(victim)
        house.start()
        house.wait_ready()
    for r in reporters:
        r.over.set()
    for r in reporters:
        r.join(timeout=30)
    _drain(house)
    _nothing_lost(house, reporters)
    _nothing_twice(house)


def _make_some_due(house: House) -> None:
    """Bring some armed clocks forward, as if their time had come."""
    house.query(
        "UPDATE cases_clock c SET due_at = now() + random() * interval '1 second', wake_at = now() + random() * interval '1 second', "
        "steps = jsonb_build_array(jsonb_build_array(now(), 'withhold')), step = 0 "
        "WHERE name = 'child_withhold' AND state = 'armed' AND random() < 0.5 RETURNING 1"
    )


def _drain(house: House) -> None:
    """After the last restart everything that is due is done within seconds."""
    begin = time.monotonic()
    while time.monotonic() - begin < 5:
        late = house.query("SELECT count(*) FROM cases_clock WHERE state = 'armed' AND wake_at < now() - interval '1 second'")[0][0]
        if not late:
            break
        time.sleep(0.1)
    assert not late, f"{late} clocks are still overdue 5 s after the restart"
    end = time.monotonic() + 60
    while time.monotonic() < end:
        left = house.query("SELECT count(*) FROM enforcement_measure WHERE in_force AND state NOT IN ('done', 'told')")[0][0]
        if not left:
            return
        time.sleep(0.2)
    raise AssertionError(house.query("SELECT state, count(*) FROM enforcement_measure WHERE in_force GROUP BY 1"))


def _nothing_lost(house: House, reporters: list[Reporters]) -> None:
    stored = {str(row[0]): str(row[1]) for row in house.query("SELECT external_id, id FROM notices_notice")}
    acknowledged = {k: v["notice"] for r in reporters for k, v in r.acknowledged.items()}
    assert len(acknowledged) > ROUNDS
    assert not [r.strange for r in reporters if r.strange]
    assert {k: stored.get(k) for k in acknowledged} == acknowledged
    silent = house.query(
        "SELECT count(*) FROM notices_handling h WHERE h.state = 'open' AND NOT EXISTS "
        "(SELECT 1 FROM cases_clock c WHERE c.case_id = h.case_id AND c.state = 'armed')"
    )[0][0]
    assert silent == 0
    events = house.query("SELECT count(*) FROM ledger_event WHERE kind = 'notice.received'")[0][0]
    assert events == len(stored)


def _nothing_twice(house: House) -> None:
    twice = house.query(
        "SELECT item_id, count(*) FROM enforcement_measure WHERE measure = 'withhold' GROUP BY 1 HAVING count(*) > 1"
    )
    assert twice == []
    rang = house.query(
        "SELECT count(*) FROM (SELECT convert_from(data, 'UTF8')::jsonb #>> '{facts,clock}' AS clock, "
        "convert_from(data, 'UTF8')::jsonb #>> '{facts,due}' AS due FROM ledger_event WHERE kind = 'clock.rang' "
        "GROUP BY 1, 2 HAVING count(*) > 1) AS more"
    )[0][0]
    assert rang == 0
    ordered = {str(row[0]) for row in house.query("SELECT id FROM enforcement_measure WHERE state IN ('done', 'accepted')")}
    assert ordered <= set(Platform.orders)
    assert set(Platform.orders) <= {str(row[0]) for row in house.query("SELECT id FROM enforcement_measure")}
