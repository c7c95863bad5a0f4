"""Pages, the report button, letters: in two languages, escaped, and without anything from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from odzew.entrypoints.kladka import words
from odzew.entrypoints.kladka.reporting import concern
from odzew.policy.vocabulary import CLAIMANTS, KINDS
from tests.kladka.helpers import CODE, Desk, Site

EVIL = "<script>alert(1)</script>\"'&<img src=x>"
ANSWERS = {"who": "me", "age": "under18", "what": "intimate"}


def test_a_report_reaches_the_desk_and_shows_the_code(site: Site, desk: Desk) -> None:
    post = site.made()
    answer = site.form(f"/posts/{post['id']}/report", **ANSWERS, more=" Proszę o pomoc ", lang="pl")
    assert answer.status == 200
    assert re.search(rf"<[^>]*data-receipt-code[^>]*>{CODE}<", answer.text)
    assert f'href="{desk.url}/status"' in answer.text
    assert '<html lang="pl">' in answer.text
    assert "2 maj 2026, 18:00 UTC" in answer.text
    notice = desk.at("/notices")[0].json
    assert notice.pop("external_id").startswith("kladka-")
    assert notice == {
        "source": "user",
        "concern": {"kind": "csam", "minor": True, "claimant": "depicted", "flags": []},
        "where": [{"item_id": post["id"]}],
        "language": "pl",
        "text": "Proszę o pomoc",
    }


def test_the_account_is_told_only_if_the_reporter_wants(site: Site, desk: Desk) -> None:
    post = site.made(account="zosia")
    path = f"/posts/{post['id']}/report"
    site.form(path, **ANSWERS, account="zosia")
    site.form(path, **ANSWERS, account="nobody")
    site.form(path, **ANSWERS)
    told = [call.json.get("reporter") for call in desk.at("/notices")]
    assert told == [{"account_id": "zosia"}, None, None]


def test_pressing_send_twice_is_one_report(site: Site, desk: Desk) -> None:
    post = site.made()
    path = f"/posts/{post['id']}/report"
    found = re.search(r'name="once" value="([0-9a-f]{32})"', site.get(path).text)
    assert found is not None
    for _ in range(2):
        site.form(path, **ANSWERS, once=found[1])
    first, second = (call.json["external_id"] for call in desk.at("/notices"))
    assert first == second == f"kladka-{found[1]}"
    desk.receipt = {**desk.receipt, "receipt_code": None}
    assert "already sent" in site.form(path, **ANSWERS, once=found[1]).text
    desk.fail = 409
    assert "already sent" in site.form(path, **ANSWERS, once=found[1]).text


def test_a_report_that_was_not_sent_says_so_and_keeps_the_words(site: Site, desk: Desk) -> None:
    post = site.made()
    for fail, status in ((503, 503), (403, 502)):
        desk.fail = fail
        answer = site.form(f"/posts/{post['id']}/report", **ANSWERS, more="Moje słowa", once="a" * 32)
        assert answer.status == status
        assert "Nothing was sent" in answer.text
        assert "data-receipt-code" not in answer.text
        assert "Moje słowa</textarea>" in answer.text
        assert 'value="intimate" id="what-intimate" required checked' in answer.text
        assert "a" * 32 in answer.text


def test_missing_answers_are_asked_for_again(site: Site, desk: Desk) -> None:
    post = site.made()
    answer = site.form(f"/posts/{post['id']}/report", who="me", age="12", more=EVIL)
    assert answer.status == 422
    assert 'href="#age-under18"' in answer.text
    assert 'href="#who-me"' not in answer.text
    assert "<script" not in answer.text
    assert not desk.at("/notices")


def test_a_hidden_post_can_be_reported_and_a_removed_one_is_gone(site: Site) -> None:
    post = site.made()
    path = f"/posts/{post['id']}/report"
    site.order("withhold", post)
    assert site.get(path).status == 200
    assert site.form(path, **ANSWERS).status == 200
    site.order("remove", post)
    assert site.get(path).status == 410
    assert site.form(path, **ANSWERS).status == 410


def test_every_answer_translates_to_the_desks_words() -> None:
    for who in ("me", "child", "someone"):
        for age in ("under18", "adult", "unknown"):
            for what in ("intimate", "blackmail", "grooming", "bullying", "other"):
                told = concern(who=who, age=age, what=what)
                assert told["kind"] in KINDS
                assert told["claimant"] in CLAIMANTS
                assert told["minor"] in {True, False, None}
    assert concern(who="me", age="unknown", what="intimate")["kind"] == "ncii"


def test_letters_reach_the_inbox_and_an_appeal_reaches_the_desk(site: Site, desk: Desk) -> None:
    post = site.made(account="halina")
    site.order("withhold", post)
    site.webhook("answer.ready", {"notice": "n-1", "account": "halina", "text": "Usunęliśmy to.", "language": "pl"})
    statement = {"account": {"id": "halina"}, "item": {"id": post["id"]}, "text": EVIL, "appeal_until": "2026-11-01T10:00:00Z"}
    statement |= {"page": "https://desk.example/limited", "code": "12345678901234567890"}
    for _ in range(2):
        site.webhook("statement.ready", statement, webhook_id="w-9")
    page = site.get("/accounts/halina/inbox").text
    assert page.count('data-letter="statement"') == 1
    assert '<p class="said" lang="pl">Usunęliśmy to.</p>' in page
    assert "1 Nov 2026, 10:00 UTC" in page
    assert 'href="https://desk.example/limited"' in page and "1234 5678 9012 3456 7890" in page
    site.webhook("statement.ready", statement | {"page": "javascript:alert(1)"}, webhook_id="w-10")
    assert "javascript:" not in site.get("/accounts/halina/inbox").text
    assert "<script" not in page
    assert site.form("/accounts/halina/appeals", letter="w-9", text=" ").status == 422
    desk.fail = 503
    assert site.form("/accounts/halina/appeals", letter="w-9", text="To pomyłka").status == 503
    desk.fail = 0
    assert site.form("/accounts/halina/appeals", letter="w-9", text="To pomyłka", lang="pl").status == 200
    assert desk.at("/cases/c-7/appeals")[-1].json == {"by": "uploader", "account_id": "halina", "text": "To pomyłka"}
    assert "Your appeal was sent" in site.get("/accounts/halina/inbox").text
    assert site.form("/accounts/halina/appeals", letter="none", text="x").status == 404


def test_everything_from_outside_is_escaped(site: Site) -> None:
    name = "<b>\"'&"
    post = site.made(account=name, text=EVIL, alt=EVIL)
    for path in ("/", post["url"], f"/posts/{post['id']}/report", "/accounts/%3Cb%3E%22%27%26", "/accounts/%3Cb%3E%22%27%26/inbox"):
        page = site.get(path)
        assert page.status == 200
        assert "<script" not in page.text
        assert "<b>" not in page.text
        assert "<img src=x" not in page.text


@pytest.mark.parametrize("path", ["/", "/posts/{id}", "/posts/{id}/report", "/accounts/halina", "/nothing", "/accounts/nobody"])
def test_pages_are_safe_small_and_say_what_they_are(site: Site, path: str) -> None:
    page = site.get(path.format(id=site.made()["id"]), accept="text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "Pretend platform — generated pictures only" in page.text
    assert '<html lang="en">' in page.text
    assert "<script" not in page.text
    assert " style=" not in page.text
    # The one way out is the button that leads to the desk's own form.
    outside = re.findall(r"""(?:src|href|action)="((?:https?:)?//[^"]*)\"""", page.text)
    assert outside == ([f"{site.app.desk.url}/r"] if path == "/posts/{id}" else [])
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert page.text.count("<h1") == 1


def test_the_language_is_the_browsers_or_the_chosen_one(site: Site) -> None:
    assert '<html lang="pl">' in site.get("/", accept_language="de, pl-PL;q=0.8, en;q=0.5").text
    assert '<html lang="en">' in site.get("/", accept_language="xx;q=7,,;;").text
    chosen = site.get("/?lang=pl", accept_language="en").text
    assert '<html lang="pl">' in chosen
    assert 'href="/?lang=en"' in chosen
    site.made()
    assert "?lang=pl" in site.get("/?lang=pl").text.split("<main")[1]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 wyświetleń"),
        (1, "1 wyświetlenie"),
        (3, "3 wyświetlenia"),
        (12, "12 wyświetleń"),
        (22, "22 wyświetlenia"),
        (112, "112 wyświetleń"),
        (1234, "1234 wyświetlenia"),
        (167_000, "167\u00a0000 wyświetleń"),
    ],
)
def test_polish_counts(value: int, text: str) -> None:
    assert words.count(language="pl", key="views", value=value) == text


def test_english_counts() -> None:
    assert words.count(language="en", key="views", value=1) == "1 view"
    assert words.count(language="en", key="views", value=167_000) == "167,000 views"


def test_unknown_things_are_404_and_wrong_methods_405(site: Site) -> None:
    for path in (
        "/posts/none",
        "/posts/none.json",
        "/media/none",
        "/media/..%2Fstate.json",
        "/accounts/none",
        "/accounts/none/inbox",
        "/x",
    ):
        assert site.get(path).status == 404
    assert site.get("/posts/none/report").status == 404
    assert site.form("/posts/none/report").status == 404
    answer = site.ask("DELETE", "/posts/none")
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
    assert site.get("/webhooks").status == 405
    assert site.get("/%ff").status == 400
    post = site.made()
    assert site.ask("POST", f"/posts/{post['id']}/report", body=b"who=%FF\xff").status == 400
    assert site.ask("POST", f"/posts/{post['id']}/report", body=b"a=1&" * 300).status == 400


@pytest.mark.parametrize("page", ["0", "-1", "abc", "99999999999", "2", "²"])
def test_the_feed_has_pages_and_bears_any_number(site: Site, page: str) -> None:
    for _ in range(26):
        site.made()
    assert "Older posts" in site.get("/").text
    from urllib.parse import quote

    assert site.get(f"/?page={quote(page)}").status == 200


def test_it_imports_no_room_of_odzew_but_foundation() -> None:
    program = "import sys, odzew.entrypoints.kladka as k; print(*sorted(m for m in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    rooms = {name for name in loaded if name.startswith("odzew.")}
    own = ("odzew.entrypoints.kladka", "odzew.foundation")
    assert {name for name in rooms if not name.startswith(own)} == {"odzew.entrypoints"}
    assert not {"django", "httpx", "PIL", "pydantic"} & set(loaded)


def test_every_text_exists_in_both_languages() -> None:
    source = "".join(path.read_text() for path in Path(words.__file__).parent.glob("*.py"))
    used = set(re.findall(r"""say\((?:language=[\w.]+, key=)?["'](\w+)["']""", source))
    assert used
    for key in used:
        for language in words.LANGUAGES:
            assert words.say(language=language, key=key, who="x", when="y")
