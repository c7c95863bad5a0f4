"""A round with the provider, kept by the browser that began it: sealed, for ten minutes, in a cookie that comes back from elsewhere.

The cookie of a visit is not sent when another site leads back here (SameSite=Strict). This one is (Lax), and opens nothing by itself.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final, Literal

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse

from odzew.entrypoints.single_sign_on.client import Round
from odzew.foundation.secrets import Keys, seal_facts, unseal_facts
from odzew.ledger.provider_accounts import ASKED_WITHIN

COOKIE: Final = "desk-provider"
PATH: Final = "/console/"
_LONGEST: Final = 3000
_NAMES: Final = ("state", "nonce", "verifier", "purpose", "browser", "back", "begun_in", "token", "account")
Purpose = Literal["enter", "link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What was begun: to `enter`, or to `link` in the visit `begun_in`, whose forms carry `token`.

    `browser` is how the browser calls itself, hashed; `back` the case to see afterwards; `account` the keyed hash of the account that the
    provider vouched for, empty until it did.
    """

    state: str
    nonce: str
    verifier: str
    purpose: Purpose
    browser: str
    back: str = ""
    begun_in: str = ""
    token: str = ""
    account: str = ""

    @property
    def round_(self) -> Round:
        """What the provider's answer is held against."""
        return Round(state=self.state, nonce=self.nonce, verifier=self.verifier)

    def vouched(self, *, account: bytes) -> Pending:
        """Return it with what the provider said; what that was held against is over."""
        return replace(self, account=account.hex(), nonce="", verifier="")


def begun(*, purpose: Purpose, browser: bytes, back: str = "", begun_in: str = "", token: str = "") -> Pending:
    """Return a new round."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Pending(
        state=state,
        nonce=nonce,
        verifier=verifier,
        purpose=purpose,
        browser=browser.hex(),
        back=back,
        begun_in=begun_in,
        token=token,
    )


def keep(answer: HttpResponse, *, pending: Pending, keys: Keys, now: datetime) -> None:
    """Give the browser its round to keep."""
    facts = {**asdict(pending), "for": "provider", "until": (now + ASKED_WITHIN).timestamp()}
    answer.set_cookie(
        COOKIE,
        seal_facts(keys=keys, facts=facts),
        max_age=int(ASKED_WITHIN.total_seconds()),
        path=PATH,
        secure=django_settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def pending_of(request: HttpRequest, *, browser: bytes, keys: Keys, now: datetime) -> Pending | None:
    """Return the round that this browser keeps, or None: none, too old, forged, or begun in another browser."""
    sealed = request.COOKIES.get(COOKIE, "")
    facts = unseal_facts(keys=keys, sealed=sealed, now=now) if len(sealed) <= _LONGEST and sealed.isascii() else {}
    if facts.get("for") != "provider" or facts.get("browser") != browser.hex():
        return None
    return Pending(**{name: facts[name] for name in _NAMES})


def forget(answer: HttpResponse) -> None:
    """Take the round back: it is over, or came to nothing."""
    answer.delete_cookie(COOKIE, path=PATH, samesite="Lax")
