"""The frame of every page and the pieces that pages share. Everything from outside goes through `e`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Final
from urllib.parse import quote

from odzew.entrypoints.kladka import words
from odzew.entrypoints.kladka.records import Post
from odzew.entrypoints.kladka.web import Request, Response

STYLE: Final = (files(__package__) / "style.css").read_bytes()
STYLE_VERSION: Final = hashlib.sha256(STYLE).hexdigest()[:12]
HUES: Final = 6
MARK: Final = (
    '<svg width="40" height="26" viewBox="0 0 40 26" aria-hidden="true"><g fill="none" stroke="currentColor" stroke-width="2.4"'
    ' stroke-linecap="round"><path d="M2 17Q20 3 38 17"/><path d="M2 9Q20-5 38 9" stroke-opacity=".55"/>'
    '<path d="M6 6.500v8M13 2.800v8M20 2v8M27 2.800v8M34 6.500v8"/>'
    '<path d="M3 23q4-2.500 8 0t8 0 8 0 8 0" stroke-opacity=".45"/></g></svg>'
)
EYE: Final = (
    '<svg width="18" height="18" viewBox="0 0 20 20" aria-hidden="true"><g fill="none" stroke="currentColor" stroke-width="1.6">'
    '<path d="M1.500 10S4.500 4.500 10 4.500 18.500 10 18.500 10 15.500 15.500 10 15.500 1.500 10 1.500 10Z"/>'
    '<circle cx="10" cy="10" r="2.500"/></g></svg>'
)
LOOP: Final = (
    '<svg width="18" height="18" viewBox="0 0 20 20" aria-hidden="true"><path fill="none" stroke="currentColor" stroke-width="1.6"'
    ' stroke-linecap="round" stroke-linejoin="round"'
    ' d="M4 9V7a2 2 0 0 1 2-2h9m-3-3 3 3-3 3M16 11v2a2 2 0 0 1-2 2H5m3 3-3-3 3-3"/></svg>'
)


def e(value: object) -> str:
    """Escape for HTML text and quoted attributes."""
    return escape(str(value), quote=True)


@dataclass(frozen=True)
class View:
    """One visitor's view: the language, and whether it was chosen by hand (then links carry it on)."""

    language: str
    chosen: bool
    path: str = "/"

    @classmethod
    def of(cls, request: Request, *, wanted: str | None = None) -> View:
        """Find the language of a request: `?lang`, then the form's, then the browser's."""
        asked = wanted or request.query.get("lang", "")
        language = words.choose(wanted=asked, accepted=request.header("accept-language"))
        return cls(language=language, chosen=asked in words.LANGUAGES, path=request.path)

    def say(self, key: str, **values: str) -> str:
        """Return an escaped text."""
        return e(words.say(language=self.language, key=key, **values))

    def count(self, key: str, value: int) -> str:
        """Return an escaped number with its noun."""
        return e(words.count(language=self.language, key=key, value=value))

    def when(self, written: str) -> str:
        """Return an escaped `time` element."""
        return f'<time datetime="{e(written)}">{e(words.moment(language=self.language, written=written))}</time>'

    def to(self, *parts: str, tail: str = "") -> str:
        """Return an escaped address on this site, with the chosen language."""
        path = "/" + "/".join(quote(part, safe="") for part in parts)
        query = "&".join(piece for piece in (tail, f"lang={self.language}" if self.chosen else "") if piece)
        return e(f"{path}?{query}" if query else path)


