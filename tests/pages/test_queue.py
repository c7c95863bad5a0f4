"""The queue's page: next and the case in hand, filters, reasons, and links that tell nothing to whom they should not."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client

from odzew.decisions.leases import lease_of
from odzew.entrypoints.console.filters import Filter, chosen
from odzew.ledger.people import add_person, caller_of_person, enrol_second_factor, new_sign_in
from odzew.usecases.appeal import appeal
from odzew.usecases.renew_lease import LONGEST
from odzew.usecases.take_next import LASTS, take_next
from tests.cast import KEYS, Story
from tests.pages.test_console import _code as code_of
from tests.pages.test_console import _page as page_of
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of
from tests.pages.test_console import desk_story

__all__ = ["desk_story"]
POLISH = {"Accept-Language": "pl"}


def _three(story: Story) -> tuple[uuid.UUID, uuid.UUID, uuid.UUID]:
    """A child-safety case, an intimate image, and another matter, in this order of harm."""
    for n, views in enumerate((9_000, 900, 0)):
        story.post(f"bridge-{n}", account=f"account-{n}", views=views)
    child = story.report("bridge-0", claimant="depicted", flags=frozenset({"imminent"})).case
    adult = story.report("bridge-1", kind="ncii", minor=False).case
    return child, adult, story.report("bridge-2", kind="other", minor=False).case


def _shown(client: Client, query: str = "") -> list[str]:
    return re.findall(r'<h2><a href="/console/cases/([0-9a-f-]{36})"', client.get(f"/console/{query}").content.decode())


def test_next_leads_to_the_case_which_is_renewed_and_given_back_by_form(desk_story: Story) -> None:
    child, adult, _ = _three(desk_story)
    client = signed_in(desk_story, desk_story.reviewer(0))
    form = {"token": token_of(client)}
    assert client.post("/console/next", form).headers["Location"] == f"/console/cases/{child}"
    assert "yours, ends" in page_of(client, child) and f"/console/cases/{child}/lease/back" in page_of(client, child)
    queue = client.get("/console/").content.decode()
    assert "You have a case in hand" in queue and "/console/next" not in queue
    desk_story.now += timedelta(minutes=10)
    kept = client.post(f"/console/cases/{child}/lease", {**form, "reason": "Half a thought.", "outcome": "remove"}).content.decode()
    assert "Half a thought." in kept and re.search(r'value="remove" required checked', kept) and "You have more time." in kept
    lease = lease_of(person=desk_story.reviewer(0).id, now=desk_story.now)
    assert lease is not None and lease.until == desk_story.now + LASTS
    assert client.post(f"/console/cases/{child}/lease/back", form).headers["Location"] == "/console/"
    assert client.post("/console/next", form).headers["Location"] == f"/console/cases/{adult}"
    twice = client.post(f"/console/cases/{child}/lease/back", form)
    assert twice.status_code == 409 and b'role="alert"' in twice.content


def test_where_there_is_nothing_to_take_the_queue_says_so(desk_story: Story) -> None:
    client = signed_in(desk_story, desk_story.reviewer(0))
    form = {"token": token_of(client)}
    answer = client.post("/console/next", form)
    assert answer.status_code == 200 and "There is no case for you right now." in answer.content.decode()
    assert "Nie ma teraz sprawy dla ciebie." in client.post("/console/next", form, headers=POLISH).content.decode()
    late = add_person(name=f"late {uuid.uuid4()}", role="lead", now=desk_story.now, counts_from=desk_story.now + timedelta(days=1))
    enrol_second_factor(person=late.id, keys=KEYS, now=desk_story.now)
    visitor = signed_in(desk_story, caller_of_person(row_person=late))
    refused = visitor.post("/console/next", {"token": token_of(visitor)}, headers=POLISH)
    assert refused.status_code == 403 and "Twoje dołączenie jeszcze nie działa." in refused.content.decode()


def test_the_longest_time_is_said(desk_story: Story) -> None:
    child, _, _ = _three(desk_story)
    client = signed_in(desk_story, desk_story.reviewer(0))
    form = {"token": token_of(client)}
    client.post("/console/next", form)
    for _ in range(LONGEST // LASTS):
        desk_story.now += LASTS - timedelta(minutes=1)
        assert client.post(f"/console/cases/{child}/lease", form).status_code == 200
    answer = client.post(f"/console/cases/{child}/lease", form)
    assert answer.status_code == 409 and b"two hours" in answer.content


def test_that_another_has_a_case_in_hand_shows_only_where_nobody_looks_blind(desk_story: Story) -> None:
    child, adult, _ = _three(desk_story)
    second = signed_in(desk_story, desk_story.reviewer(2))
    auditor = signed_in(desk_story, desk_story.hire("aud", "auditor"))
    before = page_of(second, child)
    for n in (0, 1):
        take_next(caller=desk_story.reviewer(n), desk=desk_story.desk, now=desk_story.now)
    assert page_of(second, child) == before, "whoever may be the second look is not told that somebody has it"
    queue = second.get("/console/").content.decode()
    assert desk_story.reviewer(0).actor not in queue
    assert desk_story.reviewer(1).actor in queue and desk_story.reviewer(1).actor in page_of(second, adult)
    assert desk_story.reviewer(0).actor in page_of(auditor, child) and "Taken in hand" in page_of(auditor, child)
    desk_story.decide(child, 0, "no_violation", ground="not_in_scope")
    assert page_of(second, child) == before
    assert second.get("/console/").content.decode() == queue
    taken = take_next(caller=desk_story.reviewer(2), desk=desk_story.desk, now=desk_story.now)
    assert taken is not None and taken.case == child
    own = page_of(second, child)
    assert own.count("Taken in hand") == 1 and desk_story.reviewer(0).actor not in own
    desk_story.decide(child, 2, "no_violation", ground="not_in_scope")
    assert page_of(second, child).count("Taken in hand") == 2, "once it is decided, all of it can be read"


def test_reasons_and_weight_are_one_key_away_in_each_row(desk_story: Story) -> None:
    _three(desk_story)
    client = signed_in(desk_story, desk_story.reviewer(0))
    page = client.get("/console/").content.decode()
    assert page.count('<details class="why">') == 3
    assert "the report says the person is under 18" in page and re.search(
        r"Weight: \d+ of 100\. It stands as if it had waited \d", page
    )


def test_each_filter_shows_what_it_says_and_no_more(desk_story: Story) -> None:
    child, adult, other = _three(desk_story)
    desk_story.decide(other, 1, "cannot_judge")
    client = signed_in(desk_story, desk_story.reviewer(0))
    here = [str(c) for c in (child, adult, other)]
    assert _shown(client) == here
    for query, want in {
        "kind=child": here[:1],
        "kind=intimate": here[1:2],
        "kind=other": here[2:],
        "hidden=yes": here[:1],
        "hidden=no": here[1:],
        "danger=yes": here[:1],
        "stage=passed_on": here[2:],
        "stage=appeal": [],
        "stage=mine": [],
        "due=24": here[:2],
        "kind=child&hidden=no": [],
        f"platform={desk_story.platform}": here,
        f"platform={uuid.uuid4()}": [],
        "platform=x&kind=nonsense&due=-1": here,
    }.items():
        assert _shown(client, f"?{query}") == want, query
    assert "Nothing fits this filter." in client.get("/console/?kind=child&hidden=no").content.decode()
    desk_story.decide(child, 0, "no_violation", ground="not_in_scope")
    assert _shown(client, "?stage=mine") == here[:1]


def test_an_appeal_is_found_by_its_filter(desk_story: Story) -> None:
    child, _, _ = _three(desk_story)
    desk_story.work()
    desk_story.decide(child, 1, "remove")
    appeal(
        case=child,
        by="uploader",
        account_id="account-0",
        text="It is a drawing.",
        caller=desk_story.program,
        desk=desk_story.desk,
        now=desk_story.now,
    )
    client = signed_in(desk_story, desk_story.reviewer(0))
    assert _shown(client, "?stage=appeal") == [str(child)]


def test_no_filter_tells_which_cases_have_a_first_answer(desk_story: Story) -> None:
    child, _, _ = _three(desk_story)
    desk_story.decide(child, 0, "no_violation", ground="not_in_scope")
    second, auditor = signed_in(desk_story, desk_story.reviewer(1)), signed_in(desk_story, desk_story.hire("aud", "auditor"))
    assert len(_shown(second, "?stage=second")) == 3, "it is no choice of theirs"
    assert "stage_second" not in second.get("/console/").content.decode()
    assert _shown(auditor, "?stage=second") == [str(child)]


def test_the_pages_of_a_filter_keep_it(desk_story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odzew.entrypoints.console.queue_page.PAGE", 1)
    child, adult, _ = _three(desk_story)
    client = signed_in(desk_story, desk_story.reviewer(0))
    page = client.get("/console/?due=24").content.decode()
    (path,) = re.findall(r'href="/console/(\?due=24&amp;after=[^"]+)"', page)
    assert _shown(client, "?due=24") == [str(child)]
    assert _shown(client, path.replace("&amp;", "&")) == [str(adult)]


def test_a_filter_survives_being_written_down(desk_story: Story) -> None:
    choice = Filter(kind="child", hidden="no", due="4", platform=str(uuid.uuid4()))
    typed = dict(pair.split("=") for pair in choice.query.split("&"))
    assert chosen(typed=typed, caller=desk_story.reviewer(0)) == choice and choice.count == 4


def test_a_link_tells_nothing_and_leads_back_after_the_sign_in(desk_story: Story) -> None:
    child, _, _ = _three(desk_story)
    stranger, link, nowhere = Client(), f"/console/cases/{child}", f"/console/cases/{uuid.uuid4()}"
    answers = [stranger.get(path) for path in (link, nowhere)]
    assert {a.status_code for a in answers} == {401}
    challenge = rb'data-options="[^"]*"|name="sealed" value="[^"]*"'
    one, two = (re.sub(challenge, b"", a.content) for a in answers)
    assert one.replace(link.encode(), b"") == two.replace(nowhere.encode(), b"")
    outside = signed_in(desk_story, desk_story.hire(f"outside {uuid.uuid4()}", "outside"))
    assert outside.get(link).content == outside.get(nowhere).content
    shown = page_of(signed_in(desk_story, desk_story.reviewer(1)), child)
    assert re.findall(r"<title>(.*?)</title>", shown) == [f"Case {str(child)[-12:]} · Odzew"]
    who = desk_story.reviewer(0)
    secret = new_sign_in(person=who.id, now=desk_story.now, lives=timedelta(days=1))
    body = {"secret": secret, "code": code_of(who.id, desk_story), "back": link}
    assert Client().post("/console/sign-in", body).headers["Location"] == link
    for elsewhere in ("//evil.example/console/cases/" + str(child), link + "/decide", "https://evil.example", link + "\n"):
        again = {"secret": secret, "code": code_of(who.id, desk_story), "back": elsewhere}
        assert Client().post("/console/sign-in", again).headers["Location"] == "/console/"
