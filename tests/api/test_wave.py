"""A wave is reversed through the API by two people, with one signature each."""

from __future__ import annotations

import uuid

from odzew.cases.rows import read_cases
from tests.api.wire import Wire


def test_two_people_reverse_a_wave_and_what_is_left_out_waits(wire: Wire) -> None:
    assert wire.call("reviewer", "GET", "/wave").json == {"cases": [], "apart": {}}
    sent = {"outcome": "no_violation", "ground": "not_in_scope", "reason": "A club picture.", "leave_out": []}
    assert wire.call("reviewer", "POST", "/wave/decisions", sent).status == 409
    for n in range(15):
        place = f"https://kladka.example/posts/post-{n}"
        assert wire.item(f"post-{n}", url=place, media=[{"id": f"m-{n}", "url": f"https://kladka.example/media/{n}"}]).status == 201
        concern = {"kind": "csam", "minor": True, "claimant": "depicted", "flags": []}
        assert wire.notice(concern=concern, where=[{"item_id": f"post-{n}"}]).status == 201
    found = wire.call("reviewer", "GET", "/wave").json
    assert len(found["cases"]) == 15 and found["apart"] == {}
    kept = found["cases"][0]
    first = wire.call("reviewer", "POST", "/wave/decisions", {**sent, "leave_out": [kept]}).json
    assert len(first["waiting"]) == 14 and first["final"] == [] and kept in first["apart"]
    second = wire.call("reviewer2", "POST", "/wave/decisions", {**sent, "leave_out": [kept]}).json
    assert len(second["final"]) == 14
    states = {str(r.id): r.state for r in read_cases(ids=[uuid.UUID(c) for c in found["cases"]])}
    assert states.pop(kept) == "open" and set(states.values()) == {"cleared"}


def test_a_wave_is_never_removed_with_one_signature(wire: Wire) -> None:
    sent = {"outcome": "remove", "ground": "child_safety", "reason": "x"}
    assert wire.call("reviewer", "POST", "/wave/decisions", sent).status == 422
