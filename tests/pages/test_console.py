"""The console: who may open what, blind until final, and nothing that another site or a reporter could make a browser do."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pyotp
import pytest
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from odzew.alarms.api import ring
from odzew.answers.wordbook import book
from odzew.cases.clocks import clocks_of
from odzew.decisions.api import decisions_of, statements_of
from odzew.entrypoints.alarm_channels import SENTENCES
from odzew.entrypoints.api import case_views
from odzew.entrypoints.console import case_page, views
from odzew.entrypoints.console.rights import RIGHTS
from odzew.entrypoints.console.visit import COOKIE, PATH
from odzew.entrypoints.reporter.guesses import NETWORK_MOST, Guesses
from odzew.foundation.writes import Writes
from odzew.ledger.events import read_texts
from odzew.ledger.people import (
    Caller,
    caller_of_key,
    enrol_second_factor,
    leave_desk,
    new_sign_in,
)
from odzew.policy.reasons import REASONS
from odzew.policy.vocabulary import CLAIMANTS, FLAGS, KINDS, OUTCOMES, ROLES, SOURCES
from odzew.usecases.allow_looking import allow_looking
from tests.cast import KEYS, POLICY, Story
from tests.usecases.looking import ANSWERS

EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)">'


@pytest.fixture
def desk_story(story: Story, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A story whose desk and clock the console has."""
    monkeypatch.setattr(views, "desk", lambda: story.desk)
    monkeypatch.setattr(case_views, "the_desk", lambda: story.desk)
    monkeypatch.setattr(views, "utc_now", lambda: story.now)
    monkeypatch.setattr(views, "_guesses", Guesses())
    return story


def _demo(monkeypatch: pytest.MonkeyPatch, demo: bool = True) -> None:
    monkeypatch.setattr(views, "settings", lambda: SimpleNamespace(demo=demo))


def _code(person: uuid.UUID, story: Story) -> str:
    link = enrol_second_factor(person=person, keys=KEYS, now=story.now)
    return str(pyotp.TOTP(re.findall(r"secret=(\w+)", link)[0]).at(story.now))


def _signed_in(story: Story, who: Caller) -> Client:
    client = Client()
    secret, code = new_sign_in(person=who.id, now=story.now, lives=timedelta(days=1)), _code(who.id, story)
    assert client.post("/console/sign-in", {"secret": secret, "code": code}).status_code == 303
    return client


def _token(client: Client) -> str:
    return str(re.findall(r'name="token" value="(\w+)"', client.get("/console/key").content.decode())[0])


def _page(client: Client, case: uuid.UUID) -> str:
    return client.get(f"/console/cases/{case}").content.decode()


def test_secret_and_code_open_the_desk_and_the_cookie_stays_in_it(desk_story: Story) -> None:
    who = desk_story.reviewer(0)
    secret, code = new_sign_in(person=who.id, now=desk_story.now, lives=timedelta(days=1)), _code(who.id, desk_story)
    client = Client()
    assert client.post("/console/sign-in", {"secret": secret, "code": "000000"}).status_code == 401
    answer = client.post("/console/sign-in", {"secret": secret, "code": code})
    cookie = answer.cookies[COOKIE]
    assert (cookie["path"], cookie["samesite"], cookie["httponly"], cookie["max-age"]) == (PATH, "Strict", True, 12 * 3600)
    assert client.get("/console/").status_code == 200
    assert Client().post("/console/sign-in", {"secret": secret, "code": code}).status_code == 401
    client.post("/console/sign-out", {"token": _token(client)})
    assert client.get("/console/").status_code == 401


def test_over_https_the_cookie_is_never_sent_in_the_clear(desk_story: Story, settings: object) -> None:
    settings.SESSION_COOKIE_SECURE = True  # type: ignore[attr-defined]
    client = _signed_in(desk_story, desk_story.reviewer(0))
    assert client.cookies[COOKIE]["secure"] is True


def test_a_forged_cookie_or_one_of_somebody_who_left_opens_nothing(desk_story: Story) -> None:
    client = _signed_in(desk_story, desk_story.reviewer(0))
    forged = Client()
    forged.cookies[COOKIE] = client.cookies[COOKIE].value[:-1] + "x"
    assert forged.get("/console/").status_code == 401
    leave_desk(person=desk_story.reviewer(0).id, now=desk_story.now)
    assert client.get("/console/").status_code == 401


def test_whoever_guesses_waits(desk_story: Story) -> None:
    for _ in range(NETWORK_MOST):
        Client().post("/console/sign-in", {"secret": "x", "code": "1"}, REMOTE_ADDR="192.0.2.7")
    assert Client().post("/console/sign-in", {"secret": "x", "code": "1"}, REMOTE_ADDR="192.0.2.9").status_code == 429
    assert Client().post("/console/sign-in", {"secret": "\x00", "code": "１２３"}).status_code == 401


