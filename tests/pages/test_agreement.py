"""The lead's page of agreement: figures of queues and rules, differences to settle; and a second look that looks like any case."""

from __future__ import annotations

import csv
import io
import re
import uuid
from dataclasses import replace

import pytest
from django.test import Client

from odzew.decisions.kappa import kappa
from odzew.entrypoints.console.agreement_page import NAMES
from odzew.policy.vocabulary import ROLES
from tests.cast import Story
from tests.decisions.build import decided, doubles, state_of, take
from tests.pages.test_console import EVIL, desk_story
from tests.pages.test_console import _page as page_of
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of

__all__ = ["desk_story"]


@pytest.fixture
def drawing_story(desk_story: Story) -> Story:
    """A story on whose desk every final decision is drawn."""
    policy = desk_story.desk.policy
    desk_story.desk = replace(desk_story.desk, policy=replace(policy, double=replace(policy.double, share=1.0)))
    return desk_story


def _reader(story: Story, role: str = "lead") -> Client:
    return signed_in(story, story.hire(f"{role} {uuid.uuid4()}", role))


def _rows(client: Client, name: str) -> list[dict[str, str]]:
    answer = client.get(f"/console/agreement/{name}.csv")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def test_the_lead_reads_differences_and_settles_them(drawing_story: Story) -> None:
    story = drawing_story
    lead = _reader(story)
    assert "Nothing waits here." in lead.get("/console/agreement").content.decode()
    case = decided(story, "bridge", 0, "remove")
    other = decided(story, "chair", 0, "no_violation")
    assert "Waiting for a second look now: 2." in lead.get("/console/agreement").content.decode()
    for _ in range(2):
        lease = take(story, 1)
        assert lease is not None
        clears = lease.case == case
        outcome, ground = ("no_violation", "not_in_scope") if clears else ("keep_withheld", "intimate_images")
        story.decide(lease.case, 1, outcome, ground=ground, reason=f"Seen {EVIL}.")
    page = lead.get("/console/agreement").content.decode()
    assert f'href="/console/cases/{case}"' in page and f'href="/console/cases/{other}"' in page
    assert "<script" not in page and "&lt;script&gt;" in page, "both reasons stand there, as words"
    assert "too few to say" in page and "1 of 1" in page
    for who in (0, 1):
        assert story.reviewer(who).name not in page and story.reviewer(who).actor not in page, "nobody is named"
    (row,) = [r for r in _rows(lead, "queues") if r["queue"] == "intimate"]
    assert (row["drawn"], row["looks"], row["agreed"], row["worse"], row["kappa"]) == ("2", "2", "0", "1", "")
    assert {r["ground"]: (r["looks"], r["differed"]) for r in _rows(lead, "rules")} == {
        "intimate_images": ("1", "1"), "not_in_scope": ("1", "1"),
    }  # fmt: skip
    (waiting,) = [d for d in doubles() if d["state"] == "differs"]
    path, auditor = f"/console/agreement/{waiting['id']}", _reader(story, "auditor")
    assert f'action="{path}"' in page and f'action="{path}"' not in auditor.get("/console/agreement").content.decode()
    wrong = lead.post(path, {"token": token_of(lead), "choice": "show"}, headers={"Accept-Language": "pl"})
    assert wrong.status_code == 422 and "Wybierz: decyzja zostaje" in wrong.content.decode()
    assert lead.post(path, {"token": token_of(lead), "choice": "reopened"}).headers["Location"] == "/console/agreement#differ"
    assert (state_of(case)["state"], state_of(case)["withheld"]) == ("open", True)
    assert lead.post(path, {"token": token_of(lead), "choice": "kept"}).status_code == 409


