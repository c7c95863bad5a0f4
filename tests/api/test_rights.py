"""Every route with every role: what the table does not name is refused, and a route that the table does not name fails the test."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest

from odzew.entrypoints.api.app import api
from tests.api.wire import ITEM, NOTICE, Wire

NOBODY = ""
PROGRAMS = ("notices", "items", "read", "appeals", "check", "lookup", "bank", "metrics")
PEOPLE = ("reviewer", "lead", "safety_officer", "specialist", "auditor", "operator", "outside")
DECIDERS = {"reviewer", "lead", "safety_officer", "specialist"}
READERS = DECIDERS | {"auditor"}
DECISION = {"outcome": "remove", "ground": "child_safety", "reason": "Seen."}
APPEAL = {"by": "uploader", "account_id": "uploader", "text": "Please look again."}

# Route -> who may come in. Everybody else gets 403, nobody at all 401.
MAY: dict[tuple[str, str], set[str]] = {
    ("POST", "/notices"): {"notices"},
    ("POST", "/notices:batch"): {"notices"},
    ("GET", "/notices/{notice}"): {"notices", "read"} | READERS,
    ("GET", "/cases"): {"read"} | READERS,
    ("GET", "/cases/{case}"): {"read"} | READERS,
    ("POST", "/cases/{case}/decisions"): DECIDERS,
    ("POST", "/cases/{case}/appeals"): {"appeals"},
    ("GET", "/opinions"): {"notices", "outside"},
    ("POST", "/cases/{case}/opinions"): {"notices", "outside"},
    ("GET", "/wave"): DECIDERS,
    ("POST", "/wave/decisions"): DECIDERS,
    ("POST", "/check"): {"check", "lookup"},
    ("PUT", "/items/{item_id}"): {"items"},
    ("POST", "/items:batch"): {"items"},
}
BODIES: dict[str, Any] = {
    "/notices": NOTICE,
    "/notices:batch": {**NOTICE, "external_id": "line-1"},
    "/cases/{case}/decisions": DECISION,
    "/cases/{case}/appeals": APPEAL,
    "/check": {"hashes": [{"type": "sha256", "value": "ab" * 32}]},
    "/cases/{case}/opinions": {"outcome": "remove", "reason": "It must go."},
    "/wave/decisions": {**DECISION, "outcome": "no_violation"},
    "/items/{item_id}": ITEM,
    "/items:batch": {"id": "post-9", **ITEM},
}


def test_the_table_names_every_route() -> None:
    described = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    }
    assert described == set(MAY)


def test_every_route_has_a_door() -> None:
    for methods in api.get_openapi_schema()["paths"].values():
        assert all(operation["security"] == [{"Key": []}] for operation in methods.values())


@pytest.mark.parametrize(("method", "route"), sorted(MAY))
def test_who_may_come_in(wire: Wire, method: str, route: str) -> None:
    wire.item()
    receipt = wire.notice().json
    values = {"notice": receipt["notice"], "case": receipt["case"], "item_id": "post-1"}
    path, body = route.format(**values), BODIES.get(route)
    type_ = "application/x-ndjson" if route.endswith(":batch") else "application/json"
    for who in (*PROGRAMS, *PEOPLE):
        got = wire.call(who, method, path, body, type=type_)
        if who not in MAY[method, route]:
            assert got.status == 403, (who, got.body)
            assert got.type == "application/problem+json" and got.json["detail"]
        else:
            assert got.status not in (401, 403), (who, got.body)
    for stranger in (
        NOBODY,
        "odz_prg_x_y",
        f"odz_prg_{uuid.uuid4().hex}_{'a' * 43}",
        f"odz_per_{uuid.uuid4().hex}_{'a' * 43}",
        "ż",
    ):
        got = (
            wire.call(stranger, method, path, body, type=type_)
            if stranger != "ż"
            else wire.call("\x00", method, path, body, type=type_)
        )
        assert got.status == 401 and got.headers["WWW-Authenticate"] == "Bearer"


def test_a_program_reads_its_own_notices_only(wire: Wire) -> None:
    wire.item()
    mine = wire.notice("notices").json["notice"]
    assert wire.call("notices", "GET", f"/notices/{mine}").status == 200
    assert wire.call("read", "GET", f"/notices/{mine}").status == 404
    assert wire.call("other", "GET", f"/notices/{mine}").status == 404
    assert wire.call("auditor", "GET", f"/notices/{mine}").status == 200
    assert wire.call("reviewer", "GET", f"/notices/{uuid.uuid4()}").status == 404


def test_a_program_sees_cases_of_its_platform_only(wire: Wire) -> None:
    wire.item()
    case = wire.notice().json["case"]
    assert [c["id"] for c in wire.call("read", "GET", "/cases").json["cases"]] == [case]
    assert wire.call("other", "GET", "/cases").json == {"cases": [], "next": None}
    assert wire.call("other", "GET", f"/cases/{case}").status == 404


def test_a_platform_learns_nothing_of_others(wire: Wire) -> None:
    wire.item()
    case = wire.notice().json["case"]
    wire.story.report(by=wire.story.hotline, source="hotline", url="https://kladka.example/posts/post-1", text="Other words.")
    wire.decide("reviewer", case, "remove")
    shown = wire.call("platform", "GET", f"/cases/{case}")
    seen = shown.json
    assert (seen["severity"], seen["priority"], seen["reasons"], seen["version"]) == (None, None, [], None)
    assert len(seen["notices"]) == 1 and set(seen["notices"][0]) == {"id", "state", "at"}
    assert {c["name"] for c in seen["clocks"]}.isdisjoint({"tf_priority", "repeat", "watch"})
    assert set(seen["decisions"][0]) == {"id", "outcome", "ground", "at", "state"}
    for word in (b"hotline", b"Other words", b"Seen.", b"reviewer", b"trusted"):
        assert word not in shown.body
    assert "ETag" not in shown.headers


def test_a_source_that_is_not_enrolled(wire: Wire) -> None:
    assert wire.notice(source="hotline").status == 403
    assert wire.notice(source="wizard").status == 403


def test_a_revoked_key_ends_within_two_seconds(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    from odzew.entrypoints.api import door
    from odzew.ledger.people import revoke_program

    key = wire.program("read")
    assert wire.call(key, "GET", "/cases").status == 200
    revoke_program(program=uuid.UUID(key.split("_")[2]), now=wire.story.now)
    at = time.monotonic()
    monkeypatch.setattr("odzew.entrypoints.api.door.time.monotonic", lambda: at + door.REMEMBERED)
    assert door.REMEMBERED <= 2 and wire.call(key, "GET", "/cases").status == 401


def test_a_key_has_its_pace(wire: Wire) -> None:
    key = wire.program("read", limit=4)
    got = [wire.call(key, "GET", "/cases") for _ in range(8)]
    assert got[0].status == 200 and got[-1].status == 429
    assert got[-1].headers["Retry-After"] == "1" and wire.call("read", "GET", "/cases").status == 200
