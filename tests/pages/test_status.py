"""The status page: code in, answers out, and nothing else ever."""

from __future__ import annotations

import gzip
import re

import pytest
from django.test import Client

from odzew.entrypoints.reporter import pages, views
from odzew.entrypoints.reporter.guesses import NETWORK_MOST, Guesses
from odzew.entrypoints.reporter.networks import network_of
from odzew.notices.receipt import new_code
from tests.cast import Story

WRONG = "0000 0000 0000 0000 0000"  # its check digit is right


@pytest.fixture
def desk_story(story: Story, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A story whose desk the pages have."""
    monkeypatch.setattr(pages, "desk", lambda: story.desk)
    monkeypatch.setattr(views, "_guesses", Guesses())
    return story


def _page(code: str) -> str:
    """The page of a code, without the token that is another each time."""
    text = Client().post("/status", {"code": code, "lang": "en"}).content.decode()
    return re.sub(r'name="once" value="\w+"', "", text)


def _told(story: Story) -> str:
    story.post()
    receipt = story.report(claimant="depicted", text="<script>alert(1)</script>")
    story.work()
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope", reason='<img src=x onerror="alert(1)"> Zażółć')
    story.decide(receipt.case, 1, "no_violation", ground="not_in_scope", reason='<img src=x onerror="alert(1)"> Zażółć')
    story.work()
    assert receipt.code
    return receipt.code


def test_the_code_opens_every_answer_newest_first_however_it_is_typed(desk_story: Story) -> None:
    code = _told(desk_story)
    for typed in (code, " ".join(code[n : n + 4] for n in range(0, 20, 4)), code[:10] + "-" + code[10:], f"  {code}\n"):
        page = Client().post("/status", {"code": typed, "lang": "en"})
        text = page.content.decode()
        assert page.status_code == 200
        assert text.index("Two people") < text.index("We have your report")
        assert "<img" not in text and "&lt;img" in text


def test_a_code_that_is_wrong_and_one_that_never_was_get_the_same_page(desk_story: Story) -> None:
    pages = {
        Client().post("/status", {"code": c, "lang": "en"}).content for c in (WRONG, new_code(), "", "x" * 5000, "\x00", "１２３")
    }
    assert len(pages) == 1
    assert Client().post("/status", {"code": WRONG}).status_code == 404


def test_every_page_is_neutral_kept_by_nobody_and_small(desk_story: Story) -> None:
    code = _told(desk_story)
    client = Client()
    for language in ("en", "pl"):
        pages = [client.get("/", {"lang": language}), client.get("/status", {"lang": language})]
        pages += [client.post("/status", {"code": c, "lang": language}) for c in (code, WRONG)]
        for page in pages:
            text = page.content.decode()
            assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert page.headers["Cache-Control"] == "no-store"
            assert page.headers["Referrer-Policy"] == "same-origin"
            assert page.headers["X-Content-Type-Options"] == "nosniff"
            assert f'<html lang="{language}">' in text
            assert ("<title>Form</title>" if language == "en" else "<title>Formularz</title>") in text
            assert "112" in text and text.count("<script") == 1 and '<script src="/page-' in text
            assert "Set-Cookie" not in page.headers
            assert len(gzip.compress(page.content)) <= 5 * 1024


def test_the_reporter_asks_us_to_look_again(desk_story: Story) -> None:
    code = _told(desk_story)
    client = Client()
    page = client.post("/status", {"code": code, "lang": "pl"}).content.decode()
    case = page.split('name="case" value="')[1].split('"')[0]
    assert "Napisz, co nam umknęło" in page
    empty = client.post("/status/again", {"code": code, "case": case, "text": "  ", "lang": "pl"}).content.decode()
    assert 'aria-invalid="true"' in empty
    done = client.post("/status/again", {"code": code, "case": case, "text": "To ja, żółta łódź.", "lang": "pl"}).content.decode()
    assert 'role="status"' in done
    assert client.post("/status/again", {"code": WRONG, "case": case, "text": "x"}).status_code == 404


def test_another_site_cannot_send_it_and_a_guesser_waits_alone(desk_story: Story) -> None:
    code = _told(desk_story)
    assert Client(headers={"Sec-Fetch-Site": "cross-site"}).post("/status", {"code": code}).status_code == 404
    for _ in range(NETWORK_MOST):
        Client().post("/status", {"code": WRONG}, REMOTE_ADDR="192.0.2.7")
    waits = Client().post("/status", {"code": code, "lang": "en"}, REMOTE_ADDR="192.0.2.200")
    text = waits.content.decode()
    assert waits.status_code == 429 and "wait ten minutes" in text and "does not open a report" not in text
    assert Client().post("/status", {"code": code}, REMOTE_ADDR="198.51.100.1").status_code == 200


def test_the_language_is_the_readers(desk_story: Story) -> None:
    assert 'lang="pl"' in Client(headers={"Accept-Language": "pl-PL,pl;q=0.9,en;q=0.8"}).get("/").content.decode()
    assert 'lang="en"' in Client(headers={"Accept-Language": "fr, en;q=0.5"}).get("/").content.decode()
    assert 'lang="pl"' in Client(headers={"Accept-Language": "en"}).get("/?lang=pl").content.decode()


def test_nothing_on_the_page_moves_because_of_somebody_else(desk_story: Story) -> None:
    story = desk_story
    story.post()
    first = story.report(claimant="guardian", account="he")
    story.work()
    for who in (0, 1):
        story.decide(first.case, who, "no_violation", ground="not_in_scope")
    story.work()
    assert first.code
    before = _page(first.code)
    second = story.report(claimant="depicted", account="she")
    story.work()
    story.report(claimant="depicted", account="she", flags=frozenset({"imminent"}))
    story.work()
    assert second.case == first.case
    assert _page(first.code) == before
    case = before.split('name="case" value="')[1].split('"')[0]
    done = Client().post("/status/again", {"code": first.code, "case": case, "text": "Again.", "lang": "en"}).content.decode()
    assert 'role="status"' in done


def test_behind_a_proxy_a_guesser_waits_alone_too(desk_story: Story) -> None:
    code = _told(desk_story)

    def ask(typed: str, forwarded: str) -> int:
        return Client().post("/status", {"code": typed}, headers={"X-Forwarded-For": forwarded}).status_code

    for n in range(NETWORK_MOST + 5):
        ask(WRONG, f"203.0.114.{n}, 8.8.8.8")  # what the sender wrote, and what the proxy added
    assert ask(code, "8.8.8.9") == 429
    assert ask(code, "9.9.9.9") == 200 == ask(code, "203.0.114.1")


def test_where_networks_cannot_be_told_apart_nobody_waits(desk_story: Story) -> None:
    code = _told(desk_story)
    for _ in range(NETWORK_MOST + 5):
        assert Client().post("/status", {"code": WRONG}).status_code == 404
    assert Client().post("/status", {"code": code}).status_code == 200


@pytest.mark.parametrize(
    ("address", "forwarded", "network"),
    [
        ("8.8.8.8", "", "8.8.8.0/24"),
        ("8.8.8.8", "9.9.9.9", "8.8.8.0/24"),
        ("::ffff:8.8.8.8", "", "8.8.8.0/24"),
        ("2a02:a31b:1:5ff::1", "", "2a02:a31b:1:500::/56"),
        ("2a02:a31b:1:5::1", "", "2a02:a31b:1::/56"),
        ("127.0.0.1", "", ""),
        ("::1", "not an address", ""),
        ("127.0.0.1", "1.2.3.4, 9.9.9.9", "9.9.9.0/24"),
        ("10.0.0.2", "9.9.9.9, 10.0.0.7", "9.9.9.0/24"),
        ("10.0.0.2", "", "10.0.0.0/24"),
        ("127.0.0.1", "192.168.1.5", "192.168.1.0/24"),
        ("", "9.9.9.9", ""),
    ],
)
def test_a_network_is_that_of_whoever_asks(address: str, forwarded: str, network: str) -> None:
    assert network_of(address=address, forwarded=forwarded) == network
