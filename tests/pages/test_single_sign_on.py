"""Single sign-on: a right answer of the provider stands for the secret, a wrong one for nothing, and the second factor is always asked for."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pyotp
import pytest
from django.test import Client

from odzew.entrypoints.console import own_views, provider_views, views
from odzew.entrypoints.console.visit import COOKIE
from odzew.entrypoints.reporter.guesses import NETWORK_MOST, Guesses
from odzew.entrypoints.single_sign_on import client as client_module
from odzew.entrypoints.single_sign_on import pending
from odzew.foundation.errors import Unauthorised
from odzew.foundation.outgoing import Http
from odzew.foundation.writes import fetch_all
from odzew.ledger.people import Caller, enrol_second_factor, leave_desk, new_sign_in
from odzew.ledger.provider_accounts import account_hash, linked_until, person_of
from odzew.ledger.visits import visits_of
from odzew.usecases.come_in import ByProvider, come_in
from odzew.usecases.link_provider import link_provider
from odzew.usecases.renew_sign_in import renew_sign_in
from tests.cast import KEYS, Story
from tests.pages.provider import CLIENT, Provider, provided

BEGIN, SECOND = "/console/sign-in/provider", "/console/sign-in/provider/second"
WRONG, DOWN = "Try again, or use your secret.", "does not answer now"


class Desk:
    """A desk with a provider, and somebody whose account there is linked."""

    def __init__(self, story: Story, provider: Provider) -> None:
        self.story, self.provider, self.who = story, provider, story.reviewer(0)
        self.otp = self.factor(self.who)
        link_provider(person_id=self.who.id, account=self.account("konto-1"), actor="operator", now=story.now)

    def anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A provider that answers rightly, a web process that has just started, and nobody who waits."""
        self.provider.behave()
        asks = client_module.Client(place=self.provider.place(), out=Http())
        monkeypatch.setattr(provider_views, "client", lambda: asks)
        monkeypatch.setattr(provider_views, "_guesses", Guesses())

    def account(self, subject: str) -> bytes:
        """The hash of an account there."""
        return account_hash(issuer=self.provider.issuer, subject=subject, keys=KEYS)

    def factor(self, who: Caller) -> pyotp.TOTP:
        """A new authenticator of somebody."""
        link = enrol_second_factor(person=who.id, keys=KEYS, now=self.story.now)
        return pyotp.TOTP(re.findall(r"secret=(\w+)", link)[0])

    def code(self) -> str:
        """A code that was not used yet."""
        self.story.now += timedelta(seconds=30)
        return str(self.otp.at(self.story.now))

    def away(self, browser: Client, path: str = BEGIN) -> str:
        """To the provider; return where it sends the browser back to."""
        answer = browser.get(path)
        assert answer.status_code == 303, answer.content.decode()
        return self.provider.allow(answer.headers["Location"])

    def back(self, browser: Client) -> Any:
        """There and back; return the answer of the desk."""
        return browser.get(self.away(browser))

    def enter(self, browser: Client | None = None) -> Any:
        """All the way in."""
        browser = browser or Client()
        answer = self.back(browser)
        assert (answer.status_code, answer.headers["Location"]) == (303, SECOND)
        return browser.post(SECOND, {"code": self.code()})

    def signed_in(self, who: Caller) -> Client:
        """Somebody who came in by secret and code."""
        browser, otp = Client(), self.factor(who)
        secret = new_sign_in(person=who.id, now=self.story.now, lives=timedelta(days=1))
        assert browser.post("/console/sign-in", {"secret": secret, "code": otp.at(self.story.now)}).status_code == 303
        return browser


