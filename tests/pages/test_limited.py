"""The page of somebody whose post was limited: what it tells, what it never tells, and an appeal without an account."""

from __future__ import annotations

import gzip
import re
import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from odzew.answers.wordbook import say
from odzew.decisions.api import appeals_of, statements_of
from odzew.entrypoints.reporter import limited, pages, views
from odzew.entrypoints.reporter.guesses import NETWORK_MOST, Guesses
from odzew.foundation.errors import NotFound
from odzew.ledger.api import events_of
from odzew.notices.receipt import clean, new_code
from odzew.usecases.appeal import LONGEST, appeal
from odzew.usecases.read_limited import read_limited
from odzew.usecases.release_statement import release_statement
from tests.cast import Story

WORDS = 'To most, <img src=x onerror="alert(1)"> żółta łódź.'


@pytest.fixture
def desk_story(story: Story, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A story whose desk the pages have, and whose time they tell."""
    monkeypatch.setattr(pages, "desk", lambda: story.desk)
    monkeypatch.setattr(views, "_guesses", Guesses())
    monkeypatch.setattr(limited, "utc_now", lambda: story.now)
    return story


def _sent(story: Story, account: str = "uploader") -> list[dict[str, Any]]:
    inbox = [m["data"] for m in story.platform_side.inbox if m["type"] == "statement.ready"]
    return [data for data in inbox if data["account"] == account]


def _ask(code: str, road: str = "/limited", network: str = "127.0.0.1", **more: str) -> Any:
    return Client().post(road, {"code": code, "lang": "en", **more}, REMOTE_ADDR=network)


def _page(code: str, **more: str) -> str:
    page = _ask(code, **more)
    assert page.status_code == 200
    return str(page.content.decode())


def _hidden(story: Story, **more: Any) -> uuid.UUID:
    story.post(views=100)
    case = story.report(claimant="depicted", **more).case
    story.work()
    return case


def test_the_statement_brings_a_code_that_opens_what_holds(desk_story: Story) -> None:
    case = _hidden(desk_story)
    (told,) = _sent(desk_story)
    assert told["page"].endswith("/limited") and clean(typed=told["code"]) == told["code"]
    page = _page(" ".join(told["code"][n : n + 4] for n in range(0, 20, 4)))
    for line in told["text"].split("\n"):
        assert line in page
    assert page.count("This is not a finding of crime.") == 2 and 'id="text"' in page and "It is free." in page
    # Whoever reads another language than the desk wrote in reads the short words in their own as well.
    polish = _page(told["code"], lang="pl")
    assert say(key="statement.no_finding", language="pl") in polish and say(key="rule.child_safety", language="pl") in polish
    stored = b"".join(bytes(row[0]) for row in _rows("SELECT lookup FROM decisions_statement_key"))
    assert len(stored) == 32 and told["code"].encode() not in stored
    assert told["code"] not in str(events_of(case=case))


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_what_is_sent_again_has_the_same_code_and_another_statement_another(desk_story: Story) -> None:
    desk_story.platform_side.mode = "500"
    posted = []
    take = desk_story.platform_side.post

    def post(**given: Any) -> Any:
        posted.append(given["body"])
        return take(**given)

    desk_story.platform_side.post = post  # type: ignore[method-assign]
    _hidden(desk_story)
    desk_story.wait(hours=1)
    desk_story.platform_side.mode = "honest"
    desk_story.wait(hours=8)
    codes = [re.search(rb'"code": ?"(\d{20})"', body)[1] for body in posted if b"statement.ready" in body]  # type: ignore[index]
    assert len(codes) > 2 and len(set(codes)) == 1
    desk_story.post("other", account="somebody")
    desk_story.report("other", claimant="depicted", external_id="other")
    desk_story.work()
    assert _sent(desk_story, "somebody")[0]["code"].encode() not in codes


def test_a_wrong_code_one_of_a_receipt_and_one_that_is_over_get_the_same_page(desk_story: Story) -> None:
    desk_story.post()
    receipt = desk_story.report(claimant="depicted")
    desk_story.work()
    (told,) = _sent(desk_story)
    for who in (0, 1):
        desk_story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    desk_story.work()
    assert "has ended" in _page(told["code"])
    desk_story.now += timedelta(days=800)
    asked = (told["code"], receipt.code or "", new_code(), "", "x" * 5000, "\x00", "１２３", "0" * 20)
    answers = {(p.status_code, p.content) for p in map(_ask, asked)}
    assert len(answers) == 1 and answers.pop()[0] == 404
    assert _ask(told["code"], "/status").content == _ask(new_code(), "/status").content
    assert {_ask(c, "/limited/appeal", text="x").status_code for c in asked} == {404}


def test_whoever_guesses_waits_for_both_kinds_of_codes_and_is_not_told_which_was_right(desk_story: Story) -> None:
    desk_story.post()
    receipt = desk_story.report(claimant="depicted")
    desk_story.work()
    code = _sent(desk_story)[0]["code"]
    roads = ("/limited", "/status", "/limited/appeal")
    got = [_ask(new_code(), roads[n % 3], "8.8.8.8").status_code for n in range(NETWORK_MOST + 3)]
    assert got == [404] * NETWORK_MOST + [429] * 3
    waits = [_ask(asked, road, "8.8.8.8").content for road in roads[::2] for asked in (code, receipt.code or "", "typo")]
    assert len(set(waits)) == 1
    assert _ask(code, network="9.9.9.9").status_code == 200 == _ask(receipt.code or "", "/status", "9.9.9.9").status_code
    elsewhere = Client(headers={"Sec-Fetch-Site": "cross-site"}).post("/limited", {"code": code, "lang": "en"})
    assert elsewhere.status_code == 404 and elsewhere.content == _ask(new_code()).content


def test_it_tells_no_item_no_source_no_other_and_nothing_of_copies(desk_story: Story) -> None:
    """The page of a hidden item stays as it was, whatever others report, whatever is found beside it."""
    desk_story.post("bridge", sha=b"1" * 32, views=100)
    case = desk_story.report("bridge", claimant="depicted", account="she", text="A stolen picture.").case
    desk_story.work()
    code = _sent(desk_story)[0]["code"]
    before = _page(code)
    desk_story.report("bridge", by=desk_story.hotline, source="hotline", external_id="h")
    desk_story.report("bridge", claimant="guardian", account="he", external_id="g", flags=frozenset({"viral"}))
    desk_story.post("copy", sha=b"1" * 32)
    desk_story.work()
    assert len(_sent(desk_story)) == 2, "the copy was hidden, and has a statement of its own"
    assert _page(code) == before
    for private in ("bridge", "copy", "kladka.example", str(case), 'uploader"', "stolen", "hotline", "report", "match"):
        assert private not in before.split("<main")[1].split('<section class="talk">')[0].lower(), private


def test_the_page_appeals_once_and_tells_how_it_ended(desk_story: Story) -> None:
    case = _hidden(desk_story)
    desk_story.decide(case, 0, "remove")
    desk_story.work()
    code = _sent(desk_story)[0]["code"]
    for text, key in (("  ", "Write a few words"), ("ż" * (LONGEST + 1), "too long")):
        refused = _ask(code, "/limited/appeal", text=text)
        assert refused.status_code == 422 and key in refused.content.decode() and 'aria-invalid="true"' in refused.content.decode()
    for _ in range(2):
        done = _ask(code, "/limited/appeal", text=WORDS).content.decode()
        assert "You will have an answer here by" in done and 'id="text"' not in done and "<img" not in done
    (made,) = appeals_of(case=case)
    assert (made.by, made.state) == ("uploader", "open")
    # By the platform it is the same appeal, not a second one.
    appeal(case=case, by="uploader", text="And this.", desk=desk_story.desk, now=desk_story.now, caller=desk_story.program,
           account_id="uploader")  # fmt: skip
    assert len(appeals_of(case=case)) == 1
    assert [e.actor for e in events_of(case=case) if e.kind == "appeal.lodged"] == ["uploader"]
    desk_story.decide(case, 1, "remove", reason="We looked again, with care.")
    desk_story.work()
    page = _page(code)
    assert "What we decided stays" in page and "We looked again, with care." in page and 'id="text"' in page
    _ask(code, "/limited/appeal", text="Once more.")
    for who in (2, desk_story.hire(f"Iga {uuid.uuid4()}", "reviewer")):
        desk_story.decide(case, who, "no_violation", ground="not_in_scope")
    desk_story.work()
    page = _page(code)
    assert "You were right" in page and "The limit on what you posted has ended." in page and 'id="text"' not in page
    assert _ask(code, "/limited/appeal", text="Again.").status_code == 409


def test_two_presses_at_once_are_one_appeal(desk_story: Story, transactional_db: None) -> None:
    case = _hidden(desk_story)
    code = _sent(desk_story)[0]["code"]
    got: list[int] = []

    def press() -> None:
        try:
            got.append(_ask(code, "/limited/appeal", text="It is a bridge.").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [200] * 4 and len(appeals_of(case=case)) == 1


def test_after_the_time_that_was_told_the_page_says_so_and_takes_nothing(desk_story: Story) -> None:
    case = _hidden(desk_story)
    desk_story.decide(case, 0, "remove")
    desk_story.work()
    code = _sent(desk_story)[0]["code"]
    desk_story.now += timedelta(days=184, seconds=1)
    page = _page(code)
    assert "The time to ask again is over" in page and 'id="text"' not in page
    assert _ask(code, "/limited/appeal", text="It is a bridge.").status_code == 409 and appeals_of(case=case) == []


def test_the_full_words_come_after_the_officer_let_them_go_and_not_before(desk_story: Story) -> None:
    desk_story.post(views=5)
    case = desk_story.report(claimant="depicted").case
    desk_story.work()
    desk_story.decide(case, 0, "remove", reason="It shows a person who said no.")
    desk_story.work()
    (held,) = [s for s in statements_of(case=case) if s["state"] == "held"]
    code = _sent(desk_story)[0]["code"]
    assert "said no" not in _page(code)
    officer = desk_story.hire(f"Dorota {uuid.uuid4()}", "safety_officer")
    release_statement(case=case, statement=held["id"], caller=officer, desk=desk_story.desk, now=desk_story.now)
    desk_story.work()
    assert "said no" in _page(code) and "said no" in _page(_sent(desk_story)[-1]["code"])


def test_whoever_may_be_the_child_is_accused_of_nothing(desk_story: Story) -> None:
    """Also when that is known only later: what was sent before is not shown to them again."""
    case = _hidden(desk_story)
    code = _sent(desk_story)[0]["code"]
    rule = say(key="rule.child_safety", language="en")
    assert rule in _page(code)
    desk_story.report(claimant="depicted", account="she", flags=frozenset({"self_produced"}))
    desk_story.work()
    desk_story.decide(case, 0, "remove")
    desk_story.work()
    for known in {told["code"] for told in _sent(desk_story)}:
        for language in ("en", "pl"):
            page = _page(known, lang=language)
            for accuses in (rule, "crime", "przestęp", say(key="rule.child_safety", language="pl"), "Seen."):
                assert accuses not in page
        assert "If someone made you post it, that is not your fault." in _page(known)


def test_a_code_opens_no_other_case(desk_story: Story) -> None:
    case = _hidden(desk_story)
    desk_story.post("other", account="somebody")
    other = desk_story.report("other", claimant="depicted", external_id="other").case
    desk_story.work()
    code = _sent(desk_story, "somebody")[0]["code"]
    for wrong in (code, new_code(), "x"):
        with pytest.raises(NotFound):
            appeal(case=case, by="uploader", text="Mine.", desk=desk_story.desk, now=desk_story.now, statement_code=wrong)
    assert read_limited(code=code, language="en", desk=desk_story.desk, now=desk_story.now).case == other  # type: ignore[union-attr]


def test_a_code_in_the_words_of_an_appeal_stays_with_its_owner(desk_story: Story) -> None:
    case = _hidden(desk_story)
    code = _sent(desk_story)[0]["code"]
    _ask(code, "/limited/appeal", text=f"My code is {code}. It is a bridge.")
    (made,) = appeals_of(case=case)
    ((words,),) = _rows(f"SELECT text FROM ledger_personal_text WHERE id = '{made.texts[0]}'")  # noqa: S608 - a uuid of ours
    assert words == "My code is (code). It is a bridge."


def test_every_state_is_small_neutral_kind_and_kept_by_nobody(desk_story: Story) -> None:
    case = _hidden(desk_story)
    desk_story.decide(case, 0, "remove", reason="Zażółć " * 30)
    desk_story.work()
    code = _sent(desk_story)[-1]["code"]
    for language in ("en", "pl"):
        asked = [
            Client().get("/limited", {"lang": language}),
            _ask(code, lang=language),
            _ask(new_code(), lang=language),
            _ask(code, "/limited/appeal", text=" ", lang=language),
        ]
        for page in asked:
            text = page.content.decode()
            assert page.headers["Content-Security-Policy"] == pages.policy() and page.headers["Cache-Control"] == "no-store"
            assert page.headers["Referrer-Policy"] == "same-origin" and page.headers["X-Content-Type-Options"] == "nosniff"
            assert f"<title>{'Form' if language == 'en' else 'Formularz'}</title>" in text and f'<html lang="{language}">' in text
            assert "112" in text and not page.cookies and len(gzip.compress(page.content)) <= 5 * 1024
            # No page that a visitor saved, or a screen reader's list of links, has the code in an address.
            assert not re.findall(rf'(?:href|action)="[^"]*(?:\?code|{code})', text)


def test_nothing_of_it_is_given_to_get(desk_story: Story) -> None:
    _hidden(desk_story)
    code = _sent(desk_story)[0]["code"]
    page = Client().get("/limited", {"code": code, "lang": "en"}).content.decode()
    assert code not in page and "There is a limit" not in page
    assert Client().get("/limited/appeal").status_code == 405
