"""Pages for people: the feed, a post, a picture, an account, an inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from odzew.entrypoints.kladka import words
from odzew.entrypoints.kladka.desk import DeskAway, DeskRefused
from odzew.entrypoints.kladka.pages import (
    MARK,
    STYLE,
    View,
    account_link,
    cards,
    e,
    notice_page,
    numbers,
    page,
    picture,
    repost_line,
)
from odzew.entrypoints.kladka.records import Letter, Post
from odzew.entrypoints.kladka.web import Refused, Request, Response, Router

if TYPE_CHECKING:
    from odzew.entrypoints.kladka.app import Kladka

PER_PAGE: Final = 24


def routes(*, router: Router, site: Kladka) -> None:
    """Add the pages."""
    pages = People(site=site)
    router.add("GET", "/", pages.feed)
    router.add("GET", "/style.css", pages.style)
    router.add("GET", "/icon.svg", pages.icon)
    router.add("GET", "/posts/<post_id>", pages.post)
    router.add("GET", "/media/<media_id>", pages.media)
    router.add("GET", "/accounts/<account_id>", pages.account)
    router.add("GET", "/accounts/<account_id>/inbox", pages.inbox)
    router.add("POST", "/accounts/<account_id>/appeals", pages.appeal)


class People:
    """The handlers; each takes a request and gives a page."""

    def __init__(self, *, site: Kladka) -> None:
        self._site = site
        self._store = site.store

    def style(self, request: Request) -> Response:
        """The style sheet; its address changes when it does."""
        return Response(STYLE, kind="text/css; charset=utf-8", headers={"Cache-Control": "public, max-age=86400"})

    def icon(self, request: Request) -> Response:
        """The mark of the site."""
        mark = MARK.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" color="#a0508f" ', 1)
        return Response(mark.encode(), kind="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})

    def feed(self, request: Request) -> Response:
        """All public posts, newest first; hidden ones keep their place, removed ones do not."""
        view = View.of(request)
        posts = [post for post in self._store.posts() if not post.private and post.status not in ("held", "removed")]
        asked = request.query.get("page", "1")
        last = max(1, -(-len(posts) // PER_PAGE))
        number = min(int(asked), last) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 7 else 1
        number = max(number, 1)
        shown = posts[(number - 1) * PER_PAGE : number * PER_PAGE]
        body = (
            f'<h1>{view.say("newest")}</h1><p class="lead">{view.say("tagline")}</p>{cards(view, shown)}{_turn(view, number, last)}'
        )
        return page(view=view, title="Kładka", body=body)

    def post(self, request: Request, post_id: str) -> Response:
        """One post, or why a stranger cannot see it."""
        view, post = View.of(request), self._store.post(post_id)
        if post is None:
            return notice_page(view=view, status=404)
        if post.refusal != 200:
            return self._withheld(view, post)
        title = e(post.text) or f"<bdi>{e(post.account)}</bdi>"
        body = (
            f'<article class="one"><div class="card">{picture(view, post)}<div class="inside">{repost_line(view, post)}'
            f'<h1 class="text">{title}</h1><div class="foot">{account_link(view, post.account)}'
            f'<a class="flag" href="{view.to("posts", post.id, "report")}">{view.say("report")}</a></div>'
            f'{numbers(view, post)}<p class="soft">{view.when(post.created_at)}</p>{self._site.door.button(view=view, post_id=post.id)}'
            f"</div></div></article>"
        )
        return self._site.door.allowed(response=page(view=view, title=post.text[:60] or post.account, body=body))

    def media(self, request: Request, media_id: str) -> Response:
        """The bytes of a picture, or a short refusal."""
        post = self._store.post_of_media(media_id)
        status = post.refusal if post is not None else 404
        if post is None or status != 200:
            language = View.of(request).language
            text = words.say(language=language, key="unavailable") + "\n"
            return Response(text.encode(), kind="text/plain; charset=utf-8", status=status, headers=self._blocked_by(status))
        return Response(self._store.picture(post.media), kind=post.media.mime, headers={"Content-Disposition": "inline"})

    def account(self, request: Request, account_id: str) -> Response:
        """What an account shows to everyone."""
        view, account = View.of(request), self._store.account(account_id)
        if account is None:
            return notice_page(view=view, status=404)
        inbox = f'<a href="{view.to("accounts", account.id, "inbox")}">{view.say("inbox")}</a>'
        if account.suspended:
            body = (
                f'<section class="plain"><h1><bdi>{e(account.id)}</bdi></h1><p>{view.say("suspended")}</p><p>{inbox}</p></section>'
            )
            return page(view=view, title=account.id, body=body, status=403)
        posts = [
            p for p in self._store.posts() if p.account == account.id and not p.private and p.status not in ("held", "removed")
        ]
        head = f'<div class="head"><h1><bdi>{e(account.id)}</bdi></h1><span>{view.count("posts", len(posts))}</span>{inbox}</div>'
        return page(view=view, title=account.id, body=head + cards(view, posts[:PER_PAGE]))

    def inbox(self, request: Request, account_id: str) -> Response:
        """The letters of an account; on a real platform only its holder could read them."""
        view, account = View.of(request), self._store.account(account_id)
        if account is None:
            return notice_page(view=view, status=404)
        letters = "".join(_letter(view, account.id, letter) for letter in account.inbox) or f"<p>{view.say('inbox_empty')}</p>"
        title = words.say(language=view.language, key="inbox_of", who=account.id)
        body = f'<section class="slim"><h1>{e(title)}</h1>'
        body += f'<p class="soft">{view.say("inbox_note", who=account.id)}</p>{letters}</section>'
        return page(view=view, title=title, body=body)

    def appeal(self, request: Request, account_id: str) -> Response:
        """Send an uploader's appeal to the desk."""
        form = request.form()
        account = self._store.account(account_id)
        letter = next((x for x in account.inbox if x.id == form.get("letter")), None) if account else None
        text = form.get("text", "").strip()[:5_000]
        if account is None or letter is None or not letter.case:
            raise Refused(404, "There is no such letter.")
        if not text:
            raise Refused(422, "An appeal needs a text.")
        try:
            self._site.desk.appeal(case=letter.case, account_id=account_id, text=text)
        except DeskAway as error:
            raise Refused(503, "The desk does not answer; nothing was sent.") from error
        except DeskRefused as error:
            raise Refused(422, "The desk did not accept the appeal; nothing was sent.") from error
        with self._store.change():
            for kept in self._store.open_account(account_id).inbox:
                kept.appealed = kept.appealed or kept.id == letter.id
        view = View.of(request, wanted=form.get("lang"))
        back = f'<p><a href="{view.to()}">{view.say("all_posts")}</a></p>'
        body = f'<section class="plain"><h1>{view.say("appealed")}</h1>{back}</section>'
        return page(view=view, title=words.say(language=view.language, key="appealed"), body=body)

    def _withheld(self, view: View, post: Post) -> Response:
        status = post.refusal
        more = f'<p>{view.say("m451")}</p><p class="quote">{e(post.text)}</p>' if status == 451 and post.scope == "media" else ""
        answer = notice_page(view=view, status=status, more=more)
        answer.headers.update(self._blocked_by(status))
        return answer

    def _blocked_by(self, status: int) -> dict[str, str]:
        return {"Link": f'<{self._site.desk.url}>; rel="blocked-by"'} if status == 451 else {}


