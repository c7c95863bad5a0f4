"""The pages of the policy: read by the desk, changed by two, and what was typed never becomes part of a page."""

from __future__ import annotations

import html
import re
import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from playwright.sync_api import Browser

from odzew.entrypoints.api import case_views
from odzew.entrypoints.console import policy_views, views
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.foundation.moments import utc_now
from odzew.ledger.people import Caller, new_sign_in
from odzew.ledger.policies import in_force_before, text_of
from odzew.ledger.policy_changes import open_change
from odzew.policy.editing import Value, values_of, with_values
from odzew.policy.shipped import shipped_policy_text
from odzew.usecases.policy_waited import policy_waited
from odzew.usecases.preview_policy import preview_policy
from odzew.usecases.put_policy_in_force import put_policy_in_force
from tests.cast import POLICY, Story
from tests.pages.looks import faults, reader
from tests.pages.test_console import _code

SHIPPED = shipped_policy_text()
EVIL = '<script>alert(1)</script>"></textarea><img src=x>'


def _made(story: Story, monkeypatch: pytest.MonkeyPatch, *, demo: bool) -> Story:
    monkeypatch.setattr(views, "desk", lambda: story.desk.current(now=story.now))
    monkeypatch.setattr(case_views, "the_desk", lambda: story.desk)
    monkeypatch.setattr(views, "settings", lambda: SimpleNamespace(demo=demo))
    monkeypatch.setattr(policy_views, "policy_text", lambda **_: SHIPPED)
    monkeypatch.setattr(views, "_guesses", Guesses())
    put_policy_in_force(policy=POLICY, text=SHIPPED, now=story.now)
    return story


