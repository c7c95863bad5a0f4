"""The report button: a plain form, sent on to the desk, and a receipt with a code."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any, Final

from odzew.entrypoints.kladka import words
from odzew.entrypoints.kladka.desk import DeskAway, DeskRefused
from odzew.entrypoints.kladka.pages import View, e, notice_page, page
from odzew.entrypoints.kladka.web import Request, Response, Router

if TYPE_CHECKING:
    from odzew.entrypoints.kladka.app import Kladka

CHOICES: Final = {
    "who": ("me", "child", "someone"),
    "age": ("under18", "adult", "unknown"),
    "what": ("intimate", "blackmail", "grooming", "bullying", "other"),
}
CLAIMANT: Final = {"me": "depicted", "child": "guardian", "someone": "other"}
MINOR: Final = {"under18": True, "adult": False, "unknown": None}
TEXT_LIMIT: Final = 5_000


def routes(*, router: Router, site: Kladka) -> None:
    """Add the form and its receipt."""
    desk = Reporting(site=site)
    router.add("GET", "/posts/<post_id>/report", desk.form)
    router.add("POST", "/posts/<post_id>/report", desk.send)


def concern(*, who: str, age: str, what: str) -> dict[str, Any]:
    """Translate the three answers into the desk's words."""
    minor = MINOR[age]
    kinds = {
        "intimate": "csam" if minor else "ncii",
        "blackmail": "sextortion_child" if minor else "sextortion_adult",
        "grooming": "grooming",
        "bullying": "bullying_minor" if minor else "other",
        "other": "other",
    }
    return {"kind": kinds[what], "minor": minor, "claimant": CLAIMANT[who], "flags": []}


class Reporting:
    """The handlers of the report button."""

    def __init__(self, *, site: Kladka) -> None:
        self._site = site

    def form(self, request: Request, post_id: str) -> Response:
        """Show the form; a hidden post can be reported too, a removed one is gone."""
        view = View.of(request)
        post = self._site.store.post(post_id)
        if post is None or post.status == "removed":
            return notice_page(view=view, status=410 if post else 404)
        return self._page(view, post_id, {"once": secrets.token_hex(16)})

    def send(self, request: Request, post_id: str) -> Response:
        """Send the report to the desk; show the receipt, or the form again with what was written."""
        given = request.form()
        view = View.of(request, wanted=given.get("lang"))
        post = self._site.store.post(post_id)
        if post is None or post.status == "removed":
            return notice_page(view=view, status=410 if post else 404)
        given["more"] = given.get("more", "").replace("\0", "")[:TEXT_LIMIT]
        if not re.fullmatch(r"[0-9a-f]{32}", given.get("once", "")):
            given["once"] = secrets.token_hex(16)
        missing = [name for name, allowed in CHOICES.items() if given.get(name) not in allowed]
        if missing:
            return self._page(view, post_id, given, missing=missing, status=422)
        try:
            receipt = self._site.desk.notify(notice=self._notice(post_id, given, view.language))
        except DeskAway:
            return self._page(view, post_id, given, trouble="away_report", status=503)
        except DeskRefused as refused:
            if refused.status == 409:
                return self._receipt(view, {})
            return self._page(view, post_id, given, trouble="refused_report", status=502)
        return self._receipt(view, receipt)

    def _notice(self, post_id: str, given: dict[str, str], language: str) -> dict[str, Any]:
        notice: dict[str, Any] = {
            "external_id": f"kladka-{given['once']}",
            "source": "user",
            "concern": concern(who=given["who"], age=given["age"], what=given["what"]),
            "where": [{"item_id": post_id}],
            "language": language,
        }
        if given["more"].strip():
            notice["text"] = given["more"].strip()
        if self._site.store.account(given.get("account", "")) is not None:
            notice["reporter"] = {"account_id": given["account"]}
        return notice

    def _receipt(self, view: View, receipt: dict[str, Any]) -> Response:
        code, due = receipt.get("receipt_code"), receipt.get("answer_due")
        body = f'<section class="slim"><h1>{view.say("sent_title")}</h1>'
        if isinstance(code, str) and code:
            body += f'<p>{view.say("sent_lead")}</p><output class="code" data-receipt-code>{e(code)}</output>'
        else:
            body += f"<p>{view.say('sent_before')}</p>"
        if isinstance(due, str) and due:
            body += f"<p>{view.say('due', when='%').replace('%', view.when(due))}</p>"
        status = e(f"{self._site.desk.url}/status")
        body += f'<p><a class="go" href="{status}">{view.say("status")}</a></p></section>'
        return page(view=view, title=words.say(language=view.language, key="sent_title"), body=body)

    def _page(
        self,
        view: View,
        post_id: str,
        given: dict[str, str],
        *,
        missing: list[str] | None = None,
        trouble: str = "",
        status: int = 200,
    ) -> Response:
        questions = "".join(_question(view, name, given.get(name, "")) for name in CHOICES)
        body = (
            f'<section class="slim"><h1>{view.say("report_title")}</h1><p>{view.say("report_lead")}</p>'
            f'<div class="note"><p>{view.say("danger")} <a href="tel:112">112</a>.</p></div>'
            f"{_trouble(view, missing or [], trouble)}"
            f'<form method="post" action="{view.to("posts", post_id, "report")}">'
            f'<input type="hidden" name="once" value="{e(given["once"])}">'
            f'<input type="hidden" name="lang" value="{view.language}">{questions}'
            f'<label class="label" for="more">{view.say("more")}</label><textarea id="more" name="more" rows="4" '
            f'maxlength="{TEXT_LIMIT}">{e(given.get("more", ""))}</textarea>{self._accounts(view, given.get("account", ""))}'
            f'<button class="wide">{view.say("send")}</button></form></section>'
        )
        return page(view=view, title=words.say(language=view.language, key="report_title"), body=body, status=status)

    def _accounts(self, view: View, chosen: str) -> str:
        options = "".join(
            f'<option value="{e(name)}"{" selected" if name == chosen else ""}>{view.say("signed_as", who=name)}</option>'
            for name in self._site.store.account_ids()[:200]
        )
        return (
            f'<label class="label" for="account">{view.say("signed")}</label><select id="account" name="account">'
            f'<option value="">{view.say("signed_none")}</option>{options}</select>'
        )


def _question(view: View, name: str, chosen: str) -> str:
    choices = "".join(
        f'<label class="choice"><input type="radio" name="{name}" value="{value}" id="{name}-{value}" required'
        f"{' checked' if value == chosen else ''}><span>{view.say(f'{name}_{value}')}</span></label>"
        for value in CHOICES[name]
    )
    return f"<fieldset><legend>{view.say(name)}</legend>{choices}</fieldset>"


def _trouble(view: View, missing: list[str], trouble: str) -> str:
    if trouble:
        return f'<div class="note" role="alert"><p>{view.say(trouble)}</p></div>'
    if not missing:
        return ""
    links = "".join(f'<li><a href="#{name}-{CHOICES[name][0]}">{view.say(name)}</a></li>' for name in missing)
    return f'<div class="note" role="alert"><p>{view.say("errors")}</p><ul>{links}</ul></div>'