def page(*, view: View, title: str, body: str, status: int = 200) -> Response:
    """Frame a page. `title` is plain text, `body` is HTML."""
    other = "pl" if view.language == "en" else "en"
    heading = "Kładka" if title == "Kładka" else f"{title} · Kładka"
    switch = f"{quote(view.path)}?lang={other}"
    text = (
        f'<!doctype html>\n<html lang="{view.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{e(heading)}</title><link rel="stylesheet" href="/style.css?v={STYLE_VERSION}">'
        '<link rel="icon" href="/icon.svg" type="image/svg+xml"></head><body>'
        f'<a class="skip" href="#main">{view.say("skip")}</a>'
        f'<header><p class="pretend">{view.say("pretend")}</p>'
        f'<div class="top"><a class="mark" href="{view.to()}">{MARK}<span>Kładka</span></a>'
        f'<nav><a href="{e(switch)}" lang="{other}" hreflang="{other}">{view.say("other_language")}</a></nav></div></header>'
        f'<main id="main" tabindex="-1">{body}</main>'
        f"<footer><p>{view.say('tagline')}</p></footer></body></html>\n"
    )
    return Response(text.encode(), status=status)


def notice_page(*, view: View, status: int, more: str = "") -> Response:
    """A short honest page for a refusal: what it is and what it does not mean."""
    known = status if status in {403, 404, 410, 451, 503} else 400
    body = (
        f'<section class="plain"><p class="big" aria-hidden="true">{status}</p><h1>{view.say(f"t{known}")}</h1>'
        f'<p>{view.say(f"b{known}")}</p>{more}<p><a href="{view.to()}">{view.say("all_posts")}</a></p></section>'
    )
    return page(view=view, title=words.say(language=view.language, key=f"t{known}"), body=body, status=status)


def account_link(view: View, account: str) -> str:
    """The round initial and the name of an account."""
    hue = hashlib.sha256(account.encode()).digest()[0] % HUES
    return (
        f'<a class="who" href="{view.to("accounts", account)}"><span class="face h{hue}" aria-hidden="true">'
        f"{e(account[:1].upper())}</span><bdi>{e(account)}</bdi></a>"
    )


def picture(view: View, post: Post) -> str:
    """The picture with its description, or a veil."""
    if not post.shown:
        return f'<div class="veil"><span>{view.say("unavailable")}</span></div>'
    alt = e(post.alt) if post.alt else view.say("picture_by", who=post.account)
    if post.media.mime.startswith("video/"):
        source = view.to("media", post.media.id).partition("?")[0]
        return f'<video src="{source}" aria-label="{alt}" width="960" height="720" controls preload="none"></video>'
    return f'<img src="{view.to("media", post.media.id).partition("?")[0]}" alt="{alt}" width="960" height="720" loading="lazy">'


def numbers(view: View, post: Post) -> str:
    """Views and reposts."""
    reposts = f"<li>{LOOP}{view.count('reposts', post.reposts)}</li>" if post.reposts else ""
    return f'<ul class="numbers"><li>{EYE}{view.count("views", post.views)}</li>{reposts}</ul>'


def repost_line(view: View, post: Post) -> str:
    """Where a repost comes from."""
    if not post.repost_of:
        return ""
    return (
        f'<p class="repost">{LOOP}{view.say("repost_of")} <a href="{view.to("posts", post.repost_of)}">{view.say("a_post")}</a></p>'
    )


def card(view: View, post: Post) -> str:
    """One post in a list."""
    here = view.to("posts", post.id)
    words_shown = post.status == "public" or post.scope == "media"
    text = f'<p class="text">{e(post.text)}</p>' if words_shown and post.text else ""
    frame = picture(view, post)
    if post.shown:
        frame = f'<a class="frame" href="{here}">{frame}</a>'
    return (
        f'<li class="card">{frame}<div class="inside">{repost_line(view, post)}{text}'
        f'<div class="foot">{account_link(view, post.account)}'
        f'<a class="flag" href="{view.to("posts", post.id, "report")}" aria-label="{view.say("report_of", who=post.account)}">'
        f"{view.say('report')}</a></div>{numbers(view, post)}</div></li>"
    )


def cards(view: View, posts: list[Post]) -> str:
    """A list of posts, or a word that there is none."""
    if not posts:
        return f"<p>{view.say('empty')}</p>"
    return f'<ul class="grid" role="list">{"".join(card(view, post) for post in posts)}</ul>'
