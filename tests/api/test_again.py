"""The same `external_id` again, also by two at once; appeals; decisions that cannot be."""

from __future__ import annotations

import threading
from datetime import timedelta

from django.db import connection

from odzew.foundation.writes import fetch_none
from tests.api.wire import Answer, Wire, rows


def test_two_at_once_are_one(wire: Wire) -> None:
    wire.item()
    wire.notice(external_id="warm")
    before, got, start = rows(), list[Answer](), threading.Barrier(6)

    def send() -> None:
        start.wait()
        got.append(wire.notice(external_id="twice", text="Ta sama treść"))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a.status for a in got) == [200] * 5 + [201]
    assert len({a.body for a in got}) == 1
    assert rows()["notices_notice"] == before["notices_notice"] + 1


def test_other_content_under_the_same_id(wire: Wire) -> None:
    wire.item()
    assert wire.notice(external_id="a").status == 201
    before = rows()
    got = wire.notice(external_id="a", text="Something else.")
    assert got.status == 409 and rows() == before
    assert wire.notice("notices", external_id="a").status == 201, "an id is unique for each key"


def test_after_a_day_the_code_is_gone(wire: Wire) -> None:
    wire.item()
    first = wire.notice(external_id="a").json
    fetch_none("UPDATE notices_sealed_reply SET until = until - %s", [timedelta(hours=25)])
    again = wire.notice(external_id="a")
    assert again.status == 200 and again.json == {**first, "receipt_code": None}


def test_appeals(wire: Wire) -> None:
    wire.item()
    receipt = wire.notice().json
    path = f"/cases/{receipt['case']}/appeals"
    by_uploader = {"by": "uploader", "account_id": "uploader", "text": "Proszę spojrzeć jeszcze raz."}
    sent = wire.call("platform", "POST", path, by_uploader)
    assert sent.status == 201 and set(sent.json) == {"appeal", "answer_due"}
    assert wire.call("platform", "POST", path, {**by_uploader, "account_id": "somebody"}).status == 404
    assert wire.call("other", "POST", path, by_uploader).status == 403
    by_reporter = {"by": "reporter", "receipt_code": receipt["receipt_code"], "text": "Please look again."}
    assert wire.call("platform", "POST", path, {**by_reporter, "receipt_code": "0" * 20}).status == 404
    assert wire.call("platform", "POST", path, {"by": "reporter", "text": "x"}).status == 422
    assert wire.call("platform", "POST", path, {**by_reporter, "text": " "}).status == 422
    wire.decide("reviewer", receipt["case"], "remove")
    wire.story.work()
    assert wire.call("platform", "POST", path, by_reporter).status == 201


def test_decisions_that_cannot_be(wire: Wire) -> None:
    wire.item()
    case = wire.notice().json["case"]
    path = f"/cases/{case}/decisions"
    body = {"outcome": "remove", "ground": "child_safety", "reason": "Seen."}
    unknown = wire.call("reviewer", "POST", path, {**body, "ground": "whim"})
    assert unknown.status == 422 and "child_safety" in unknown.json["known"]
    assert wire.call("reviewer", "POST", path, {**body, "outcome": "forget"}).status == 422
    assert wire.call("reviewer", "POST", path, {**body, "reason": " "}).status == 422
    assert wire.call("reviewer", "POST", path, {**body, "referral": {"to": ["ncmec"]}}).status == 422
    assert wire.call("reviewer", "POST", path, body, If_Match="soon").status == 422
    assert wire.call("reviewer", "POST", path, body, If_Match='"99"').status == 409
    done = wire.call("reviewer", "POST", path, {**body, "referral": {"not_because": "nothing to refer"}}, If_Match="*")
    assert done.status == 201 and set(done.json) == {"decision", "state", "needs", "not_before"}
    closed = wire.call("reviewer2", "POST", path, body)
    assert closed.status == 409 and closed.json["state"] == "removed"


def test_nothing_is_written_by_a_get(wire: Wire) -> None:
    wire.item()
    case = wire.notice().json["case"]
    before = rows()
    for path in (f"/cases/{case}", "/cases", "/readyz", "/healthz", "/metrics"):
        wire.call("auditor", "GET", path)
    assert rows() == before
