"""Where the form offers a fingerprint, where never, and how it travels to the report."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest

from odzew.answers.wordbook import say
from odzew.entrypoints.reporter import pages
from odzew.entrypoints.reporter.fingerprint.served import policy, script
from odzew.foundation.writes import fetch_all
from odzew.notices.api import fingerprints_of
from tests.pages.site import LINK, Site, made
from tests.pages.typist import Typist, code_on, fields, press_send, walk

MADE = [{"type": "pdq", "value": "0f" * 32, "quality": 90}, {"type": "sha256", "value": "a1" * 32}]
TEXT = json.dumps(MADE)


@pytest.fixture(autouse=True)
def site(db: None, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The pages have a desk with one post; nobody serves them."""
    return made(None, monkeypatch)  # type: ignore[arg-type]


def _second(client: Typist, who: str, language: str = "en") -> Any:
    return client.post("/", {**fields(client.get("/", {"lang": language})), "who": who})


@pytest.mark.parametrize("language", ["en", "pl"])
@pytest.mark.parametrize("who", ["me", "my_child", "someone_else", ""])
def test_it_is_offered_to_who_is_shown_and_to_a_parent_alone(who: str, language: str) -> None:
    page = _second(Typist(), who, language)
    text, offered = page.content.decode(), who in ("me", "my_child")
    assert ('type="file"' in text, 'name="hashes"' in text, script().address in text) == (offered,) * 3
    assert (say(key="page.fingerprint_child", language=language) in text) == (who == "my_child")
    assert (say(key="page.someone_else_help", language=language) in text) == (who == "someone_else")
    assert page["Content-Security-Policy"] == (policy(of=pages.policy()) if offered else pages.policy())
    whole = len(gzip.compress(page.content))
    assert whole <= 5 * 1024 and whole + len(script().packed) + len(gzip.compress(pages.script()[0])) <= 15 * 1024
    asked = re.findall(r"<(?:script|img|link|iframe|object)[^>]+(?:src|href)=\"/", text)
    assert len(asked) == (2 if offered else 1)


def test_it_travels_with_the_other_answers_and_is_filed() -> None:
    client = Typist()
    second = {**fields(_second(client, "me")), "hashes": TEXT, "more": "A bridge."}
    other = client.post("/", {**second, "switch": "pl"})
    assert fields(other)["hashes"] == [TEXT] and 'lang="pl"' in other.content.decode()
    third = client.post("/", {**fields(other)})
    assert say(key="page.fingerprint_ready", language="pl") in third.content.decode()
    first = client.post("/", {**fields(third), "to": "1"})
    again = client.post("/", {**fields(first), "who": "me"})
    assert fields(again)["hashes"] == [TEXT]
    receipt = press_send(client, client.post("/", fields(again)))
    (row,) = fetch_all("SELECT id FROM notices_notice", [])
    assert list(fingerprints_of(notice=row[0])) == MADE
    assert "/status/withdraw" in client.post("/status", {"code": code_on(receipt)}).content.decode()


def test_a_fingerprint_alone_is_enough() -> None:
    client = Typist()
    third = client.post("/", {**fields(_second(client, "me")), "hashes": TEXT})
    assert third.status_code == 200 and code_on(press_send(client, third))
    assert fetch_all("SELECT count(*) FROM notices_notice", []) == [(1,)]


@pytest.mark.parametrize(("who", "sent"), [("someone_else", TEXT), ("", TEXT), ("me", "[1]"), ("my_child", "<b>"), ("me", "[]")])
def test_what_was_not_offered_or_is_none_is_left_out_and_refuses_nothing(site: Site, who: str, sent: str) -> None:
    client = Typist()
    third = walk(client, where=LINK, who=who, hashes=sent)
    assert "hashes" not in fields(third) and code_on(press_send(client, third))
    (notice,) = site.notices()
    assert not fingerprints_of(notice=notice.id)
    empty = client.post("/", {"step": "2", "who": who, "hashes": sent})
    assert empty.status_code == 422
