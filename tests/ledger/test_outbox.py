"""What is done many times a second asks only for what still waits, however long the past is."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from odzew.foundation.writes import Writes, fetch_all, fetch_none
from odzew.ledger import api, outbox
from tests.cast import Story

PAST = 20_000


@pytest.fixture
def long_past(story: Story) -> Story:
    """A story whose desk has delivered a lot."""
    fetch_none(
        "INSERT INTO ledger_delivery (id, kind, subject_id, platform_id, order_key, payload, state, created_at, next_at, attempts) "
        "SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'measure', gen_random_uuid(), %s, 'item ' || n / 3, "
        "jsonb_build_object('text', repeat('x', 100)), 'delivered', now(), now(), 1 FROM generate_series(1, %s::int) n",
        [story.platform, PAST],
    )
    with transaction.atomic():
        writes = Writes()
        for n in range(5):
            leave(writes, n, story)
        writes.send()
    fetch_none("ANALYZE ledger_delivery", [])
    return story


def leave(writes: Writes, n: int, story: Story) -> None:
    """Leave an order that comes after others on the same item."""
    outbox.leave(
        writes,
        kind="measure",
        subject=uuid.uuid4(),
        case=None,
        platform=story.platform,
        payload={},
        now=story.now,
        order_key=f"item {n}",
    )


def _plan(sql: str, values: list[Any]) -> str:
    return "\n".join(str(row[0]) for row in fetch_all(f"EXPLAIN {sql}", values))


def test_taking_a_delivery_does_not_read_what_was_delivered(long_past: Story) -> None:
    now = long_past.now + timedelta(seconds=1)
    plan = _plan(outbox._CLAIM, [now, 3, now, now, now, now, 1])
    assert "Seq Scan on ledger_delivery" not in plan
    assert "ledger_delivery_before" in plan and "ledger_delivery_due" in plan
    with transaction.atomic():
        assert len(outbox.claim_due(now=now, limit=10)) == 5


def test_asking_for_a_witness_does_not_read_what_was_delivered(long_past: Story) -> None:
    asked: list[tuple[str, list[Any]]] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, list(params)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        assert api.witnessed(now=long_past.now) is False
        assert api.witness_left_since(since=long_past.now) is False
    assert len(asked) == 2
    for sql, values in asked:
        assert "ledger_delivery_witness" in _plan(sql, values)
