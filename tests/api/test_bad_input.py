"""Bad input of every sort: one problem document in one sentence, and nothing stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.wire import ITEM, NOTICE, Answer, Wire, rows


def _problem(got: Answer, *statuses: int) -> None:
    assert got.status in (statuses or (400, 403, 404, 409, 413, 415, 422)), got.body
    assert got.type == "application/problem+json"
    body = got.json
    assert body["status"] == got.status and body["type"].startswith("urn:odzew:problem:")
    assert body["detail"] and body["title"] and body["reason"] and "Traceback" not in body["reason"]


def _with(**changes: Any) -> dict[str, Any]:
    return {**NOTICE, **changes}


def _concern(**changes: Any) -> dict[str, Any]:
    return _with(concern={**NOTICE["concern"], **changes})


NO_MINOR = {k: v for k, v in NOTICE["concern"].items() if k != "minor"}
BODIES: list[tuple[str, bytes, int]] = [
    ("empty", b"", 400),
    ("blanks", b"  \n", 400),
    ("not json", b"{", 400),
    ("latin-2", '{"text": "gęś"}'.encode("iso-8859-2"), 400),
    ("nan", b'{"source": NaN}', 400),
    ("deep", b"[" * 30_000 + b"]" * 30_000, 400),
    ("too large", b'{"text": "' + b"a" * 70_000 + b'"}', 413),
    ("null", b"null", 422),
    ("list", b"[]", 422),
    ("text", b'"notice"', 422),
    ("surrogate", json.dumps(_with(text="\ud800")).encode(), 422),
]
NOTICES: list[tuple[str, Any, int]] = [
    ("unknown field", _with(colour="red"), 422),
    ("unknown field inside", _concern(colour="red"), 422),
    ("minor missing", _with(concern=NO_MINOR), 422),
    ("minor a word", _concern(minor="true"), 422),
    ("minor a number", _concern(minor=1), 422),
    ("kind unknown", _concern(kind="wizardry"), 422),
    ("claimant unknown", _concern(claimant="neighbour"), 422),
    ("flag unknown", _concern(flags=["loud"]), 422),
    ("flags not a list", _concern(flags="viral"), 422),
    ("source missing", {k: v for k, v in NOTICE.items() if k != "source"}, 422),
    ("nowhere", _with(where=[]), 422),
    ("an empty place", _with(where=[{}]), 422),
    ("a blank address", _with(where=[{"url": "  "}]), 422),
    ("too many places", _with(where=[{"url": f"https://x.example/{n}"} for n in range(101)]), 422),
    ("address too long", _with(where=[{"url": "h" * 4097}]), 422),
    ("item id too long", _with(where=[{"item_id": "h" * 201}]), 422),
    ("external id too long", _with(external_id="h" * 201), 422),
    ("external id empty", _with(external_id=""), 422),
    ("text too long", _with(text="a" * 10_001), 422),
    ("text a number", _with(text=7), 422),
    ("nul in text", _with(text="a\x00b"), 422),
    ("nul in address", _with(where=[{"url": "https://x.example/\x00"}]), 422),
    ("nul in item id", _with(where=[{"item_id": "a\x00"}]), 422),
    ("nul in external id", _with(external_id="\x00"), 422),
    ("nul in account", _with(reporter={"account_id": "\x00"}), 422),
    ("nul in language", _with(language="p\x00l"), 422),
    ("language a sentence", _with(language="po polsku"), 422),
    ("hash unknown", _with(hashes=[{"type": "crc32", "value": "00"}]), 422),
    ("hash too short", _with(hashes=[{"type": "sha256", "value": "ab" * 16}]), 422),
    ("hash quality", _with(hashes=[{"type": "pdq", "value": "ab" * 32, "quality": 101}]), 422),
    ("formal unknown", _with(formal=["mars"]), 422),
    ("case not an id", _with(case="seven"), 422),
    ("case not there", _with(case="01a20445-1dfd-7000-a87d-8c6bae919609"), 404),
]


@pytest.mark.parametrize(("body", "status"), [b[1:] for b in BODIES], ids=[b[0] for b in BODIES])
def test_a_body_that_is_no_notice(wire: Wire, body: bytes, status: int) -> None:
    before = rows()
    _problem(wire.call("platform", "POST", "/notices", body), status)
    assert rows() == before


def test_a_notice_that_does_not_fit(wire: Wire) -> None:
    before = rows()
    for name, body, status in NOTICES:
        got = wire.call("platform", "POST", "/notices", body)
        assert got.status == status, (name, got.body)
        _problem(got, status)
        assert rows() == before, name


def test_nothing_that_was_sent_comes_back(wire: Wire) -> None:
    got = wire.notice(text="Ala ma kota " * 1000)
    assert got.status == 422 and b"Ala" not in got.body and got.json["fields"][0]["at"] == "text"


def test_an_item_id_needs_a_platform(wire: Wire) -> None:
    _problem(wire.notice("other"), 422)
    assert wire.notice("other", where=[{"url": "https://x.example/1"}]).status == 201


def test_types_and_lengths(wire: Wire) -> None:
    body = json.dumps(NOTICE).encode()
    for type_ in ("text/plain", "application/xml", "multipart/form-data; boundary=x", "", "application/json; charset=iso-8859-2"):
        _problem(wire.call("platform", "POST", "/notices", body, type=type_), 415)
    assert wire.call("platform", "POST", "/notices", body, Content_Encoding="gzip").status == 415
    wire.item()
    assert wire.call("platform", "POST", "/notices", body, type="application/json; charset=UTF-8").status == 201


def test_addresses_and_methods_that_are_not_there(wire: Wire) -> None:
    for path in ("/nothing", "/orders", "/notices/", "/notices/seven", "/cases/seven", "/api/", "/api/v2/notices"):
        _problem(wire.call("platform", "GET", path), 404)
    got = wire.call("platform", "DELETE", "/notices")
    _problem(got, 405)
    assert got.headers["Allow"] == "POST"
    _problem(wire.call("", "POST", "/healthz"), 405)


def test_the_sentence_is_in_the_caller_s_language(wire: Wire) -> None:
    english = wire.call("platform", "GET", "/nothing").json
    polish = wire.call("platform", "GET", "/nothing", Accept_Language="de;q=0.9, pl-PL, en;q=0.8")
    assert polish.headers["Content-Language"] == "pl" and polish.json["detail"] == "Nie ma tu czegoś takiego."
    assert polish.json["reason"] == english["detail"] == "There is nothing at this address."
    for odd in ("pl;q=x", ";;;", "q=0", "*", "pl;q=0", "ż" * 10):
        assert wire.call("", "GET", "/cases", Accept_Language=odd.encode().decode("latin-1")).status == 401


def test_items_that_do_not_fit(wire: Wire) -> None:
    before = rows()
    wrong: list[dict[str, Any]] = [
        {"url": ""}, {"kind": 7}, {"account": {}}, {"account": None}, {"created_at": "yesterday"}, {"created_at": 1},
        {"created_at": "0001-01-01T00:00:00Z"}, {"created_at": "9999-12-31T23:59:59-14:00"}, {"created_at": "2026-03-02T09:00:00"},
        {"spread": {"views": 2**53 + 1, "reposts": 0, "at": ITEM["created_at"]}},
        {"spread": {"views": -1, "reposts": 0, "at": ITEM["created_at"]}}, {"spread": {"views": 1.5, "reposts": 0, "at": ITEM["created_at"]}},
        {"spread": {"views": 1, "reposts": 0, "at": "9999-01-01T00:00:00Z"}}, {"private": "yes"}, {"countries": ["Poland"]},
        {"media": [{"id": "\x00"}]}, {"repost_of": "\x00"}, {"id": "post-1"}, {"account": {"id": "a", "handle": "\x00"}},
    ]  # fmt: skip
    for change in wrong:
        _problem(wire.item(**change), 422)
    _problem(wire.item("%00"), 422)
    _problem(wire.item("a" * 201), 422)
    assert rows() == before
    assert wire.item("at://did:plc:x/app/3k", spread={"views": 2**53, "reposts": 0, "at": ITEM["created_at"]}).status == 201


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(["source", "concern", "where", "text", "language", "hashes", "reporter", "case", "formal", "external_id"]),
       value=JSON)  # fmt: skip
def test_any_value_in_any_field(wire: Wire, field: str, value: Any) -> None:
    before = rows()
    got = wire.call("platform", "POST", "/notices", {**NOTICE, field: value})
    if got.status >= 300:
        _problem(got)
        assert rows() == before
    else:
        assert rows()["notices_notice"] == before["notices_notice"] + (got.status == 201)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_any_bytes(wire: Wire, body: bytes) -> None:
    before = rows()
    for path, type_ in (
        ("/notices", "application/json"),
        ("/items/x", "application/json"),
        ("/items:batch", "application/x-ndjson"),
    ):
        got = wire.call("platform", "PUT" if path == "/items/x" else "POST", path, body, type=type_)
        assert got.status in (400, 422) or (path == "/items:batch" and not body.strip())
    assert rows() == before


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50))
def test_any_letters_are_kept(wire: Wire, text: str) -> None:
    sent = wire.notice("other", where=[{"url": "https://x.example/1"}], text=text).json
    case = wire.call("auditor", "GET", f"/cases/{sent['case']}").json
    assert next(n for n in case["notices"] if n["id"] == sent["notice"])["text"] == text