@pytest.fixture
def desk(story: Story, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk of a story whose provider is on this machine."""
    with provided(clock=lambda: story.now) as provider:
        place = provider.place()
        monkeypatch.setattr(views, "desk", lambda: story.desk)
        monkeypatch.setattr(views, "utc_now", lambda: story.now)
        monkeypatch.setattr(views, "_guesses", Guesses())
        monkeypatch.setattr(client_module, "SECONDS", 0.3)
        for module in (views, own_views):
            monkeypatch.setattr(module, "the_place", lambda: place)
        made = Desk(story, provider)
        made.anew(monkeypatch)
        yield made


def _events(kind: str) -> list[tuple[str, str]]:
    rows = fetch_all("SELECT actor, convert_from(data, 'UTF8') FROM ledger_event WHERE kind LIKE %s ORDER BY id", [kind])
    return [(str(actor), str(data)) for actor, data in rows]


def _refused(answer: Any, sentence: str, status: int) -> None:
    page = answer.content.decode()
    assert answer.status_code == status and sentence in page and COOKIE not in answer.cookies, page[-2000:]


def test_the_account_stands_for_the_secret_and_the_second_factor_is_still_asked_for(desk: Desk) -> None:
    browser = Client()
    assert "Żuraw" in browser.get("/console/sign-in").content.decode()
    case = f"/console/cases/{uuid.uuid4()}"
    assert f'href="{BEGIN}?back={case}"' in browser.get(case).content.decode()
    answer = browser.get(desk.away(browser, f"{BEGIN}?back={case}"))
    kept = answer.cookies[pending.COOKIE]
    assert (kept["path"], kept["samesite"], kept["httponly"], kept["max-age"]) == ("/console/", "Lax", True, 600)
    assert "konto-1" not in kept.value and COOKIE not in browser.cookies
    assert browser.get("/console/").status_code == 401, "the provider alone opens nothing"
    assert desk.who.name not in browser.get(SECOND).content.decode()
    for code in ("000000", "", "ąęłóżź", "1" * 5000):
        _refused(browser.post(SECOND, {"code": code}), "That code did not work", 401)
    came = browser.post(SECOND, {"code": desk.code()})
    assert (came.status_code, came.headers["Location"]) == (303, case)
    assert browser.cookies[COOKIE]["samesite"] == "Strict" and browser.cookies[pending.COOKIE].value == ""
    assert "by single sign-on" in browser.get("/console/you").content.decode()
    (visit,) = visits_of(person=desk.who.id, now=desk.story.now)
    assert visit.how == "provider" and visit.fresh(now=desk.story.now)
    ((actor, data),) = _events("visit.began")
    assert actor == desk.who.actor and '"how":"provider"' in data
    for _, said in (*_events("factor.%"), (actor, data)):
        assert desk.who.name not in said and "konto-1" not in said and desk.provider.issuer not in said
    assert [actor for actor, _ in _events("factor.provider_linked")] == ["operator"]


def _none(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", algorithm="none")


WRONGS: dict[str, Callable[[Provider], object]] = {
    "another issuer": lambda p: p.claims.update(iss="https://other.example"),
    "another's question": lambda p: p.claims.update(nonce="x"),
    "no nonce": lambda p: p.claims.update(nonce=None),
    "made for another": lambda p: p.claims.update(aud="another"),
    "made for nobody": lambda p: p.claims.update(aud=[]),
    "for several, asked by nobody": lambda p: p.claims.update(aud=[CLIENT, "another"]),
    "asked by another": lambda p: p.claims.update(azp="another"),
    "over": lambda p: p.claims.update(exp=p.clock().timestamp() - 61),
    "never over": lambda p: p.claims.update(exp=None),
    "over at no time": lambda p: p.claims.update(exp=True),
    "over at a word": lambda p: p.claims.update(exp="tomorrow"),
    "over in infinity": lambda p: p.claims.update(exp=float("inf")),
    "of yesterday": lambda p: p.claims.update(iat=p.clock().timestamp() - 86_400),
    "of tomorrow": lambda p: p.claims.update(iat=p.clock().timestamp() + 61),
    "not begun": lambda p: p.claims.update(nbf=p.clock().timestamp() + 61),
    "nobody's": lambda p: p.claims.update(sub=None),
    "a number's": lambda p: p.claims.update(sub=1),
    "with Polish letters": lambda p: p.claims.update(sub="żółw"),
    "a very long one's": lambda p: p.claims.update(sub="k" * 256),
    "without a signature": lambda p: setattr(p, "forge", _none),
    "signed with the public key": lambda p: setattr(p, "forge", p.with_public_key),
    "signed with another key": lambda p: p.header.update(kid="other"),
    "of a key that is not shown": lambda p: setattr(p, "key", "unseen"),
    "of no named key": lambda p: p.header.update(kid=None),
    "of a short key": lambda p: p.signs("short", "RS256"),
    "with a demand of its own": lambda p: p.header.update(crit=["b64"], b64=True),
    "no token": lambda p: setattr(p, "forge", lambda _claims: "a.b.c"),
    "no letters": lambda p: setattr(p, "forge", lambda _claims: "ż" * 9),
    "a huge token": lambda p: p.claims.update(x="x" * 40_000),
    "a huge answer": lambda p: p.size.update({"/token": 100_000}),
    "refused": lambda p: p.status.update({"/token": 400}),
    "moved": lambda p: p.status.update({"/token": 302}),
    "an account that nobody linked": lambda p: setattr(p, "subject", "konto-2"),
}


def test_an_answer_that_is_wrong_in_one_thing_opens_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong, change in WRONGS.items():
        desk.anew(monkeypatch)
        change(desk.provider)
        browser = Client()
        answer = desk.back(browser)
        assert answer.status_code == 401 and "/token" in desk.provider.asked, wrong
        _refused(answer, WRONG, 401)
        assert browser.cookies[pending.COOKIE].value == "" and "konto" not in answer.content.decode()
        _refused(browser.post(SECOND, {"code": desk.code()}), WRONG, 401)
    assert visits_of(person=desk.who.id, now=desk.story.now) == []
    desk.anew(monkeypatch)
    assert desk.enter().status_code == 303


RIGHTS: dict[str, Callable[[Provider], object]] = {
    "for several, asked by us": lambda p: p.claims.update(aud=[CLIENT, "another"], azp=CLIENT),
    "a minute late": lambda p: p.claims.update(exp=p.clock().timestamp() - 59),
    "of RSA": lambda p: p.signs("rsa", "RS256"),
    "of the only key, unnamed": lambda p: p.signs("one", "ES256", kid=None),
    "with the secret in the form": lambda p: p.said.update(token_endpoint_auth_methods_supported=["client_secret_post"]),
}


def test_what_providers_may_do_differently_is_taken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for right, change in RIGHTS.items():
        desk.anew(monkeypatch)
        change(desk.provider)
        assert desk.enter().status_code == 303, right


DOWNS: dict[str, Callable[[Provider], object]] = {
    "down": lambda p: p.status.update({"/.well-known/openid-configuration": 500}),
    "slow": lambda p: p.held.add("/.well-known/openid-configuration"),
    "huge": lambda p: p.size.update({"/.well-known/openid-configuration": 300_000}),
    "moved": lambda p: p.status.update({"/.well-known/openid-configuration": 302}),
    "another's": lambda p: p.said.update(issuer=p.issuer + "/"),
    "of no PKCE": lambda p: p.said.update(code_challenge_methods_supported=["plain"]),
    "without a secret": lambda p: p.said.update(token_endpoint_auth_methods_supported=["none"]),
    "in the clear": lambda p: p.said.update(authorization_endpoint="http://sign-in.example/a"),
    "a script": lambda p: p.said.update(authorization_endpoint="javascript:alert(1)"),
    "nowhere": lambda p: p.said.update(token_endpoint=7),
}


def test_a_provider_that_does_not_answer_keeps_nobody_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for down, change in DOWNS.items():
        desk.anew(monkeypatch)
        change(desk.provider)
        assert Client().get(BEGIN).status_code == 503, down
        asked = len(desk.provider.asked)
        _refused(Client().get(BEGIN), DOWN, 503)
        assert len(desk.provider.asked) == asked == 1, "it is left in peace for a moment"
    for path in ("/token", "/keys"):
        desk.anew(monkeypatch)
        desk.provider.status[path] = 503
        _refused(desk.back(Client()), DOWN, 503)
    assert desk.signed_in(desk.who).get("/console/").status_code == 200


def test_keys_may_change_and_are_asked_for_once_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.enter().status_code == 303
    assert desk.provider.asked.count("/keys") == 1
    monkeypatch.setattr(client_module, "PAUSE_SECONDS", 0.0)
    desk.provider.key, desk.provider.keys = "two", ["two"]
    assert desk.enter().status_code == 303
    assert desk.provider.asked.count("/keys") == 2
    desk.provider.key = "unseen"
    _refused(desk.back(Client()), WRONG, 401)
    assert desk.provider.asked.count("/keys") == 3
    assert desk.provider.asked.count("/.well-known/openid-configuration") == 1


def test_a_round_is_of_one_browser_and_ends_once(desk: Desk) -> None:
    one, two, desk.provider.reuse = Client(), Client(), True
    to_one, to_two = desk.away(one), desk.away(two)
    for browser, path in ((one, to_two), (Client(), to_one), (one, to_one.replace("state=", "state=ż"))):
        _refused(browser.get(path), WRONG, 401)
    assert desk.provider.asked.count("/token") == 0, "nothing was asked for a round that is not theirs"
    elsewhere = Client(headers={"User-Agent": "another"})
    elsewhere.cookies[pending.COOKIE] = one.cookies[pending.COOKIE].value
    _refused(elsewhere.get(to_one), WRONG, 401)
    before = one.cookies[pending.COOKIE].value
    assert one.get(to_one).status_code == 303
    _refused(one.get(to_one), WRONG, 401)
    assert one.post(SECOND, {"code": desk.code()}).status_code == 303
    again = Client()
    again.cookies[pending.COOKIE] = before
    again.get(to_one)
    _refused(again.post(SECOND, {"code": desk.code()}), "That code did not work", 401)
    assert len(visits_of(person=desk.who.id, now=desk.story.now)) == 1
    assert two.get(to_two).status_code == 303
    desk.story.now += timedelta(minutes=11)
    _refused(two.post(SECOND, {"code": desk.code()}), WRONG, 401)


def test_a_forged_round_is_none(desk: Desk) -> None:
    browser = Client()
    for sealed in ("", "x", "ż".encode().decode("latin-1"), "x" * 5000, "gAAAAA=="):
        path = desk.away(browser)
        browser.cookies[pending.COOKIE] = sealed
        _refused(browser.get(path), WRONG, 401)
        _refused(browser.get(SECOND), WRONG, 401)
        browser.cookies[pending.COOKIE] = sealed
        _refused(browser.post(SECOND, {"code": "000000"}), WRONG, 401)


def test_what_the_provider_says_of_itself_on_the_way_back_is_held_against_it(desk: Desk) -> None:
    browser = Client()
    _refused(browser.get(desk.away(browser).replace("iss=http", "iss=https")), WRONG, 401)
    path = desk.away(browser)
    _refused(browser.get(path.replace("code=", "error=access_denied&code=")), WRONG, 401)
    desk.provider.said["authorization_response_iss_parameter_supported"] = True
    provider_views.client()._described = None  # type: ignore[union-attr]
    _refused(browser.get(desk.away(browser).partition("&iss=")[0]), WRONG, 401)
    assert desk.enter().status_code == 303


def test_nobody_is_led_elsewhere(desk: Desk) -> None:
    for back in ("https://evil.example/", "//evil.example", "/console/cases/../x", "javascript:1", "ż", "/\\evil", "%0d%0aX:1"):
        browser = Client()
        assert browser.get(desk.away(browser, f"{BEGIN}?back={back}")).headers["Location"] == SECOND
        assert browser.post(SECOND, {"code": desk.code(), "back": back}).headers["Location"] == "/console/"


def test_who_left_or_stayed_away_or_was_renewed_is_refused_like_a_stranger(desk: Desk) -> None:
    waiting = Client()
    assert desk.back(waiting).status_code == 303
    desk.story.now += timedelta(days=31)
    _refused(desk.back(Client()), WRONG, 401)
    for end in (
        lambda who: renew_sign_in(
            person_id=who, authenticator=True, sign_in_lives=timedelta(1), desk=desk.story.desk, now=desk.story.now
        ),
        lambda who: leave_desk(person=who, now=desk.story.now),
    ):
        link_provider(person_id=desk.who.id, account=desk.account("konto-1"), actor="operator", now=desk.story.now)
        browser = Client()
        assert desk.back(browser).status_code == 303
        end(desk.who.id)
        _refused(browser.post(SECOND, {"code": desk.code()}), "That code did not work", 401)
        _refused(desk.back(Client()), WRONG, 401)


def test_a_link_lives_as_long_as_it_is_used(desk: Desk) -> None:
    for _ in range(3):
        desk.story.now += timedelta(days=25)
        assert desk.enter().status_code == 303


def test_one_round_is_one_visit_whoever_is_quicker(desk: Desk) -> None:
    proof = ByProvider(account=desk.account("konto-1"), once="a round", second=desk.code())
    come_in(proof=proof, browser=b"", desk=desk.story.desk, now=desk.story.now)
    with pytest.raises(Unauthorised):
        later = ByProvider(account=proof.account, once=proof.once, second=desk.code())
        come_in(proof=later, browser=b"", desk=desk.story.desk, now=desk.story.now)


def test_who_tries_wrong_accounts_waits_and_nobody_else(desk: Desk) -> None:
    desk.provider.subject = "konto-2"
    for _ in range(NETWORK_MOST):
        browser = Client(REMOTE_ADDR="192.0.2.7")
        browser.get(desk.away(browser))
    assert Client(REMOTE_ADDR="192.0.2.8").get(BEGIN).status_code == 429
    desk.provider.subject = "konto-1"
    assert desk.enter().status_code == 303
    assert Client(REMOTE_ADDR="192.0.2.7").post("/console/sign-in", {"secret": "x", "code": "1"}).status_code == 401
    for _ in range(NETWORK_MOST + 1):  # what another site can make a browser do counts for nothing
        assert Client(REMOTE_ADDR="198.51.100.1").get(f"{BEGIN}/back?state=x&code=y").status_code == 401


def test_a_slow_provider_holds_few_threads(desk: Desk) -> None:
    asks = provider_views.client()
    assert asks is not None
    for _ in range(client_module.AT_ONCE):
        assert asks._room.acquire(blocking=False)
    _refused(Client().get(BEGIN), DOWN, 503)
    asks._room.release()
    assert Client().get(BEGIN).status_code == 303


def test_a_person_links_their_own_account_and_ends_it(desk: Desk) -> None:
    other = desk.story.reviewer(1)
    browser = desk.signed_in(other)
    token = re.findall(r'name="token" value="(\w+)"', browser.get("/console/you").content.decode())[0]
    desk.provider.subject = "konto-3"
    answer = browser.get(desk.away(browser, "/console/you/provider"))
    strict = browser.cookies.pop(COOKIE)  # a browser that comes from elsewhere does not send it
    page = browser.get(answer.headers["Location"]).content.decode()
    assert f'value="{token}"' in page and 'action="/console/you/provider"' in page
    browser.cookies[COOKIE] = strict.value
    assert browser.post("/console/you/provider", {"token": "x"}).status_code == 403
    assert person_of(account=desk.account("konto-3"), now=desk.story.now) is None, "looking at the page links nothing"
    assert browser.post("/console/you/provider", {"token": token}).headers["Location"] == "/console/you#provider"
    assert person_of(account=desk.account("konto-3"), now=desk.story.now) == other.id
    assert browser.post("/console/you/provider", {"token": token}).status_code == 401, "the round is over"
    assert [actor for actor, _ in _events("factor.provider_linked")] == ["operator", other.actor]


def test_an_account_is_one_persons_and_a_round_of_one_visit(desk: Desk) -> None:
    other = desk.story.reviewer(1)
    browser, again = desk.signed_in(other), desk.signed_in(other)
    tokens = [re.findall(r'name="token" value="(\w+)"', b.get("/console/you").content.decode())[0] for b in (browser, again)]
    browser.get(desk.away(browser, "/console/you/provider"))
    taken = browser.post("/console/you/provider", {"token": tokens[0]})
    assert taken.status_code == 409 and "somebody else" in taken.content.decode()
    assert person_of(account=desk.account("konto-1"), now=desk.story.now) == desk.who.id
    desk.provider.subject = "konto-3"
    browser.get(desk.away(browser, "/console/you/provider"))
    again.cookies[pending.COOKIE] = browser.cookies[pending.COOKIE].value
    assert again.post("/console/you/provider", {"token": tokens[1]}).status_code == 401
    for_signing_in = Client()
    desk.provider.subject = "konto-1"
    desk.back(for_signing_in)
    again.cookies[pending.COOKIE] = for_signing_in.cookies[pending.COOKIE].value
    assert again.post("/console/you/provider", {"token": tokens[1]}).status_code == 401
    assert linked_until(person=other.id, now=desk.story.now) is None
    desk.story.now += timedelta(minutes=6)
    for path in ("/console/you/provider", "/console/you/provider/remove"):
        step = browser.post(path, {"token": tokens[0]})
        assert step.headers["Location"] == "/console/step-up?back=/console/you", "never straight on: a form may lead nowhere else"


def test_ending_a_link_leaves_everything_else(desk: Desk) -> None:
    browser = Client()
    assert desk.enter(browser).status_code == 303
    page = browser.get("/console/you", headers={"Accept-Language": "pl"}).content.decode()
    assert "Logowanie wspólne" in page and "Połącz inne konto: Żuraw" in page
    token = re.findall(r'name="token" value="(\w+)"', page)[0]
    for _ in range(2):
        assert browser.post("/console/you/provider/remove", {"token": token}).status_code == 303
    assert [actor for actor, _ in _events("factor.provider_unlinked")] == [desk.who.actor]
    assert browser.get("/console/").status_code == 200
    _refused(desk.back(Client()), WRONG, 401)


def test_without_the_setting_there_is_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_views, "client", lambda: None)
    for module in (views, own_views):
        monkeypatch.setattr(module, "the_place", lambda: None)
    for path in (BEGIN, f"{BEGIN}/back", SECOND):
        assert Client().get(path).status_code == 404
    assert "Żuraw" not in Client().get("/console/sign-in").content.decode()
    browser = desk.signed_in(desk.story.reviewer(1))
    assert browser.get("/console/you/provider").status_code == 404
    assert 'id="provider"' not in browser.get("/console/you").content.decode()
