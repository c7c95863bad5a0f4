"""The walk of one report over the wire."""

from __future__ import annotations

from tests.api.wire import NOTICE, Wire


def test_from_the_notice_to_the_answer(wire: Wire) -> None:
    assert wire.item().json == {"id": "post-1", "new": True}
    sent = wire.notice(text="Zażółć gęślą jaźń", language="pl", external_id="a-1")
    assert sent.status == 201
    receipt = sent.json
    assert set(receipt) == {"notice", "case", "receipt_code", "answer_due"} and len(receipt["receipt_code"]) == 20
    again = wire.notice(text="Zażółć gęślą jaźń", language="pl", external_id="a-1")
    assert (again.status, again.body) == (200, sent.body)
    case = wire.call("reviewer", "GET", f"/cases/{receipt['case']}").json
    assert case["state"] == "open" and case["notices"][0]["text"] == "Zażółć gęślą jaźń"
    assert [m["measure"] for m in case["measures"]] == ["withhold"]
    done = wire.decide("reviewer", receipt["case"], "remove")
    assert (done.status, done.json["state"]) == (201, "final")
    assert wire.decide("reviewer2", receipt["case"], "remove").status == 409
    wire.story.work()
    told = wire.call("platform", "GET", f"/notices/{receipt['notice']}").json
    assert next(a["kind"] for a in told["answers"]) == "receipt" and told["answers"][0]["language"] == "pl"
    assert NOTICE["source"] == "user"
