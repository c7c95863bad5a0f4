"""What programs call: new posts, a post's state, webhooks, and the control of the pretence."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from odzew.entrypoints.kladka import multipart, words
from odzew.entrypoints.kladka.control import MODES
from odzew.entrypoints.kladka.pages import View, page
from odzew.entrypoints.kladka.publishing import FORM_LIMIT, draft, publish
from odzew.entrypoints.kladka.records import Post
from odzew.entrypoints.kladka.web import Refused, Request, Response, Router, as_json

if TYPE_CHECKING:
    from odzew.entrypoints.kladka.app import Kladka


def routes(*, router: Router, site: Kladka) -> None:
    """Add the programs' addresses."""
    programs = Programs(site=site)
    router.add("POST", "/posts", programs.create)
    router.add("GET", "/posts/<post_id>.json", programs.state)
    router.add("POST", "/webhooks", site.receiver.receive)
    router.add("GET", "/control", programs.control)
    router.add("POST", "/control", programs.set_control)
    router.add("GET", "/control/log", programs.log)


class Programs:
    """The handlers; each takes a request and gives JSON."""

    def __init__(self, *, site: Kladka) -> None:
        self._site = site

    def create(self, request: Request) -> Response:
        """Take a post in, and register it with the desk."""
        form = multipart.read(content_type=request.header("content-type"), body=request.body(limit=FORM_LIMIT))
        post = publish(store=self._site.store, wish=draft(form=form))
        self._site.registrar.register(post_id=post.id)
        url, media_url = self._addresses(post)
        answer = as_json({"id": post.id, "url": url, "media_url": media_url}, status=201)
        answer.headers["Location"] = url
        return answer

    def state(self, request: Request, post_id: str) -> Response:
        """What the platform knows about a post, for tests; never the words of what is hidden."""
        post = self._site.store.post(post_id)
        if post is None:
            raise Refused(404, "There is no such post.")
        url, media_url = self._addresses(post)
        value: dict[str, Any] = {**asdict(post), "url": url, "media_url": media_url}
        value["media"] = {"id": post.media.id, "sha256": post.media.sha256, "md5": post.media.md5}
        if not post.shown:
            value.update(text=None, alt=None)
        return as_json(value)

    def log(self, request: Request) -> Response:
        """Every webhook that came since the start, oldest first."""
        return as_json(self._site.receiver.seen())

    def control(self, request: Request) -> Response:
        """The behaviour in force; for a browser with buttons to change it."""
        if not request.wants_page:
            return as_json(self._site.control.show())
        view = View.of(request)
        now = self._site.control.setting().mode
        choices = "".join(
            f'<label class="choice"><input type="radio" name="mode" value="{mode}"{" checked" if mode == now else ""}>'
            f"<span>{view.say(f'mode_{mode}')}</span></label>"
            for mode in MODES
        )
        body = (
            f'<section class="slim"><h1>{view.say("control")}</h1><p>{view.say("control_lead")}</p>'
            f'<form method="post" action="{view.to("control")}">'
            f"<fieldset><legend>{view.say('control')}</legend>{choices}</fieldset>"
            f"<button>{view.say('apply')}</button></form></section>"
        )
        return page(view=view, title=words.say(language=view.language, key="control"), body=body)

    def set_control(self, request: Request) -> Response:
        """Change the behaviour: JSON from a program, a form from a browser."""
        if request.content_type == "application/x-www-form-urlencoded":
            self._site.control.change({"mode": request.form().get("mode")})
            return Response(b"", status=303, headers={"Location": "/control"})
        if request.content_type != "application/json":
            raise Refused(415, "Send JSON.")
        return as_json(self._site.control.change(request.json()))

    def _addresses(self, post: Post) -> tuple[str, str]:
        root = self._site.desk.public_url
        return f"{root}/posts/{post.id}", f"{root}/media/{post.media.id}"