def _turn(view: View, number: int, last: int) -> str:
    newer = f'<a href="{view.to(tail=f"page={number - 1}")}">{view.say("newer")}</a>' if number > 1 else "<span></span>"
    older = f'<a href="{view.to(tail=f"page={number + 1}")}">{view.say("older")}</a>' if number < last else ""
    return f'<p class="turn">{newer}{older}</p>' if last > 1 else ""


def _desk_page(view: View, letter: Letter) -> str:
    """The way to the desk's own page, which asks for the code: it is in no address."""
    if not letter.code or not letter.page.startswith(("https://", "http://")):
        return ""
    code = " ".join(letter.code[n : n + 4] for n in range(0, len(letter.code), 4))
    return (
        f'<p><a href="{e(letter.page)}" rel="noreferrer" data-desk-page>{view.say("desk_page")}</a><br>{view.say("desk_code")} '
        f"<strong data-desk-code>{e(code)}</strong></p>"
    )


def _letter(view: View, account: str, letter: Letter) -> str:
    language = f' lang="{e(letter.language)}"' if letter.language else ""
    appeal = ""
    if letter.appealed:
        appeal = f"<p><strong>{view.say('appealed')}</strong></p>"
    elif letter.kind == "statement" and letter.case:
        until = (
            f"<p>{view.say('appeal_until', when='%')}</p>".replace("%", view.when(letter.appeal_until))
            if letter.appeal_until
            else ""
        )
        appeal = (
            f'{until}<form method="post" action="{view.to("accounts", account, "appeals")}"><input type="hidden" name="letter" '
            f'value="{e(letter.id)}"><input type="hidden" name="lang" value="{view.language}"><label class="label" '
            f'for="a-{e(letter.id)}">{view.say("appeal_label")}</label>'
            f'<textarea id="a-{e(letter.id)}" name="text" rows="3" required '
            f'maxlength="5000"></textarea><button>{view.say("appeal")}</button></form>'
        )
    return (
        f'<article class="letter" data-letter="{letter.kind}"><h2>{view.say(letter.kind)}</h2>'
        f'<p class="soft">{view.when(letter.at)}</p>'
        f'<p class="said"{language}>{e(letter.text)}</p>{_desk_page(view, letter)}{appeal}</article>'
    )
