"""Takes a new post in: checks it, stores its picture as it came, and registers it with the desk."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from odzew.entrypoints.kladka import multipart
from odzew.entrypoints.kladka.records import Media, Post, stamp
from odzew.entrypoints.kladka.store import Store
from odzew.entrypoints.kladka.web import Refused

PICTURE_LIMIT: Final = 10_000_000
FORM_LIMIT: Final = PICTURE_LIMIT + 100_000
TEXT_LIMIT: Final = 5_000
NAME_LIMIT: Final = 60
MOST_VIEWS: Final = 10**12
FASTEST: Final = 10_000.0


@dataclass(frozen=True)
class Draft:
    """A post as somebody wants it. `rate` is how many views it gains each second; without it, by its views."""

    account: str
    text: str
    picture: bytes | None
    views: int = 0
    reposts: int = 0
    rate: float | None = None
    repost_of: str | None = None
    private: bool = False
    alt: str = ""


def draft(*, form: multipart.Form) -> Draft:
    """Read a draft from a form; 4xx with the reason if it cannot be one."""
    texts = form.texts
    return Draft(
        account=_account(texts.get("account", "")),
        text=_line(texts.get("text", ""), limit=TEXT_LIMIT, name="text"),
        picture=form.files.get("picture"),
        views=_count(texts, "views"),
        reposts=_count(texts, "reposts"),
        rate=_rate(texts.get("rate", "")),
        repost_of=texts.get("repost_of") or None,
        private=texts.get("private", "").lower() in {"1", "true", "yes", "on"},
        alt=_line(texts.get("alt", ""), limit=500, name="alt"),
    )


def publish(*, store: Store, wish: Draft, post_id: str | None = None) -> Post:
    """Store a post and its file, held until the desk was asked; a repost without a file takes a copy of the original's."""
    content = _picture(store, wish)
    mime = multipart.sniff(content)
    if mime is None:
        raise Refused(415, "The file is none of PNG, JPEG, GIF, WebP, MP4, WebM.")
    media = Media(
        id=secrets.token_hex(8),
        mime=mime,
        sha256=hashlib.sha256(content).hexdigest(),
        md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
    )
    rate = wish.rate if wish.rate is not None else max(0.2, min(50.0, wish.views / 2_000))
    post = Post(
        id=post_id or secrets.token_hex(6),
        account=wish.account,
        text=wish.text,
        alt=wish.alt,
        created_at=stamp(now=datetime.now(UTC)),
        media=media,
        views=wish.views,
        reposts=wish.reposts,
        rate=rate,
        repost_of=wish.repost_of,
        private=wish.private,
        status="held",
    )
    store.put_picture(media_id=media.id, content=content)
    with store.change():
        if store.open_account(wish.account).suspended:
            raise Refused(403, "This account is suspended.")
        store.add(post=post)
    return post


def _picture(store: Store, wish: Draft) -> bytes:
    original = store.post(wish.repost_of) if wish.repost_of else None
    if wish.repost_of and original is None:
        raise Refused(422, "There is no such post to repost.")
    account = store.account(wish.account)
    if account is not None and account.suspended:
        raise Refused(403, "This account is suspended.")
    if wish.picture:
        if len(wish.picture) > PICTURE_LIMIT:
            raise Refused(413, f"A picture has at most {PICTURE_LIMIT} bytes.")
        return wish.picture
    if original is None:
        raise Refused(422, "A post needs a picture.")
    if not original.shown:
        raise Refused(409, "What is hidden cannot be reposted.")
    return store.picture(original.media)


def _account(value: str) -> str:
    name = unicodedata.normalize("NFC", value).strip()
    if not name or len(name) > NAME_LIMIT or not name.isprintable() or "/" in name or not name.strip("."):
        raise Refused(422, f"`account` is a name of at most {NAME_LIMIT} letters, without a slash.")
    return name


def _line(value: str, *, limit: int, name: str) -> str:
    value = value.replace("\r\n", "\n").replace("\0", "").strip()
    if len(value) > limit:
        raise Refused(422, f"`{name}` has at most {limit} characters.")
    return value


def _count(texts: dict[str, str], name: str) -> int:
    value = texts.get(name, "").strip() or "0"
    if not re.fullmatch(r"[0-9]{1,13}", value) or int(value) > MOST_VIEWS:
        raise Refused(422, f"`{name}` is a whole number from 0 to {MOST_VIEWS}.")
    return int(value)


def _rate(value: str) -> float | None:
    if not value.strip():
        return None
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,6})?", value.strip()) or float(value) > FASTEST:
        raise Refused(422, f"`rate` is a number from 0 to {FASTEST:.0f}.")
    return float(value)