def test_the_demos_link_is_used_by_the_button_only(desk_story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/console/sign-in/{new_sign_in(person=desk_story.reviewer(0).id, now=desk_story.now, lives=timedelta(days=1))}"
    assert Client().get(path).status_code == 404
    assert Client().post(path).status_code == 404
    _demo(monkeypatch)
    looked = Client()
    for _ in range(3):
        assert looked.get(path).status_code == 200
    assert COOKIE not in looked.cookies
    client = Client()
    assert client.post(path).status_code == 303
    assert "one-click link of the demo" in client.get("/console/").content.decode()
    assert "odz_per_" in client.post("/console/key", {"token": _token(client)}).content.decode()
    assert "one-click" not in _signed_in(desk_story, desk_story.reviewer(1)).get("/console/").content.decode()


def test_every_route_and_role(desk_story: Story) -> None:
    """Everything that the table does not name is refused, and without a visit everything is the sign-in page."""
    desk_story.post()
    case, some = desk_story.report().case, uuid.uuid4()
    until = desk_story.now + timedelta(days=9)
    allow_looking(
        country="PL", answers=ANSWERS, until=until, agreed=True, actor="operator", desk=desk_story.desk, now=desk_story.now
    )
    routes = {
        "home": "/console/",
        "case": f"/console/cases/{case}",
        "duplicates": f"/console/cases/{case}/duplicates",
        "preview": f"/console/cases/{case}/preview",
        "decide": f"/console/cases/{case}/decide",
        "messages": f"/console/cases/{case}/messages/{some}",
        "messages_read": f"/console/cases/{case}/messages/{some}/read",
        "warn": f"/console/cases/{case}/messages/{some}/warn",
        "suspend": f"/console/cases/{case}/messages/{some}/suspend",
        "end_suspension": f"/console/cases/{case}/messages/{some}/suspend/end",
        "hold": f"/console/cases/{case}/hold",
        "end_hold": f"/console/cases/{case}/hold/{some}/end",
        "release": f"/console/cases/{case}/statements/{some}/release",
        "live": "/console/live",
        "save_view": "/console/views",
        "change_view": f"/console/views/{some}",
        "drop_view": f"/console/views/{some}/drop",
        "case_live": f"/console/cases/{case}/live",
        "search": "/console/search",
        "next": "/console/next",
        "renew": f"/console/cases/{case}/lease",
        "give_back": f"/console/cases/{case}/lease/back",
        "look": f"/console/cases/{case}/look",
        "look_away": f"/console/looks/{some}/hide",
        "me": "/console/me",
        "accident": "/console/me/accident",
        "letter": "/console/me/letter",
        "wave": "/console/wave",
        "opinions": "/console/opinions",
        "opinion": f"/console/opinions/{some}",
        "alarms": "/console/alarms",
        "confirm": f"/console/alarms/{some}/confirm",
        "policy": "/console/policy",
        "policy_version": f"/console/policy/versions/{'0' * 64}",
        "policy_draft": "/console/policy/draft",
        "policy_edit": "/console/policy/edit",
        "policy_sign": "/console/policy/sign",
        "policy_withdraw": "/console/policy/withdraw",
        "policy_preview": "/console/policy/preview",
        "figures": "/console/figures",
        "agreement": "/console/agreement",
        "settle": f"/console/agreement/{some}",
        "operation": "/console/operation",
        "key": "/console/key",
        "revoke_key": "/console/key/revoke",
        "you": "/console/you",
        "end_visit": f"/console/you/visits/{some}/end",
        "end_others": "/console/you/visits/end-others",
        "recovery": "/console/you/recovery",
        "authenticator": "/console/you/authenticator",
        "passkey": "/console/you/passkeys/new",
        "drop_passkey": f"/console/you/passkeys/{some}/remove",
        "provider": "/console/you/provider",
        "drop_provider": "/console/you/provider/remove",
        "step_up": "/console/step-up",
        "sign_out": "/console/sign-out",
    }
    assert {page for page, _ in RIGHTS} == {*routes, "queue"}
    for role in ROLES:
        client = _signed_in(desk_story, desk_story.hire(f"{role} {uuid.uuid4()}", role))
        token = _token(client)
        for page, path in routes.items():
            for method in ("GET", "POST", "PUT", "DELETE"):
                if page == "sign_out" and method == "POST":
                    continue
                for visitor in (client, Client()):
                    answer = visitor.generic(method, path, f"token={token}", content_type="application/x-www-form-urlencoded")
                    known = {m for p, m in RIGHTS if p == page}
                    if method not in known:
                        assert answer.status_code == 405, (role, page, method)
                    elif visitor is not client:
                        assert answer.status_code == 401, (role, page, method)
                    else:
                        allowed = role in RIGHTS[(page, method)]
                        assert (answer.status_code != 403) == allowed, (role, page, method, answer.status_code)
    operator = _signed_in(desk_story, desk_story.hire(f"op {uuid.uuid4()}", "operator"))
    assert operator.get("/console/").headers["Location"] == "/console/alarms"


def test_no_form_without_its_own_visits_token(desk_story: Story) -> None:
    desk_story.post()
    case = desk_story.report().case
    one, two = _signed_in(desk_story, desk_story.reviewer(0)), _signed_in(desk_story, desk_story.reviewer(1))
    body = {"outcome": "remove", "ground": "child_safety", "reason": "Seen."}
    for token in ("", "x", _token(two)):
        assert one.post(f"/console/cases/{case}/decide", {**body, "token": token}).status_code == 403
    other = one.post(f"/console/cases/{case}/decide", {**body, "token": _token(one)}, headers={"Sec-Fetch-Site": "cross-site"})
    assert other.status_code == 403
    assert decisions_of(case=case) == []


@pytest.mark.parametrize("outcome", ["no_violation", "cannot_judge"])
def test_the_second_person_sees_the_same_before_and_after_the_first_answer(desk_story: Story, outcome: str) -> None:
    desk_story.post(views=5)
    case = desk_story.report(claimant="depicted").case
    desk_story.work()
    second, auditor = _signed_in(desk_story, desk_story.reviewer(1)), _signed_in(desk_story, desk_story.hire("aud", "auditor"))
    before, queue = _page(second, case), second.get("/console/").content
    desk_story.decide(case, 0, outcome, ground="not_in_scope", reason="A secret opinion.")
    after = _page(second, case)
    if outcome == "no_violation":
        assert after == before
        assert second.get("/console/").content == queue
    assert "A secret opinion" not in after
    assert desk_story.reviewer(0).actor not in after
    assert "A secret opinion" in _page(auditor, case)
    assert "A secret opinion" in _page(_signed_in(desk_story, desk_story.reviewer(0)), case)


def test_nothing_that_anybody_typed_becomes_part_of_a_page(desk_story: Story) -> None:
    desk_story.post()
    case = desk_story.report(text=EVIL, url="").case
    desk_story.report(text=EVIL, external_id="2", url="https://kladka.example/posts/post-1")
    client = _signed_in(desk_story, desk_story.reviewer(0))
    answer = client.post(
        f"/console/cases/{case}/decide",
        {"outcome": "remove", "ground": "child_safety", "reason": EVIL, "token": _token(client)},
    )
    assert answer.status_code == 303
    page = _page(client, case)
    assert "<script" not in page and "<img" not in page  # it is decided, so that not even our own is there
    assert page.count("&lt;script&gt;") >= 2
    assert 'href="https://kladka.example' not in page and "https://kladka.example/posts/post-1" in page
    back = client.post(f"/console/cases/{case}/decide", {"reason": EVIL, "token": _token(client)})
    assert back.status_code == 422 and b"<script" not in back.content


def test_a_case_is_decided_by_form_and_refusals_are_said(desk_story: Story) -> None:
    desk_story.post()
    case = desk_story.report().case
    desk_story.work()
    one, two = _signed_in(desk_story, desk_story.reviewer(0)), _signed_in(desk_story, desk_story.reviewer(1))
    version = re.findall(r'name="version" value="(\d+)"', _page(one, case))[0]
    body = {"outcome": "no_violation", "ground": "not_in_scope", "reason": "A bridge.", "version": version}
    path = f"/console/cases/{case}/decide"
    assert one.post(path, {**body, "token": _token(one)}).headers["Location"] == f"/console/cases/{case}"
    again = one.post(path, {**body, "token": _token(one)})
    assert again.status_code in (403, 409) and b'role="alert"' in again.content and b"A bridge." in again.content
    assert one.post(path, {**body, "outcome": "nonsense", "token": _token(one)}).status_code == 422
    assert two.post(path, {**body, "token": _token(two)}).status_code == 303
    decisions = decisions_of(case=case)
    assert [d.state for d in decisions] == ["final", "final"]
    assert set(read_texts(ids=[d.reason for d in decisions]).values()) == {"A bridge."}
    assert 'name="outcome"' not in _page(two, case)
    assert two.post(path, {**body, "token": _token(two)}).status_code == 409
    assert two.get(f"/console/cases/{uuid.uuid4()}").status_code == 404


def test_a_refusal_is_read_in_the_language_of_the_page(desk_story: Story) -> None:
    desk_story.post()
    case = desk_story.report().case
    client = _signed_in(desk_story, desk_story.reviewer(0))
    body = {"outcome": "no_violation", "ground": "not_in_scope", "reason": "Most.", "token": _token(client)}
    path = f"/console/cases/{case}/decide"
    assert client.post(path, body).status_code == 303
    again = client.post(path, body, headers={"Accept-Language": "pl"})
    assert again.status_code == 403 and "Potrzebna jest druga osoba" in again.content.decode()


def test_the_queue_has_its_order_and_an_end(desk_story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    client = _signed_in(desk_story, desk_story.reviewer(0))
    assert "Nothing waits for you." in client.get("/console/").content.decode()
    monkeypatch.setattr("odzew.entrypoints.console.queue_page.PAGE", 2)
    cases = []
    for n in range(3):
        desk_story.post(f"post-{n}", account=f"a{n}", views=n)
        cases.append(desk_story.report(f"post-{n}").case)
    found, path = [], "/console/"
    for _ in range(2):
        page = client.get(path).content.decode()
        found += re.findall(r"/console/cases/([0-9a-f-]{36})", page)
        path = next(iter(re.findall(r'href="(/console/\?after=[^"]+)">Next', page)), "")
    assert sorted(found) == sorted(map(str, cases)) and path == ""
    assert client.get("/console/?after=nonsense").status_code == 200
    assert "Bezpieczeństwo dziecka" in client.get("/console/", headers={"Accept-Language": "pl"}).content.decode()


def test_an_alarm_is_seen_once(desk_story: Story) -> None:
    with transaction.atomic():
        writes = Writes()
        alarm = ring(writes, code="test", now=desk_story.now)
        writes.send()
    client = _signed_in(desk_story, desk_story.hire(f"op {uuid.uuid4()}", "operator"))
    assert "I have seen it" in client.get("/console/alarms").content.decode()
    for _ in range(2):
        assert client.post(f"/console/alarms/{alarm}/confirm", {"token": _token(client)}).status_code == 303
    assert "I have seen it" not in client.get("/console/alarms").content.decode()


def test_a_key_is_made_after_a_fresh_code_and_shown_once(desk_story: Story) -> None:
    who = desk_story.reviewer(0)
    client = _signed_in(desk_story, who)
    token = _token(client)
    desk_story.now += timedelta(minutes=5, seconds=1)
    asked = client.post("/console/key", {"token": token})
    assert (asked.status_code, asked.headers["Location"]) == (303, "/console/step-up?back=/console/key")
    body = {"token": token, "back": "/console/key"}
    assert client.post("/console/step-up", {**body, "code": "000000"}).status_code == 401
    code = _code(who.id, desk_story)
    assert client.post("/console/step-up", {**body, "code": code}).headers["Location"] == "/console/key"
    page = client.post("/console/key", {"token": token}).content.decode()
    found = caller_of_key(key=re.findall(r"odz_per_[\w-]+", page)[0], now=desk_story.now)
    assert found is not None and found.id == who.id
    again = client.get("/console/key").content.decode()
    assert "odz_per_" not in again and "in 12 h" in again
    assert client.post("/console/key/revoke", {"token": token}).status_code == 303
    assert caller_of_key(key=re.findall(r"odz_per_[\w-]+", page)[0], now=desk_story.now) is None
    assert "You have no key now." in client.get("/console/key").content.decode()
    desk_story.now += timedelta(minutes=6)
    assert client.post("/console/step-up", {**body, "code": code}).status_code == 401, "it was used"
    assert client.post("/console/key", {"token": token}).status_code == 303
    for elsewhere in ("https://evil.example/", "//evil.example", "/console/../", "/console/key\n", "/"):
        shown = client.get("/console/step-up", {"back": elsewhere}).content.decode()
        assert 'name="back" value="/console/"' in shown


def test_the_safety_officer_lets_the_full_statement_go(desk_story: Story) -> None:
    officer = desk_story.hire("officer", "safety_officer")
    desk_story.post(views=5)
    case = desk_story.report(claimant="depicted").case
    desk_story.work()
    desk_story.decide(case, 0, "remove")
    desk_story.work()
    (held,) = [s for s in statements_of(case=case) if s["state"] == "held"]
    path = f"/console/cases/{case}/statements/{held['id']}/release"
    reviewer, client = _signed_in(desk_story, desk_story.reviewer(0)), _signed_in(desk_story, officer)
    assert path not in _page(reviewer, case) and path in _page(client, case)
    assert reviewer.post(path, {"token": _token(reviewer)}).status_code == 403
    desk_story.now += timedelta(hours=1)
    assert client.post(path, {"token": _token(client)}).status_code == 303
    assert client.post(path, {"token": _token(client)}).status_code == 409
    desk_story.work()
    states = {s["id"]: s["state"] for s in statements_of(case=case)}
    assert states[held["id"]] == "delivered"
    sent = [m for m in desk_story.platform_side.inbox if m["type"] == "statement.ready" and m["data"]["text"] == held["text"]]
    assert len(sent) == 1
    assert [c.state for c in clocks_of(case=case) if c.name == "statement_review"] == ["stopped"]
    assert "Full statement released" in _page(client, case)


def test_every_page_is_kept_by_nobody_and_none_but_three_have_a_script(desk_story: Story) -> None:
    desk_story.post()
    case = desk_story.report().case
    client = _signed_in(desk_story, desk_story.reviewer(0))
    for path in (
        "/console/sign-in",
        "/console/",
        f"/console/cases/{case}",
        "/console/alarms",
        "/console/key",
        f"/console/cases/{case}x",
    ):
        page = client.get(path)
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        ours = {"/console/sign-in": [b"passkey"], "/console/": [b"live"], f"/console/cases/{case}": [b"live", b"desk"]}.get(
            path, []
        )
        assert re.findall(rb"<script[^>]*>", page.content) == re.findall(rb'<script src="/console/\w+-\w+.js" defer>', page.content)
        assert re.findall(rb'<script src="/console/(\w+)-', page.content) == ours
        assert ("script-src" in page.headers["Content-Security-Policy"]) == bool(ours) and b"style=" not in page.content
    shown = client.get("/console/").content.decode()
    assert "Desk of several" in shown and "unwitnessed" in shown and POLICY.name in shown
    content, digest = views.css()
    assert client.get(f"/console/style-{digest}.css").content == content
    assert client.get("/console/style-old.css").headers["Location"].endswith(f"{digest}.css")


@pytest.mark.parametrize("language", ["en", "pl"])
def test_every_word_of_the_vocabulary_has_a_label(language: str) -> None:
    known = book(language=language).sentences
    groups = {
        "kind": KINDS, "flag": FLAGS, "source": SOURCES, "claimant": CLAIMANTS, "outcome": OUTCOMES, "role": ROLES,
        "clock": POLICY.clocks, "alarm": SENTENCES,
    }  # fmt: skip
    assert {f"reason.{r}" for r in REASONS} == {k for k in known if k.startswith("reason.")}
    for group, names in groups.items():
        assert not {f"console.{group}_{n}" for n in names} - known.keys()


def test_a_flooded_case_stays_readable_and_what_weighs_most_is_not_pushed_out(
    desk_story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_page, "NOTICES", 4)
    monkeypatch.setattr(case_page, "_MOST", dict.fromkeys(case_page._MOST, 5))
    desk_story.post()
    case = desk_story.report(claimant="depicted", text="It is me.").case
    desk_story.report(
        by=desk_story.hotline, source="hotline", item="", url="https://kladka.example/posts/post-1", text="Known to us."
    )
    desk_story.report(flags=frozenset({"imminent"}), text="Danger now.")
    for n in range(9):
        desk_story.report(text=f"flood {n}.")
    client = _signed_in(desk_story, desk_story.reviewer(0))
    page = _page(client, case)
    assert all(words in page for words in ("It is me.", "Known to us.", "Danger now.", "flood 8.", "8 more are not shown here."))
    assert "flood 7." not in page
    assert page.count("<li class=") == 5


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=12), st.integers(1, 12))
def test_fewer_notices_are_never_the_lighter_ones(kinds: list[tuple[bool, bool, bool]], most: int) -> None:
    def weight(n: Any) -> tuple[bool, bool, bool]:
        return "imminent" in n.flags, n.source == "hotline", n.claimant == "depicted"

    every: list[Any] = [
        SimpleNamespace(
            id=n,
            received_at=n,
            flags=("imminent",) if danger else (),
            source="hotline" if trusted else "user",
            claimant="depicted" if own else "other",
        )
        for n, (danger, trusted, own) in enumerate(kinds)
    ]
    shown = case_views.weightiest(notices=every, most=most)
    assert len(shown) == min(most, len(every)) and shown == [n for n in every if n in shown]
    left = [n for n in every if n not in shown]
    assert all(weight(a) > weight(b) or (weight(a) == weight(b) and a.id > b.id) for a in shown for b in left)
