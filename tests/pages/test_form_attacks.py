"""The form as somebody sees it who means harm: very many fields, huge ones, strange ones, and files. Never a 500, and nothing is stored."""

from __future__ import annotations

import json
from dataclasses import fields as fields_of
from typing import Any

import pytest
from django.test import Client

from odzew.entrypoints.api.app import api
from odzew.entrypoints.reporter import pages, tally, views
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.entrypoints.reporter.tally import SENDS, Tally
from odzew.foundation.writes import fetch_all
from odzew.notices.form import WHAT, FormAnswers
from odzew.usecases.receive_notice import MOST_PLACES
from tests.cast import Story
from tests.pages.site import LINK
from tests.pages.typist import URLENCODED, Typist, code_on, fields, walk

SEND = f"step=3&answer=code&where={LINK}"
ROADS = ("/status", "/status/again", "/status/message", "/status/add", "/status/formal", "/status/withdraw", "/notes")


@pytest.fixture(autouse=True)
def story_of_pages(story: Story, monkeypatch: pytest.MonkeyPatch) -> Story:
    """The pages have a desk with one post."""
    monkeypatch.setattr(pages, "desk", lambda: story.desk)
    monkeypatch.setattr(views, "_guesses", Guesses())
    monkeypatch.setattr(tally, "sends", Tally(SENDS))
    story.post()
    return story


def _stored() -> int:
    return int(fetch_all("SELECT count(*) FROM notices_notice", [])[0][0])


@pytest.mark.parametrize(
    "body",
    [
        SEND + "&a=1" * 5_000,
        SEND + "&what=posted" * 1_500,
        "&".join(f"f{n}=x" for n in range(20_000)),
        "&" * 100_000,
        "=" * 100_000,
    ],
    ids=["others", "one-often", "all-different", "none", "no-names"],
)
def test_very_many_fields_are_refused_whole(body: str) -> None:
    page = Typist(raise_request_exception=False, headers={"Accept": "text/html"}).post("/", body.encode())
    assert page.status_code in (200, 400, 413) and _stored() == 0
    assert "<html" in page.content.decode() and len(page.content) < 30_000


@pytest.mark.parametrize(
    "odd",
    [
        {"once": "x" * 100_000},
        {"once": "\x00" * 48},
        {"lang": "../../etc"},
        {"lang": "x" * 50_000, "switch": "de"},
        {"switch": "\ud7ff" * 99},
        {"to": "-1"},
        {"to": "2" * 999},
        {"step": "٣", "answer": "no"},
        {"who": "me", "hashes": "[" * 20_000},
        {"who": "me", "hashes": json.dumps([{"type": "pdq", "value": "0" * 64, "quality": 1e308}])},
        {"what": ["danger"] * 500, "age": "under_18\n"},
    ],
    ids=lambda odd: "-".join(odd),
)
def test_no_odd_value_makes_it_fail_or_comes_back_larger(odd: dict[str, Any]) -> None:
    sent = {"step": "2", "where": LINK, **odd}
    page = Typist(raise_request_exception=False).post("/", sent)
    assert page.status_code in (200, 422)
    assert len(page.content) < 30_000 and "x" * 200 not in page.content.decode()


def test_a_form_changed_in_the_browser_asks_for_no_more_than_a_report_may_hold() -> None:
    client = Typist()
    many = " ".join(f"{LINK}{n}" for n in range(MOST_PLACES + 1))
    sent = {**fields(walk(client)), "answer": "code"}
    page = client.post("/", {**sent, "where": many})
    assert page.status_code == 422 and fields(page)["where"] == many and _stored() == 0
    fewer = " ".join(f"{LINK}{n}" for n in range(MOST_PLACES))
    assert code_on(client.post("/", {**sent, "where": fewer})) and _stored() == 1


@pytest.mark.parametrize("road", ["/", *ROADS])
def test_what_is_larger_than_any_form_is_refused_unread_on_every_road(road: str) -> None:
    page = Typist(headers={"Accept": "text/html"}).post(road, b"code=" + b"1" * pages.LARGEST, content_type=URLENCODED)
    assert page.status_code == 413 and "<html" in page.content.decode()
    for length in ("", "-5", "9" * 40, "1e3", "٣"):
        strange = Client(raise_request_exception=False).post(road, b"", content_type=URLENCODED, CONTENT_LENGTH=length)
        assert strange.status_code in (200, 404, 413, 415)


@pytest.mark.parametrize("road", ["/", *ROADS])
def test_no_road_of_a_reporter_takes_a_file(road: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\n' + b"\xff" * 200_000 + b"\r\n--x--\r\n"
    page = Client(headers={"Accept": "text/html"}).post(road, body, content_type="multipart/form-data; boundary=x")
    assert page.status_code in (404, 415) and _stored() == 0


def test_what_a_report_holds_is_on_a_short_list() -> None:
    """Neither the form's answers nor a program's notice has a field for what is never asked of a reporter."""
    assert {f.name for f in fields_of(FormAnswers)} == {"who", "age", "what", "where", "more", "language", "hashes"}
    assert set(WHAT) == {"posted", "threat", "money", "fake", "spread", "contact", "danger"}
    schemas = api.get_openapi_schema()["components"]["schemas"]
    names = {name for schema in schemas.values() for name in schema.get("properties", {})}
    never = (
        "name",
        "mail",
        "phone",
        "birth",
        "passport",
        "document",
        "school",
        "address",
        "gender",
        "picture",
        "photo",
        "signature",
    )
    asked = {n for n in _below("NoticeIn", schemas) if any(word in n.lower() for word in never)}
    assert names and not asked


def _below(name: str, schemas: dict[str, Any]) -> set[str]:
    """The names of all properties of a schema and of those that it holds."""
    found: set[str] = set()
    for key, value in schemas[name]["properties"].items():
        found.add(key)
        for other in schemas:
            if f'"#/components/schemas/{other}"' in json.dumps(value) and other != name:
                found |= _below(other, schemas)
    return found
