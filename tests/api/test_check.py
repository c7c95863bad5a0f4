"""Asking before publishing."""

from __future__ import annotations

import json
import random
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler

from odzew.banks.api import misses
from odzew.cases.rows import read_cases
from odzew.entrypoints.check.front import in_front
from odzew.entrypoints.hashes import quick
from odzew.foundation.writes import fetch_all
from tests.api.wire import ITEM, Wire
from tests.usecases.test_find_copies import bits

A = random.Random(5).randbytes(32)


def _pdq(value: bytes, quality: int | None = 100) -> dict[str, Any]:
    return {"type": "pdq", "value": value.hex(), "quality": quality}


def _check(wire: Wire, *hashes: dict[str, Any], who: str = "lookup", **more: Any) -> Any:
    answer = wire.call(who, "POST", "/check", {"hashes": list(hashes), **more})
    assert answer.status == 200, answer.body
    return answer.json


def _removed(wire: Wire) -> str:
    wire.item(media=[{"id": "m-1", "hashes": [_pdq(A), {"type": "sha256", "value": "cd" * 32}]}])
    case: str = wire.notice().json["case"]
    assert wire.decide("reviewer", case, "remove").status == 201
    return case


def test_what_nobody_knows_is_allowed_and_counted(wire: Wire) -> None:
    said = _check(wire, _pdq(A))
    assert (said["verdict"], said["matches"], said["checked"]) == ("allow", [], True) and said["as_of"].endswith("Z")
    quick().misses.write()
    assert sum(misses(since=wire.story.now.replace(minute=0), until=wire.story.now.replace(year=2100)).values()) == 1


@pytest.mark.parametrize(
    ("asked", "verdict"), [({"type": "sha256", "value": "cd" * 32}, "block"), (_pdq(A), "block"), (_pdq(bits(A, 31)), "block")]
)
def test_what_was_removed_here_is_blocked(wire: Wire, asked: dict[str, Any], verdict: str) -> None:
    _removed(wire)
    said = _check(wire, asked)
    assert said["verdict"] == verdict
    assert said["matches"][0]["bank"] == "own" and said["matches"][0]["opinion"] == "confirmed"
    assert fetch_all("SELECT 1 FROM ledger_event WHERE kind = 'match.checked'", [])


@pytest.mark.parametrize("asked", [_pdq(bits(A, 32)), _pdq(A[::-1]), _pdq(bits(A, 1), quality=49)])
def test_what_is_further_away_or_too_flat_is_allowed(wire: Wire, asked: dict[str, Any]) -> None:
    _removed(wire)
    assert _check(wire, asked)["verdict"] == "allow"


def test_an_upload_key_learns_the_verdict_alone(wire: Wire) -> None:
    _removed(wire)
    said = _check(wire, _pdq(A), who="check")
    assert said["verdict"] == "block" and set(said) == {"verdict", "as_of", "checked"}


def test_an_upload_that_equals_what_was_removed_joins_its_case_unseen(wire: Wire) -> None:
    case = _removed(wire)
    item = {
        **ITEM,
        "id": "post-2",
        "url": "https://kladka.example/posts/post-2",
        "media": [{"id": "x", "hashes": [_pdq(bits(A, 4))]}],
    }
    key = wire.program("check")
    assert _check(wire, who=key, item=item)["verdict"] == "block"
    (found,) = fetch_all(
        "SELECT g.case_id FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id WHERE i.external_id = 'post-2'", []
    )
    assert str(found[0]) == case


def test_an_upload_that_is_only_near_is_held_in_a_case_of_its_own(wire: Wire) -> None:
    case = _removed(wire)
    item = {
        **ITEM,
        "id": "post-2",
        "url": "https://kladka.example/posts/post-2",
        "media": [{"id": "x", "hashes": [_pdq(bits(A, 25))]}],
    }
    assert _check(wire, who=wire.program("check"), item=item)["verdict"] == "block"
    (found,) = fetch_all(
        "SELECT g.case_id FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id WHERE i.external_id = 'post-2'", []
    )
    row = read_cases(ids=[found[0]])[0]
    assert str(row.id) != case and row.withheld and row.undecided


def test_a_marked_account_is_held_and_gets_a_case(wire: Wire) -> None:
    _removed(wire)
    item = {**ITEM, "id": "post-3", "url": "https://kladka.example/posts/post-3", "media": [{"id": "y", "hashes": [_pdq(A[::-1])]}]}
    assert _check(wire, who=wire.program("check"), item=item)["verdict"] == "hold"
    (found,) = fetch_all(
        "SELECT g.case_id FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id WHERE i.external_id = 'post-3'", []
    )
    row = read_cases(ids=[found[0]])[0]
    assert row.withheld and row.undecided and row.kinds == {"csam"}


def test_in_private_nobody_looks_where_the_law_says_so(wire: Wire) -> None:
    _removed(wire)
    item = {**ITEM, "id": "post-4", "private": True, "account": {"id": "someone"}, "media": [{"id": "z", "hashes": [_pdq(A)]}]}
    said = _check(wire, who=wire.program("lookup"), item={**item, "url": "https://kladka.example/posts/post-4"})
    assert (said["verdict"], said["checked"], said["as_of"]) == ("allow", False, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"hashes": []}, 422),
        ({}, 422),
        ({"hashes": [{"type": "pdq", "value": "12"}]}, 422),
        ({"hashes": [{"type": "photodna", "value": "ab" * 32}]}, 422),
        ({"hashes": [_pdq(A)], "more": 1}, 422),
        ([], 422),
        (b"{", 400),
    ],
)
def test_a_bad_question_gets_a_sentence(wire: Wire, body: Any, status: int) -> None:
    answer = wire.call("lookup", "POST", "/check", body)
    assert (answer.status, answer.type) == (status, "application/problem+json")


def test_only_a_platforms_key_brings_an_item(wire: Wire) -> None:
    from odzew.ledger.people import add_program

    key = add_program(name="list", scopes=frozenset({"lookup"}), sources=frozenset(), now=wire.story.now)
    item = {**ITEM, "id": "post-9"}
    assert wire.call(key, "POST", "/check", {"hashes": [_pdq(A)], "item": item}).status == 403


def _front(key: str, body: bytes) -> tuple[str, Any, bool]:
    """Ask in front of Django; the last value says whether Django was asked."""
    asked: list[bool] = []

    def behind(environ: dict[str, Any], start: Any) -> Any:
        asked.append(True)
        return WSGIHandler()(environ, start)

    started: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/check",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": f"Bearer {key}",
        "HTTP_HOST": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8400",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
    }
    application = in_front(application=behind, quick=quick())
    answer = b"".join(application(environ, lambda status, headers: started.append(status)))
    return started[0], json.loads(answer), bool(asked)


def test_the_short_way_says_what_the_long_way_says(wire: Wire) -> None:
    _removed(wire)
    quick().index.refresh()
    key, known = wire.keys["lookup"], json.dumps({"hashes": [_pdq(A)]}).encode()
    unknown = json.dumps({"hashes": [_pdq(A[::-1])]}).encode()
    status, first, long_way = _front(key, unknown)
    assert status.startswith("200") and long_way, "a key that this process has not seen goes the long way"
    status, second, long_way = _front(key, unknown)
    assert status.startswith("200") and not long_way
    assert {k: v for k, v in first.items() if k != "as_of"} == {k: v for k, v in second.items() if k != "as_of"}
    status, said, long_way = _front(key, known)
    assert said["verdict"] == "block" and long_way
    status, said, long_way = _front(wire.keys["items"], unknown)
    assert status.startswith("403") and long_way
    assert _front(key, b"[")[0].startswith("400")
