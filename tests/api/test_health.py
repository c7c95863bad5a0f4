"""Alive, ready, figures; and what programs are told when our side fails."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from odzew.entrypoints.logs import scrub
from odzew.foundation.writes import fetch_none
from tests.api.wire import NOTICE, Wire, rows


def test_alive_and_ready(wire: Wire) -> None:
    assert wire.call("", "GET", "/healthz").json == {"alive": True}
    ready = wire.call("", "GET", "/readyz")
    assert ready.status == 200 and ready.json == {
        "ready": True,
        "database": True,
        "overdue": {"clocks": 0, "deliveries": 0, "probes": 0, "record": 0},
    }


@pytest.mark.parametrize(
    ("late", "what"),
    [
        ("UPDATE cases_clock SET wake_at = now() - %s WHERE name = 'child_decide'", "clocks"),
        ("UPDATE ledger_delivery SET next_at = now() - %s", "deliveries"),
        ("UPDATE enforcement_measure SET probe_at = now() - %s", "probes"),
    ],
)
def test_not_ready_when_something_is_late(wire: Wire, late: str, what: str) -> None:
    wire.item()
    wire.notice()
    fetch_none(late, [timedelta(seconds=20)])
    assert wire.call("", "GET", "/readyz").status == 200
    fetch_none(late, [timedelta(seconds=40)])
    got = wire.call("", "GET", "/readyz")
    assert got.status == 503 and got.json["overdue"][what] >= 1 and what in got.json["detail"]


def test_metrics_for_the_scope_or_for_this_machine(wire: Wire) -> None:
    wire.item()
    wire.notice()
    text = wire.call("", "GET", "/metrics")
    assert text.status == 200 and text.type.startswith("text/plain")
    lines = text.body.decode().splitlines()
    assert "odzew_cases_waiting 1" in lines and 'odzew_overdue{what="clocks"} 0' in lines
    assert any(line.startswith('odzew_answers_total{what="api",status="201"}') for line in lines)
    assert all(line.startswith("#") or len(line.rpartition(" ")[0]) > 0 for line in lines)
    assert wire.call("metrics", "GET", "/metrics", X_Forwarded_For="203.0.113.9").status == 200
    for who in ("notices", "reviewer", "operator"):
        assert wire.call(who, "GET", "/metrics").status == 403
    assert wire.call("", "GET", "/metrics", X_Forwarded_For="203.0.113.9").status == 401
    wire.client.defaults["REMOTE_ADDR"] = "203.0.113.9"
    assert wire.call("", "GET", "/metrics").status == 401
    wire.client.defaults["REMOTE_ADDR"] = "not an address"
    assert wire.call("", "GET", "/metrics").status == 401


def test_the_database_is_away(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    wire.item()

    def away(**_: Any) -> None:
        raise OperationalError("connection to server failed: password=secret")

    monkeypatch.setattr("odzew.entrypoints.api.notices.receive_notice", away)
    monkeypatch.setattr("odzew.entrypoints.api.health.overdue_clocks", away)
    got = wire.notice()
    assert (got.status, got.headers["Retry-After"]) == (503, "2") and b"secret" not in got.body
    ready = wire.call("", "GET", "/readyz")
    assert ready.status == 503 and ready.json["database"] is False
    assert wire.call("metrics", "GET", "/metrics").status == 503
    assert wire.call("", "GET", "/healthz").status == 200
    monkeypatch.setattr("odzew.entrypoints.api.door.caller_of_key", away)
    assert wire.call(wire.program("read"), "GET", "/cases").status == 503


def test_what_nobody_expected_has_a_number_and_tells_nothing(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError("a text that somebody typed")

    monkeypatch.setattr("odzew.entrypoints.api.notices.receive_notice", broken)
    before = rows()
    got = wire.notice()
    assert got.status == 500 and got.type == "application/problem+json" and rows() == before
    number = got.json["instance"].removeprefix("urn:uuid:")
    logged = json.dumps([scrub(record=r) for r in caplog.records])  # what the desk's own log keeps of it
    assert number in got.json["detail"] and number in logged and "RuntimeError at " in logged
    assert b"typed" not in got.body and "typed" not in logged and "typed" not in caplog.text


def test_headers_are_on_everything(wire: Wire) -> None:
    for path in ("/healthz", "/nothing", "/cases", "/api/v1/openapi.json", "/metrics"):
        got = wire.call("", "GET", path)
        assert got.headers["X-Content-Type-Options"] == "nosniff" and got.headers["Cache-Control"] == "no-store"
        assert got.headers["Referrer-Policy"] == "same-origin" and got.headers["Content-Length"] == str(len(got.body))
        assert "default-src 'none'" in got.headers["Content-Security-Policy"] and "Set-Cookie" not in got.headers


def test_a_notice_costs_few_round_trips(wire: Wire, django_assert_max_num_queries: Any) -> None:
    wire.item()
    concern = {**NOTICE["concern"], "claimant": "other"}
    wire.notice(where=[{"url": "https://x.example/1"}], concern=concern)
    with django_assert_max_num_queries(8):
        assert wire.notice(concern=concern).status == 201