def test_it_is_for_the_lead_and_the_auditor_alone(desk_story: Story) -> None:
    for role in ROLES:
        client = _reader(desk_story, role)
        for path in ("/console/agreement", *(f"/console/agreement/{n}.csv" for n in NAMES)):
            assert client.get(path).status_code == (200 if role in ("lead", "auditor") else 403), (role, path)
            assert Client().get(path).status_code == 401
        menu = client.get("/console/you").content.decode()
        assert ('href="/console/agreement"' in menu) == (role in ("lead", "auditor"))
    lead = _reader(desk_story)
    assert lead.get("/console/agreement/people.csv").status_code == 404
    for days in ("0", "-7", "x", "\x00", "30\r\nX-Evil: 1"):
        answer = lead.get("/console/agreement/rules.csv", {"days": days})
        assert (
            answer.headers["Content-Disposition"] == 'attachment; filename="odzew-rules-90-days.csv"'
            and "X-Evil" not in answer.headers
        )
    polish = lead.get("/console/agreement", headers={"Accept-Language": "pl"}).content.decode()
    assert "Jak bardzo jesteśmy zgodni" in polish and "{" not in re.sub(r"<style.*?</style>", "", polish)


def test_figures_are_written_in_words_of_the_language(desk_story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    from odzew.decisions.agreement import Agreement
    from odzew.entrypoints.console import agreement_page

    few = Agreement(queue="child", drawn=0, looks=0, agreed=0, unsure=0, worse=0, people=0, kappa=None)
    same = replace(few, queue="other", looks=300, agreed=300, people=5)
    found = kappa(pairs={("a", "a"): 100, ("a", "b"): 60, ("b", "b"): 100})
    low = replace(few, queue="intimate", looks=260, agreed=200, people=4, kappa=found)
    monkeypatch.setattr(agreement_page, "agreements", lambda **_: [few, low, same])
    lead = _reader(desk_story)
    page = lead.get("/console/agreement").content.decode()
    assert "too few to say" in page and "0.56 (0.47 to 0.65): too low" in page and "all answers are the same" in page
    assert "0,56 (od 0,47 do 0,65): za mało" in lead.get("/console/agreement", headers={"Accept-Language": "pl"}).content.decode()
    assert [r["kappa"] for r in _rows(lead, "queues")] == ["", "0.5618", ""]


OWN = '<li class=""><strong>Taken in hand</strong><br><span class="soft num"> · You · not sealed yet</span></li>'


def _steady(page: str) -> str:
    """Without what changes with each minute, each visit and each lease."""
    page = re.sub(r'<p class="chips" data-live="hands".*?</p>', "", page, flags=re.S)
    page = re.sub(r"<time.*?</time>", "", page, flags=re.S)
    return re.sub(r'name="(token|version)" value="[^"]*"|version=\d+|since=[\d.]+', "", page)


@pytest.mark.parametrize("outcome", ["remove", "no_violation"])
def test_a_second_look_has_the_page_that_the_first_had(drawing_story: Story, outcome: str) -> None:
    """What the person handed the case read before the decision and what they read now differ in times and in their own lease alone."""
    story = drawing_story
    story.post("bridge")
    case = story.report("bridge", kind="ncii", minor=False).case
    story.work()
    second, third = signed_in(story, story.reviewer(1)), signed_in(story, story.reviewer(2))
    live, like = f"/console/cases/{case}/live", f"/console/cases/{case}/duplicates"
    take(story, 1)
    before = [_steady(page_of(second, case)), second.get(like).content.decode()]
    story.wait(minutes=16)
    ground = "not_in_scope" if outcome == "no_violation" else "intimate_images"
    story.decide(case, 0, outcome, ground=ground, reason="A secret opinion.")
    story.work()
    assert "A secret opinion" in page_of(third, case)
    lease = take(story, 1)
    assert lease is not None and lease.case == case
    after = [_steady(page_of(second, case)), second.get(like).content.decode()]
    assert after[1] == before[1] and "A secret opinion" not in after[0]
    assert "decided" not in second.get(live).content.decode()
    assert after[0].replace(OWN, "", 1) == before[0], "but that they have it in hand once more"
    for other in (signed_in(story, story.reviewer(0)), third):
        assert "Drawn for a second look" not in page_of(other, case) and 'id="hands"' not in page_of(other, case)
    assert "Drawn for a second look" in page_of(_reader(story), case)
