"""Until a decision is final, nothing on the wire tells others that it was made."""

from __future__ import annotations

from typing import Any

from tests.api.wire import Wire


def _case(wire: Wire) -> str:
    wire.item()
    return str(wire.notice().json["case"])


def _seen(wire: Wire, who: str, case: str) -> tuple[Any, Any]:
    got = wire.call(who, "GET", f"/cases/{case}")
    view = {k: v for k, v in got.json.items() if k != "priority"}
    return view, got.headers["ETag"]


OTHERS = ("reviewer2", "reviewer3", "lead", "safety_officer", "specialist")


def test_a_waiting_answer_changes_nothing_for_the_next_person(wire: Wire) -> None:
    case = _case(wire)
    before = {who: _seen(wire, who, case) for who in OTHERS}
    queue = [c["state"] for c in wire.call("reviewer2", "GET", "/cases").json["cases"]]
    platform = wire.call("platform", "GET", f"/cases/{case}").body
    assert wire.decide("reviewer", case, "no_violation").json["state"] == "awaiting_second"
    assert {who: _seen(wire, who, case) for who in OTHERS} == before
    assert [c["state"] for c in wire.call("reviewer2", "GET", "/cases").json["cases"]] == queue == ["open"]
    assert wire.call("platform", "GET", f"/cases/{case}").body == platform
    mine, _ = _seen(wire, "reviewer", case)
    assert mine["state"] == "awaiting_second" and mine["decisions"][0]["outcome"] == "no_violation"
    audit, _ = _seen(wire, "auditor", case)
    assert audit["state"] == "awaiting_second" and audit["decisions"][0]["reason"] == "Seen."
    assert audit["decisions"][0]["by"].startswith("reviewer-")


def test_the_version_read_before_a_hidden_answer_still_holds(wire: Wire) -> None:
    case = _case(wire)
    _, tag = _seen(wire, "reviewer2", case)
    assert wire.decide("reviewer", case, "no_violation").status == 201
    assert wire.decide("reviewer2", case, "no_violation", If_Match=tag).json["state"] == "final"
    view, _ = _seen(wire, "reviewer3", case)
    assert view["state"] == "cleared" and len(view["decisions"]) == 2


def test_a_version_that_is_really_old_is_a_conflict(wire: Wire) -> None:
    case = _case(wire)
    view, tag = _seen(wire, "reviewer2", case)
    assert wire.notice().status == 201
    wire.decide("reviewer", case, "no_violation")
    got = wire.decide("reviewer2", case, "no_violation", If_Match=tag)
    assert got.status == 409 and got.json["version"] == view["version"] + 1


def test_who_takes_part_in_a_dispute_knows_it_and_the_third_does_not(wire: Wire) -> None:
    case = _case(wire)
    before = _seen(wire, "reviewer3", case)
    wire.decide("reviewer", case, "no_violation")
    assert wire.decide("reviewer2", case, "remove").json["state"] == "disputed"
    assert _seen(wire, "reviewer", case)[0]["state"] == "disputed"
    assert [d["outcome"] for d in _seen(wire, "reviewer", case)[0]["decisions"]] == ["no_violation"]
    assert _seen(wire, "reviewer3", case) == before
    assert wire.decide("reviewer3", case, "remove").json["state"] == "final"
    assert len(_seen(wire, "lead", case)[0]["decisions"]) == 3


def test_the_auditor_and_the_author_know_a_case_was_passed_on(wire: Wire) -> None:
    case = _case(wire)
    assert wire.decide("reviewer", case, "cannot_judge").json["needs"] == "specialist"
    assert _seen(wire, "reviewer2", case)[0]["decisions"] == []
    assert len(_seen(wire, "auditor", case)[0]["decisions"]) == 1
    assert wire.decide("reviewer2", case, "remove").status == 403
    assert wire.decide("specialist", case, "remove").status == 201


def test_on_a_desk_of_one_the_author_is_not_shown_the_first_answer_again(transactional_db: None, alone: Wire) -> None:
    alone.item()
    case = str(alone.notice().json["case"])
    done = alone.decide("reviewer", case, "no_violation").json
    assert done["needs"] == "again" and done["not_before"]
    mine, _ = _seen(alone, "reviewer", case)
    assert [(d["outcome"], d["reason"]) for d in mine["decisions"]] == [(None, None)]
    assert _seen(alone, "auditor", case)[0]["decisions"][0]["outcome"] == "no_violation"


def test_the_queue_is_in_the_order_of_priority_and_paged(wire: Wire) -> None:
    for n in range(5):
        wire.item(f"p-{n}", url=f"https://kladka.example/posts/p-{n}", media=[], spread=None)
        kind, claimant = ("csam", "depicted") if n % 2 else ("other", "other")
        concern = {"kind": kind, "minor": bool(n % 2), "claimant": claimant}
        assert wire.notice(where=[{"item_id": f"p-{n}"}], concern=concern).status == 201
    for who in ("reviewer", "platform"):
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = wire.call(who, "GET", f"/cases?limit=2{after}").json
            found += page["cases"]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert len({c["id"] for c in found}) == len(found) == 5
        if who == "reviewer":
            assert [c["priority"] for c in found] == sorted((c["priority"] for c in found), reverse=True)
            assert found[0]["severity"] > found[-1]["severity"]
    assert wire.call("reviewer", "GET", "/cases?state=closed").json == {"cases": [], "next": None}
