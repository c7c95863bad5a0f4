"""A passkey from its making to the next sign-in, in a real browser with a pretend device; the pages for it by day, night and phone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, cast

import pyotp
import pytest
from playwright.sync_api import Browser

from odzew.entrypoints.console import factor_views, passkeys
from odzew.entrypoints.console import views as console
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.foundation.moments import utc_now
from odzew.ledger.passkeys import Place, passkeys_of
from odzew.usecases.enrol_person import enrol_person
from tests.cast import Story
from tests.pages.conftest import Served
from tests.pages.looks import faults, reader
from tests.pages.site import go

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(90)]
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
    "automaticPresenceSimulation": True,
}  # fmt: skip


def test_a_passkey_is_made_and_opens_the_desk(browser: Browser, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(start=utc_now())
    base = served.url.replace("127.0.0.1", "localhost")
    monkeypatch.setattr(console, "desk", lambda: story.desk)
    monkeypatch.setattr(console, "_guesses", Guesses())
    for module in (passkeys, factor_views):
        monkeypatch.setattr(module, "passkey_place", lambda: Place(rp="localhost", origin=base))
    who = enrol_person(name="Zofia Żółć", role="reviewer", sign_in_lives=timedelta(days=1), desk=story.desk, now=utc_now())
    code = pyotp.TOTP(re.findall(r"secret=(\w+)", who.otpauth)[0]).now()
    with reader(browser, language="pl-PL") as page:  # under the desk's own Content-Security-Policy
        tool = page.context.new_cdp_session(page)
        tool.send("WebAuthn.enable")
        device = tool.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
        page.goto(f"{base}/console/sign-in")
        page.fill("#secret", who.sign_in)
        page.fill("#code", code)
        go(page, "form:not([data-passkey]) button.go")
        page.goto(f"{base}/console/you/passkeys/new")
        page.fill("#name", "Telefon")
        go(page, "form[data-passkey] button.go")
        (kept,) = passkeys_of(person=who.person.id)
        assert kept.name == "Telefon" and page.locator("#passkeys h3").inner_text() == "Telefon"
        go(page, "header form button")
        page.goto(f"{base}/console/sign-in")
        go(page, "form[data-passkey] button.go")
        page.goto(f"{base}/console/you")
        assert page.locator("#visits article").count() == 1 and "kluczem dostępu" in page.locator("#visits").inner_text()
        tool.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
        page.goto(f"{base}/console/step-up")
        page.click("form[data-passkey] button.go")
        page.wait_for_selector("[data-failed]:not([hidden])")
        cookies = page.context.cookies()
    with reader(browser, language="pl-PL", looked_at=True) as page:
        page.goto(f"{base}/console/sign-in")
        assert faults(page, least=24, name="sign-in") == []
        page.context.add_cookies(cast(Any, cookies))
        for path in ("you", "key", "step-up", "you/authenticator", "you/passkeys/new"):
            page.goto(f"{base}/console/{path}")
            assert faults(page, least=24, name=path.replace("/", "-")) == [], path
        page.goto(f"{base}/console/you")
        go(page, "#recovery button")
        assert page.locator("ol.code li").count() == 10 and faults(page, least=24, name="recovery") == []
