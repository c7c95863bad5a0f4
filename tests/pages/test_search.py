"""Search: names for everybody who may read cases, words for few, and nothing looked for in an address."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client

from odzew.foundation.writes import fetch_all, fetch_none
from odzew.notices.words import cases_saying
from tests.cast import Story
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of
from tests.pages.test_console import desk_story

__all__ = ["desk_story"]


def _found(client: Client, what: str) -> set[str]:
    answer = client.post("/console/search", {"what": what, "token": token_of(client)})
    assert answer.status_code == 200
    return set(re.findall(r'<h2><a href="/console/cases/([0-9a-f-]{36})"', answer.content.decode()))


def _two(story: Story) -> tuple[str, str, str]:
    story.post("łódka-1", account="zażółć")
    story.post("bridge-2", account="somebody")
    one = story.report("łódka-1", text="Na zdjęciu jest ŻÓŁTA ŁÓDŹ mojej córki. Київ, Місто.", language="pl")
    two = story.report("bridge-2", text="A yellow boat, and a drawing of a bridge.")
    assert one.code
    return str(one.case), str(two.case), one.code


def test_a_case_is_found_by_every_name_that_somebody_may_have_been_given(desk_story: Story) -> None:
    one, two, _ = _two(desk_story)
    client = signed_in(desk_story, desk_story.reviewer(0))
    for what in (
        one,
        one[-12:],
        one[-12:].upper(),
        "łódka-1",
        " łódka-1 ",
        "https://kladka.example/posts/łódka-1?utm_source=x",
        "zażółć",
    ):
        assert _found(client, what) == {one}, what
    assert _found(client, "bridge-2") == {two}
    for nothing in ("nobody", "-", "%", "\x00", "'; DROP TABLE", "x" * 5000, str(uuid.uuid4()), one[-11:]):
        assert _found(client, nothing) == set(), nothing


def test_a_receipt_code_finds_nothing(desk_story: Story) -> None:
    *_, code = _two(desk_story)
    desk_story.report("bridge-2", text=f"My code was {code}.")
    for client in (signed_in(desk_story, desk_story.reviewer(0)), signed_in(desk_story, desk_story.hire("aud", "auditor"))):
        for what in (code, " ".join(re.findall("....", code))):
            assert _found(client, what) == set()


def test_words_are_for_few_and_accents_and_capitals_do_not_matter(desk_story: Story) -> None:
    one, two, _ = _two(desk_story)
    reviewer, lead = (
        signed_in(desk_story, desk_story.reviewer(0)),
        signed_in(desk_story, desk_story.hire(f"l {uuid.uuid4()}", "lead")),
    )
    for what in ("zolta lodz", "żółta łódź", "ŻÓŁTA ŁÓDŹ", "zdjec", "Zdjęciu", "київ", "місто КИЇВ"):
        assert _found(lead, what) == {one}, what
        assert _found(reviewer, what) == set(), what
    assert _found(lead, "boat bridge") == {two} and _found(lead, "boat lodz") == set()
    assert _found(lead, "na a") == set(), "too short to mean anything"
    assert _found(lead, "boat & | ! <-> ' \\ :*") == {two}
    assert _found(lead, "_x_") == set()


def test_an_erased_text_is_not_found_any_more(desk_story: Story) -> None:
    one, _, _ = _two(desk_story)
    assert [str(c) for c in cases_saying(words="zolta", limit=5)] == [one]
    fetch_none("UPDATE ledger_personal_text SET text = '' WHERE text LIKE %s", ["%ŻÓŁTA%"])
    assert cases_saying(words="zolta", limit=5) == []


def test_reasons_of_decisions_are_not_searched(desk_story: Story) -> None:
    one, _, _ = _two(desk_story)
    desk_story.decide(uuid.UUID(one), 0, "no_violation", ground="not_in_scope", reason="A harmless umbrella.")
    assert _found(signed_in(desk_story, desk_story.hire(f"l {uuid.uuid4()}", "lead")), "umbrella") == set()


def test_a_search_tells_nothing_of_a_first_answer(desk_story: Story) -> None:
    one, _, _ = _two(desk_story)
    second = signed_in(desk_story, desk_story.reviewer(1))
    desk_story.work()
    form = {"what": one, "token": token_of(second)}
    before = second.post("/console/search", form).content
    desk_story.decide(uuid.UUID(one), 0, "no_violation", ground="not_in_scope")
    assert second.post("/console/search", form).content == before


def test_a_case_that_became_part_of_another_leads_to_it(desk_story: Story) -> None:
    one, two, _ = _two(desk_story)
    desk_story.post("łódka-1", account="zażółć", sha=b"same".ljust(32, b"."))
    desk_story.post("bridge-2", account="somebody", sha=b"same".ljust(32, b"."))
    client = signed_in(desk_story, desk_story.reviewer(0))
    assert len(_found(client, one) | _found(client, two) | _found(client, "bridge-2")) == 1


def test_what_is_looked_for_is_never_in_an_address(desk_story: Story) -> None:
    one, _, _ = _two(desk_story)
    client = signed_in(desk_story, desk_story.reviewer(0))
    assert client.get(f"/console/search?what={one}").status_code == 405
    page = client.get("/console/").content.decode()
    assert re.search(r'<form class="find" method="post" action="/console/search"', page)
    shown = client.post("/console/search", {"what": '"><script>x', "token": token_of(client)}).content.decode()
    assert "<script" not in shown and "&quot;&gt;&lt;script&gt;x" in shown


@pytest.mark.parametrize(
    ("written", "plain"),
    [("ZAŻÓŁĆ GĘŚLĄ JAŹŃ", "zazolc gesla jazn"), ("Łódź", "lodz"), ("ЇЖАК Ґанок", "їжак ґанок"), ("Ça é", "ca e")],
)
def test_letters_are_folded_by_the_database_itself(transactional_db: None, written: str, plain: str) -> None:
    assert fetch_all("SELECT ledger_fold(%s)", [written]) == [(plain,)]
