"""Opinions from outside, on the wire: who sees what they are asked about, and nothing else."""

from __future__ import annotations

import uuid
from typing import Any

from odzew.ledger.people import add_program, new_person_key
from tests.api.wire import Wire

PLACE = "https://kladka.example/posts/post-1"


def _hotline(wire: Wire, name: str = "hotline") -> str:
    wire.keys[name] = add_program(
        name=name, scopes=frozenset({"notices", "read"}), sources=frozenset({"hotline"}), now=wire.story.now
    )
    return name


def _outside(wire: Wire) -> str:
    person = wire.story.hire(f"Ela {uuid.uuid4()}", "outside")
    wire.keys["ela"] = new_person_key(person=person.id, now=wire.story.now)
    return "ela"


def _asked(wire: Wire, who: str) -> list[dict[str, Any]]:
    got = wire.call(who, "GET", "/opinions")
    assert got.status == 200
    found: list[dict[str, Any]] = got.json["asked"]
    return found


def _case(alone: Wire) -> str:
    """What a hotline raised and a user with an account reported too; the one person of the desk has cleared it."""
    alone.item()
    mine = alone.notice(text="A word of the user.", reporter={"account_id": "zosia"}).json["case"]
    sent = {"source": "hotline", "text": "A word of the hotline.", "where": [{"url": PLACE}]}
    assert alone.notice(_hotline(alone), **sent).json["case"] == mine
    got = alone.call(
        "reviewer", "POST", f"/cases/{mine}/decisions", {"outcome": "no_violation", "ground": "not_in_scope", "reason": "A secret."}
    )
    assert got.json["needs"] == "outside"
    return str(mine)


def test_a_source_sees_what_it_raised_and_its_answer_decides(alone: Wire) -> None:
    case = _case(alone)
    (asked,) = _asked(alone, "hotline")
    assert asked["case"] == case and asked["mine"] is None and asked["hidden"]
    assert [n["text"] for n in asked["notices"]] == ["A word of the hotline."]
    assert asked["hashes"] == [{"type": "sha256", "value": "ab" * 32}]
    assert _asked(alone, _hotline(alone, "other hotline")) == []
    path, body = f"/cases/{case}/opinions", {"outcome": "no_violation", "reason": "Filed by mistake."}
    assert alone.call("other hotline", "POST", path, body).status == 404
    assert alone.call("platform", "POST", path, body).status == 404
    got = alone.call("hotline", "POST", path, body)
    assert got.status == 201 and got.json["state"] == "final"
    assert alone.call("hotline", "POST", path, body).json == got.json
    assert _asked(alone, "hotline") == []
    seen = alone.call("reviewer", "GET", f"/cases/{case}").json
    assert {(d["by"] == "program", d["outside"]) for d in seen["decisions"]} == {(True, True), (False, False)}
    shown = alone.call("platform", "GET", f"/cases/{case}")
    assert len(shown.json["decisions"]) == 1 and b"outside" not in shown.body.replace(b'"outside":false', b"")


def test_a_person_outside_reads_words_and_hashes_and_knows_no_one(alone: Wire) -> None:
    alone.item("post-9", url="https://kladka.example/posts/post-9", media=[])
    other = alone.notice(where=[{"item_id": "post-9"}], text="Of another case.").json["case"]
    case = _case(alone)
    ela = _outside(alone)
    got = alone.call(ela, "GET", "/opinions")
    (asked,) = got.json["asked"]
    assert {n["text"] for n in asked["notices"]} == {"A word of the user.", "A word of the hotline."}
    for word in (
        b"zosia",
        b"uploader",
        b"kladka.example",
        b"A secret.",
        b"reviewer",
        b"no_violation",
        b"Of another case.",
        b"awaiting",
    ):
        assert word not in got.body, word
    assert {"notice.received", "case.opened", "case.withheld"} <= {h["kind"] for h in asked["history"]}
    assert not {"case.decided", "opinion.asked"} & {h["kind"] for h in asked["history"]}
    body = {"outcome": "remove", "reason": "It must go."}
    assert alone.call(ela, "POST", f"/cases/{other}/opinions", body).status == 404
    for method, path in (("GET", f"/cases/{case}"), ("GET", "/cases"), ("GET", "/wave")):
        assert alone.call(ela, method, path).status == 403
    assert alone.call(ela, "POST", f"/cases/{case}/decisions", {**body, "ground": "child_safety"}).status == 403
    assert alone.call(ela, "POST", f"/cases/{case}/opinions", body).json["state"] == "waiting"
    assert _asked(alone, ela)[0]["mine"]["outcome"] == "remove"
    assert alone.call("reviewer", "GET", f"/cases/{case}").json["state"] == "disputed"


def test_the_desk_is_told_that_it_waits_and_not_what_was_said(alone: Wire) -> None:
    case = _case(alone)
    seen = alone.call("reviewer", "GET", f"/cases/{case}").json
    assert seen["asked"]["due"] and "outside_opinion" in {c["name"] for c in seen["clocks"]}
    alone.call(_outside(alone), "POST", f"/cases/{case}/opinions", {"outcome": "cannot_judge", "reason": "Too little is shown."})
    assert b"Too little" not in alone.call("reviewer", "GET", f"/cases/{case}").body
    assert b"Too little" in alone.call("auditor", "GET", f"/cases/{case}").body
    assert alone.call("platform", "GET", f"/cases/{case}").json["asked"] is None


def test_what_is_wrong_is_said(alone: Wire) -> None:
    case = _case(alone)
    path = f"/cases/{case}/opinions"
    assert alone.call("hotline", "POST", path, {"outcome": "not_found", "reason": "x"}).status == 422
    assert alone.call("hotline", "POST", path, {"outcome": "remove"}).status == 422
    assert alone.call("hotline", "POST", f"/cases/{uuid.uuid4()}/opinions", {"outcome": "remove", "reason": "x"}).status == 404
    alone.decide("reviewer", case, "remove")
    assert alone.call("hotline", "POST", path, {"outcome": "remove", "reason": "x"}).status == 409