@pytest.fixture
def desk_story(story: Story, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A desk of three reviewers whose console is in our hands, its clock too."""
    monkeypatch.setattr(views, "utc_now", lambda: story.now)
    return _made(story, monkeypatch, demo=False)


class Desk:
    """A person at their browser."""

    def __init__(self, story: Story, role: str) -> None:
        self.story = story
        self.who: Caller = story.hire(f"{role} {uuid.uuid4()}", role)
        self.client = Client()
        secret = new_sign_in(person=self.who.id, now=story.now, lives=timedelta(days=1))
        code = _code(self.who.id, story)
        assert self.client.post("/console/sign-in", {"secret": secret, "code": code}).status_code == 303

    def get(self, path: str = "") -> str:
        """Read a page of the policy."""
        answer = self.client.get(f"/console/policy{path}")
        assert answer.status_code == 200, answer.status_code
        return answer.content.decode()

    def fields(self, path: str = "/edit") -> dict[str, str]:
        """Everything that the first form of a page would send."""
        form = re.findall(r"<form class=\"card\".*?</form>", self.get(path), re.DOTALL)[0]
        found = re.findall(r'name="([^"]+)"[^>]*? value="([^"]*)"', form)
        return {name: html.unescape(value) for name, value in found}

    def keep(self, **changed: str) -> tuple[int, str]:
        """Fill in the fields and keep the draft."""
        answer = self.client.post("/console/policy/edit", self.fields() | {k.replace("__", "."): v for k, v in changed.items()})
        return answer.status_code, answer.content.decode()

    def write(self, text: str) -> tuple[int, str]:
        """Send a whole text."""
        kept = {name: self.fields()[name] for name in ("token", "seen", "from")}
        answer = self.client.post("/console/policy/edit", {**kept, "text": text.replace("\n", "\r\n")})
        return answer.status_code, answer.content.decode()

    def press(self, what: str, digest: str = "") -> tuple[int, str]:
        """Press a button of the draft's page."""
        page = self.get("/draft")
        token = re.findall(r'name="token" value="(\w+)"', page)[0]
        there = open_change()
        body = {"token": token, "change": str(there.id) if there else "", "digest": digest or (there.digest if there else "")}
        answer = self.client.post(f"/console/policy/{what}", body)
        return answer.status_code, answer.headers.get("Location", "") or answer.content.decode()


def in_force() -> str:
    return text_of(digest=in_force_before() or "") or ""


def test_two_people_change_a_number_and_a_text_by_the_form_and_the_comments_stay(desk_story: Story) -> None:
    lead, officer, auditor = (Desk(desk_story, role) for role in ("lead", "safety_officer", "auditor"))
    strange = desk_story.report(desk_story.post()).case
    assert lead.keep(**{"k.clocks.child_withhold.length": "30 min", "k.grounds.legal_order.pl": "Tak orzekł sąd, żółć"})[0] == 303
    preview_policy(desk=desk_story.desk, clock=lambda: desk_story.now)
    page = lead.get("/draft")
    for words in ("1 h", "30 min", "Tak orzekł sąd, żółć", "hidden otherwise", f"/console/cases/{strange}", "1 h 0 min → 30 min"):
        assert words.replace("1 h 0 min", "1 h") in page or words in page, words
    assert lead.press("sign") == (303, "/console/policy/draft")
    assert in_force() == SHIPPED and "Somebody else must" in lead.get("/draft")
    assert "Sign this change" not in auditor.get("/draft") and lead.who.actor in auditor.get("/draft")
    assert officer.press("sign") == (303, "/console/policy")
    values: dict[str, Value] = {
        "version": 2,
        "clocks.child_withhold.length": "30 min",
        "grounds.legal_order.pl": "Tak orzekł sąd, żółć",
    }
    assert in_force() == with_values(text=SHIPPED, values=values) and in_force().count("#") == SHIPPED.count("#")
    page = auditor.get()
    assert "Tak orzekł sąd, żółć" in page and lead.who.actor in page and officer.who.actor in page and lead.who.name not in page
    version = auditor.get(f"/versions/{in_force_before()}")
    assert "30 min" in version and "in force now" in version
    assert lead.fields(f"/edit?from={POLICY.digest}")["k.clocks.child_withhold.length"] == "1 h"
    assert lead.fields()["k.words.kept"] == "90 d" and "words of reporters are kept for" in page
    assert lead.who.actor in version and lead.who.actor not in auditor.get(f"/versions/{POLICY.digest}")
    footer = lead.client.get("/console/").content.decode()
    assert "Policy 2, Odzew default" in footer


def test_what_cannot_take_force_is_said_and_what_was_typed_stays(desk_story: Story) -> None:
    lead = Desk(desk_story, "lead")
    status, page = lead.keep(
        **{"k.clocks.ncii_tida.length": "72 h", "k.thresholds.few_viewers": "many", "k.grounds.grooming.pl": ""}
    )
    assert status == 422 and "few_viewers must be a whole number" in page and 'value="72 h"' in page and 'value="many"' in page
    status, page = lead.keep(**{"k.clocks.ncii_tida.length": "72 h", "k.clocks.child_withhold.length": "9 h"})
    assert status == 422 and "statutory" in page and "longer than 4 h" in page
    status, page = lead.keep(new_ground="house_rule", **{"new_ground.en": EVIL, "new_ground.pl": ""})
    assert status == 422 and "must be a text that is not empty" in page and "<script>alert" not in page and "<img src=x" not in page
    status, page = lead.write(EVIL)
    assert status == 422 and "not valid TOML" in page and "<script>alert" not in page and "<img src=x" not in page
    for text in ("a = " + "[" * 50_000, "a = " + "1" * 9000, "#" * 100_001, "\n" * 4000, "version = 2020-99-99", "\x00", ""):
        assert lead.write(text)[0] == 422, text[:20]
    many = SHIPPED.replace('[clocks.watch]\nlength = "14 d"', '[clocks.watch]\nlength = "999999 d"\nnews_every = "1 h"')
    assert "1000th part" in lead.write(many)[1]
    assert lead.write(SHIPPED)[0] == 409
    assert open_change() is None


def test_a_new_ground_is_shown_escaped_everywhere_and_can_be_decided_on(desk_story: Story) -> None:
    lead, officer = Desk(desk_story, "lead"), Desk(desk_story, "safety_officer")
    assert lead.keep(new_ground="house_rule", **{"new_ground.en": EVIL, "new_ground.pl": EVIL})[0] == 303
    assert values_of(text=(open_change() or pytest.fail("no draft")).text)["grounds.house_rule.pl"] == EVIL
    for path in ("/draft", "/edit"):
        assert "<script>alert" not in lead.get(path) and "<img src=x" not in lead.get(path)
    lead.press("sign")
    assert officer.press("sign")[0] == 303
    assert "<script>alert" not in lead.get() and "&lt;script&gt;" in lead.get()
    desk_story.post()
    case = desk_story.report(kind="other", minor=False).case
    assert "house_rule" in lead.client.get(f"/console/cases/{case}").content.decode()


def test_a_signature_asks_for_a_fresh_second_factor_and_for_the_text_that_was_seen(desk_story: Story) -> None:
    lead, officer = Desk(desk_story, "lead"), Desk(desk_story, "safety_officer")
    lead.keep(**{"k.clocks.child_withhold.length": "30 min"})
    seen = (open_change() or pytest.fail("no draft")).digest
    desk_story.now += timedelta(minutes=6)
    assert lead.press("sign") == (303, "/console/step-up?back=/console/policy/draft")
    assert not (open_change() or pytest.fail("no draft")).signatures
    lead, officer = Desk(desk_story, "lead"), Desk(desk_story, "safety_officer")
    lead.press("sign")
    stale = officer.fields()
    assert lead.keep(**{"k.clocks.child_withhold.length": "20 min"})[0] == 303
    assert officer.press("sign", digest=seen)[0] == 409
    assert officer.client.post("/console/policy/edit", stale | {"k.thresholds.few_viewers": "30"}).status_code == 409
    assert lead.press("withdraw") == (303, "/console/policy")
    assert officer.press("sign", digest=seen)[0] == 409 and officer.press("preview")[0] == 303
    assert in_force() == SHIPPED


def test_a_desk_of_one_reads_when_it_takes_force(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(people=0)
    monkeypatch.setattr(views, "utc_now", lambda: story.now)
    _made(story, monkeypatch, demo=False)
    ola, operator = Desk(story, "lead"), Desk(story, "operator")
    ola.keep(**{"k.clocks.child_withhold.length": "30 min"})
    assert "This is a desk of one" in ola.get("/draft")
    ola.press("sign")
    assert "takes force" in ola.get("/draft") and "takes force" in operator.get()
    assert "takes force in 24 hours" in operator.client.get("/console/alarms").content.decode()
    preview_policy(desk=story.desk, clock=lambda: story.now)
    assert "/console/cases/" not in operator.get("/draft")
    story.now += timedelta(hours=24)
    assert policy_waited(desk=story.desk, now=story.now) and in_force() != SHIPPED


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.timeout(90)
@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_pages_of_the_policy_are_open_to_everybody(
    desk_url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    story = _made(Story(start=utc_now() - timedelta(hours=1)), monkeypatch, demo=True)
    story.report(story.post("a bridge"))
    lead = story.hire("lead", "lead")
    secret = new_sign_in(person=lead.id, now=utc_now(), lives=timedelta(days=1))
    found = []
    with reader(browser, language=language, looked_at=True) as page:
        page.goto(f"{desk_url}/console/sign-in/{secret}")
        with page.expect_navigation():
            page.click("main button.go")
        page.goto(f"{desk_url}/console/policy")
        found += faults(page, least=24, name=f"policy-{language}")
        page.goto(f"{desk_url}/console/policy/edit")
        page.fill("[id='k.clocks.child_withhold.length']", "9 h")
        with page.expect_navigation():
            page.click("form.card button.go >> nth=0")
        for n in range(page.locator("summary").count()):
            page.locator("details:not([open]) > summary").first.click() if n and page.locator(
                "details:not([open])"
            ).count() else None
        found += faults(page, least=24, name=f"policy-edit-{language}")
        page.fill("[id='k.clocks.child_withhold.length']", "30 min")
        with page.expect_navigation():
            page.click("form.card button.go >> nth=0")
        found += faults(page, least=24)
        preview_policy(desk=story.desk, clock=utc_now)
        page.goto(f"{desk_url}/console/policy/draft")
        page.click("summary >> nth=0")
        found += faults(page, least=24, name=f"policy-draft-{language}")
        page.goto(f"{desk_url}/console/policy/versions/{POLICY.digest}")
        found += faults(page, least=24)
    assert found == []
