"""The OpenAPI document tells the truth: schemathesis calls every route as it is described and holds the answers against it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from odzew.entrypoints.api import views
from odzew.entrypoints.api.app import api
from tests.api.wire import Wire

CHECKS: list[Any] = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ROUTES = [(m.upper(), p) for p, methods in api.get_openapi_schema()["paths"].items() for m in methods]


@schemathesis.serializer("application/x-ndjson")
def _lines(_context: Any, value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _document() -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    return plain


def test_the_document_is_served_and_is_3_1(wire: Wire) -> None:
    got = wire.call("", "GET", "/api/v1/openapi.json")
    assert got.status == 200 and got.json["openapi"].startswith("3.1")
    assert set(got.json["components"]["securitySchemes"]) == {"Key"}


def test_what_comes_later_is_plainly_absent() -> None:
    assert not [p for p in _document()["paths"] if "orders" in p]


def test_the_words_of_others_are_not_described_as_ours() -> None:
    assert not [p for p in _document()["paths"] if p.startswith(("/m/", "/h/", "/c/"))]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_answer_is_as_described(wire: Wire, method: str, path: str) -> None:
    wire.item()
    receipt = wire.notice().json
    document = schemathesis.openapi.from_dict(_document())
    operation = document[path][method]
    who = "reviewer" if path.endswith("/decisions") else "platform"

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def run(data: Any) -> None:
        case = data.draw(operation.as_strategy())
        if "case" in case.path_parameters:
            case.path_parameters["case"] = receipt["case"]
        if "notice" in case.path_parameters:
            case.path_parameters["notice"] = receipt["notice"]
        case.headers["Authorization"] = f"Bearer {wire.keys[who]}"
        answer = case.call(app=WSGIHandler(), base_url="http://localhost/")
        case.validate_response(answer, checks=CHECKS)

    run()


def _holds(shape: type[BaseModel], value: Any) -> None:
    shape.model_validate_json(json.dumps(value))


def test_real_answers_are_as_described(wire: Wire) -> None:
    wire.item()
    receipt = wire.notice(text="Zażółć").json
    _holds(views.ReceiptOut, receipt)
    wire.decide("reviewer", receipt["case"], "no_violation")
    for who in ("reviewer", "reviewer2", "auditor", "platform"):
        _holds(views.CaseOut, wire.call(who, "GET", f"/cases/{receipt['case']}").json)
        _holds(views.CasesOut, wire.call(who, "GET", "/cases").json)
    _holds(views.DecidedOut, wire.decide("reviewer2", receipt["case"], "no_violation").json)
    wire.story.work()
    for who in ("reviewer", "platform"):
        _holds(views.CasesOut, wire.call(who, "GET", "/cases?state=closed").json)
        _holds(views.NoticeOut, wire.call(who, "GET", f"/notices/{receipt['notice']}").json)
    _holds(views.Problem, wire.call("", "GET", "/cases").json)
