"""Single sign-on in a real browser without script: linked, left, and come back by it; its pages by day, night and phone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, cast

import pyotp
import pytest
from playwright.sync_api import Browser

from odzew.entrypoints.console import own_views, provider_views
from odzew.entrypoints.console import views as console
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.entrypoints.single_sign_on import client
from odzew.foundation.moments import utc_now
from odzew.foundation.outgoing import Http
from odzew.usecases.enrol_person import enrol_person
from tests.cast import Story
from tests.pages.conftest import Served
from tests.pages.looks import faults, reader
from tests.pages.provider import provided
from tests.pages.site import go

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(90)]


def test_linked_and_come_back_without_script(browser: Browser, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    story, ahead = Story(start=utc_now()), timedelta(0)
    monkeypatch.setattr(console, "desk", lambda: story.desk)
    monkeypatch.setattr(console, "utc_now", lambda: utc_now() + ahead)
    monkeypatch.setattr(console, "_guesses", Guesses())
    monkeypatch.setattr(provider_views, "_guesses", Guesses())
    who = enrol_person(name="Zofia Żółć", role="reviewer", sign_in_lives=timedelta(days=1), desk=story.desk, now=utc_now())
    otp = pyotp.TOTP(re.findall(r"secret=(\w+)", who.otpauth)[0])
    # The desk is `localhost` and the provider a number: for a browser that is another site, which strict cookies do not come from.
    base = served.url.replace("127.0.0.1", "localhost")
    with provided(clock=utc_now) as provider:
        place = provider.place(base)
        asks = client.Client(place=place, out=Http())
        monkeypatch.setattr(provider_views, "client", lambda: asks)
        for module in (console, own_views):
            monkeypatch.setattr(module, "the_place", lambda: place)
        with reader(browser, language="pl-PL", script=False) as page:  # under the desk's own Content-Security-Policy
            page.goto(f"{base}/console/sign-in")
            page.fill("#secret", who.sign_in)
            page.fill("#code", otp.at(utc_now()))
            go(page, "form:not([data-passkey]) button.go")
            page.goto(f"{base}/console/you")
            go(page, "#provider a")
            assert page.url == f"{base}/console/sign-in/provider/second"
            linking = page.context.cookies()
            go(page, "main form button.go")
            assert page.url == f"{base}/console/you#provider" and "Połączone" in page.locator("#provider").inner_text()
            go(page, "header form button")
            go(page, "a.go")
            assert page.url == f"{base}/console/sign-in/provider/second"
            entering = page.context.cookies()
            ahead = timedelta(seconds=30)
            page.fill("#code", otp.at(utc_now() + ahead))
            go(page, "form:not([data-passkey]) button.go >> nth=-1")
            assert page.url == f"{base}/console/"
            page.goto(f"{base}/console/you")
            assert "logowaniem wspólnym" in page.locator("#visits").inner_text()
            inside = page.context.cookies()
        with reader(browser, language="pl-PL", looked_at=True) as page:
            for name, cookies, path in (
                ("door", [], "sign-in"),
                ("refused", [], "sign-in/provider/back?state=x&code=y"),
                ("second", entering, "sign-in/provider/second"),
                ("link", linking, "sign-in/provider/second"),
                ("you", inside, "you"),
            ):
                page.context.clear_cookies()
                page.context.add_cookies(cast(Any, cookies))
                page.goto(f"{base}/console/{path}")
                assert faults(page, least=24, name=f"provider-{name}") == [], name
            provider.subject = "x" * 300
            page.goto(f"{base}/console/you/provider")
            assert page.locator("[role=alert]").inner_text().startswith("Nic nie połączono")
            assert faults(page, least=24, name="provider-not-linked") == []
