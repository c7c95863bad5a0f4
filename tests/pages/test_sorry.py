"""What goes wrong is told calmly, in the reader's language, with a number and nothing else."""

from __future__ import annotations

import gzip
import logging

import pytest
from django.test import Client, override_settings

from odzew.entrypoints.logs import scrub
from odzew.entrypoints.reporter import pages, views
from tests.cast import Story

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(autouse=True)
def desk(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages have a desk."""
    monkeypatch.setattr(pages, "desk", lambda: story.desk)


def _client(language: str = "en") -> Client:
    return Client(raise_request_exception=False, headers={**BROWSER, "Accept-Language": language})


@pytest.mark.parametrize(
    ("language", "words"), [("en", "There is no page at this address."), ("pl", "Pod tym adresem nie ma strony.")]
)
def test_an_unknown_address_is_a_calm_page_for_people(language: str, words: str) -> None:
    for path in ("/no/such/page", "/%00", "/../etc", "/status/x", "/żółw"):
        page = _client(language).get(path)
        text = page.content.decode()
        assert page.status_code == 404 and words in text and f'<html lang="{language}">' in text and "112" in text
        assert path not in text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert len(gzip.compress(page.content)) <= 5 * 1024


def test_programs_get_a_problem_document() -> None:
    assert Client().get("/no/such/page").headers["Content-Type"] == "application/problem+json"
    assert _client().get("/api/v1/no/such/call").headers["Content-Type"] == "application/problem+json"
    assert Client(headers={"Accept": "application/json"}).get("/x").json()["status"] == 404


@pytest.mark.parametrize("language", ["en", "pl"])
def test_a_failure_is_told_with_its_number_and_without_its_words(
    language: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("the words of somebody")

    monkeypatch.setattr(views, "read_status", broken)
    with caplog.at_level(logging.ERROR, logger="odzew.api"):
        page = _client(language).post("/status", {"code": "1234"})
    text = page.content.decode()
    assert page.status_code == 500 and f'<html lang="{language}">' in text
    assert "the words of somebody" not in text and "Traceback" not in text and "1234" not in text
    number = text.split("<code>")[1].split("</code>")[0]
    logged = [str(scrub(record=r)) for r in caplog.records if r.name == "odzew.api"]  # what the desk's own log keeps of it
    assert len(logged) == 1 and number in logged[0] and "somebody" not in logged[0]
    assert Client(raise_request_exception=False).post("/status", {"code": "1"}).json()["status"] == 500


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_what_is_too_long_or_broken_is_told() -> None:
    form = "application/x-www-form-urlencoded"
    page = _client("pl").post("/status", b"code=" + b"1" * 5000, content_type=form)
    assert page.status_code == 400 and "Skróć to" in page.content.decode()
    broken = _client().post("/status", data=b"--x", content_type="multipart/form-data")
    assert broken.status_code in (400, 404) and "<html" in broken.content.decode()
    program = Client(raise_request_exception=False).post("/status", b"x" * 5000, content_type=form)
    assert program.status_code == 400 and program.json()["status"] == 400
