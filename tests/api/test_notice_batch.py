"""Thousands of links in one call: every line by itself, sent again without harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError

from odzew.cases.clocks import armed
from odzew.cases.rows import read_cases
from odzew.entrypoints.api import notice_batch
from odzew.entrypoints.api.notices import notice_of
from odzew.foundation.errors import TooMany
from odzew.ledger.people import add_program, caller_of_key
from odzew.usecases.receive_notice import receive_notice
from tests.api.wire import NOTICE, Answer, Wire, rows


def _line(n: int | str, **changes: Any) -> bytes:
    where = [{"url": f"https://kladka.example/posts/{n}"}]
    return json.dumps({**NOTICE, "external_id": f"b-{n}", "where": where, **changes}).encode() + b"\n"


def _send(wire: Wire, body: bytes, who: str = "platform") -> Answer:
    return wire.call(who, "POST", "/notices:batch", body, type="application/x-ndjson")


def _hotline(wire: Wire) -> str:
    return add_program(
        name="Dyżurnet", scopes=frozenset({"notices"}), sources=frozenset({"hotline", "trusted_flagger"}), now=wire.story.now
    )


def test_every_line_has_its_receipt_and_a_repeat_has_the_same(wire: Wire) -> None:
    body = b"".join(_line(n, text="Żółta łódź") for n in range(40))
    first = _send(wire, body)
    assert (first.status, first.json["stored"], first.json["refused"]) == (200, 40, 0)
    assert [(r["line"], r["external_id"], r["status"]) for r in first.json["results"]] == [
        (n + 1, f"b-{n}", 201) for n in range(40)
    ]
    assert all(len(r["receipt_code"]) == 20 for r in first.json["results"])
    before = rows()
    again = _send(wire, body + b"\n\n" + _line(40))
    assert [r["status"] for r in again.json["results"]] == [200] * 40 + [201] and again.json["results"][40]["line"] == 43
    for one, two in zip(first.json["results"], again.json["results"], strict=False):
        assert {**one, "status": 200} == two
    assert rows()["notices_notice"] == before["notices_notice"] + 1


def test_a_wrong_line_is_named_and_keeps_no_other_out(wire: Wire) -> None:
    wrong = [
        _line(1, colour="red"), _line(2, source="hotline"), _line(3, external_id=None), b"[]\n", _line(5, where=[]),
        _line(6, where=[{"url": "\x00"}]), _line(0, text="Other words."), _line(8, concern={**NOTICE["concern"], "kind": "wizard"}),
    ]  # fmt: skip
    got = _send(wire, _line(0) + b"".join(wrong) + _line(9)).json
    assert [r["status"] for r in got["results"]] == [201, 422, 403, 422, 422, 422, 422, 409, 422, 201]
    assert (got["stored"], got["refused"]) == (2, 8) and all(r["reason"] and not r["again"] for r in got["results"][1:9])
    assert got["results"][1]["fields"] == [{"at": "colour", "problem": "Extra inputs are not permitted"}]
    assert "wizard" not in json.dumps([r.get("fields") for r in got["results"]])
    assert rows()["notices_notice"] == 2


@pytest.mark.parametrize(("bad", "status"), [(b"{\n", 400), (b"\xff\n", 400), (b'{"text": "' + b"a" * 70_000 + b'"}\n', 413)])
def test_what_is_no_lines_at_all_is_refused_whole(wire: Wire, bad: bytes, status: int) -> None:
    got = _send(wire, _line(1) + bad + _line(2))
    assert (got.status, got.json["line"]) == (status, 2) and rows()["notices_notice"] == 0
    assert _send(wire, b"").json == {"stored": 0, "refused": 0, "results": []}
    assert wire.call("platform", "POST", "/notices:batch", _line(1)).status == 415


def test_too_many_lines_store_nothing(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_batch, "MOST", 3)
    got = _send(wire, b"".join(_line(n) for n in range(4)))
    assert (got.status, got.json["line"], rows()["notices_notice"]) == (422, 4, 0)


def test_what_a_trusted_source_sends_goes_first_in_a_batch_too(wire: Wire) -> None:
    wire.item()
    key = _hotline(wire)
    concern = {"kind": "csam", "minor": True, "claimant": "other", "flags": []}
    body = _line("post-1", source="hotline", concern=concern) + _line("post-9", source="trusted_flagger", concern=concern)
    got = _send(wire, body, who=key).json["results"]
    (first, _second) = (read_cases(ids=[r["case"]])[0] for r in got)
    assert first.withheld and first.raised_by_trusted and ("tf_priority", None) in armed(cases=[first.id])[first.id]
    assert _send(wire, _line("x", source="user"), who=key).json["results"][0]["status"] == 403


def test_lines_of_one_batch_about_one_post_are_one_case(wire: Wire) -> None:
    where = [{"url": "https://kladka.example/posts/same"}]
    got = _send(wire, _line(1, where=where) + _line(2, where=where)).json["results"]
    assert got[0]["case"] == got[1]["case"] and got[0]["notice"] != got[1]["notice"]


def test_where_nothing_can_be_stored_the_rest_is_not_tried_and_may_come_again(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str | None] = []

    def third_fails(**given: Any) -> Any:
        tried.append(given["notice"].external_id)
        if len(tried) == 3:
            raise OperationalError("gone, with the words of somebody")
        return receive_notice(**given)

    with monkeypatch.context() as broken:
        broken.setattr(notice_batch, "receive_notice", third_fails)
        got = _send(wire, b"".join(_line(n) for n in range(5)))
    assert [(r["status"], r.get("again")) for r in got.json["results"]] == [(201, None)] * 2 + [(503, True)] * 3
    assert tried == ["b-0", "b-1", "b-2"] and b"somebody" not in got.body
    assert [r["status"] for r in _send(wire, b"".join(_line(n) for n in range(5))).json["results"]] == [200, 200, 201, 201, 201]


def test_a_fault_of_ours_in_one_line_is_that_lines_alone(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_breaks(**given: Any) -> Any:
        if given["sent"].external_id == "b-1":
            raise RuntimeError("words of somebody")
        return notice_of(**given)

    monkeypatch.setattr(notice_batch, "notice_of", one_breaks)
    got = _send(wire, b"".join(_line(n) for n in range(3)))
    assert [r["status"] for r in got.json["results"]] == [201, 500, 201] and b"words of somebody" not in got.body


def test_a_key_has_one_batch_at_a_time_and_others_are_not_held_up(wire: Wire) -> None:
    caller = caller_of_key(key=wire.keys["platform"], now=wire.story.now)
    assert caller is not None
    with notice_batch._alone(caller):
        assert _send(wire, _line(1)).status == 429 and _send(wire, _line(1), who="other").json["stored"] == 1
        with pytest.raises(TooMany), notice_batch._alone(caller):
            pass
    assert _send(wire, _line(2)).json["stored"] == 1 and not notice_batch._busy
