"""From the bytes of a text part to words: any encoding, HTML without anything but its words and links, nothing hidden in them."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
import unicodedata
from html.parser import HTMLParser
from typing import Final

MOST_BYTES: Final = 256 * 1024
MOST_LETTERS: Final = 20_000
# What names like these mean to mail programs.
_OTHER_NAMES: Final = {
    "x-unknown": "utf-8",
    "unknown-8bit": "utf-8",
    "ansi": "cp1250",
    "cp-1250": "cp1250",
    "iso-8859-8-i": "iso-8859-8",
}
# Codecs that turn bytes into text; others of Python's unpack archives.
_PICTURE: Final = re.compile(r"data:[a-z]+/[a-z0-9.+-]+[^\s,]{0,100},[^\s\"'>)]*", re.IGNORECASE)
_BREAKS: Final = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "hr", "pre"})
_UNREAD: Final = frozenset({"script", "style", "head", "title", "template", "svg", "noscript", "object"})


def unpack(*, data: bytes, encoding: str) -> bytes:
    """Undo the transfer encoding of a part; what is broken gives what can be read of it."""
    name = encoding.strip().lower()
    try:
        if name == "base64":
            clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
            return base64.b64decode(
                clean[: len(clean) // 4 * 4] + (clean[len(clean) // 4 * 4 :] + b"===")[:4] * bool(len(clean) % 4 > 1)
            )
        if name == "quoted-printable":
            return quopri.decodestring(data)
    except (binascii.Error, ValueError):
        return b""
    return data


def decode(*, data: bytes, charset: str) -> str:
    """Turn bytes into words by their charset; without a known one by UTF-8, else by what Poland wrote before it."""
    name = charset.strip().strip("\"'").lower()
    for tried in (_OTHER_NAMES.get(name, name), "utf-8"):
        try:
            if tried and codecs.lookup(tried)._is_text_encoding:
                return data.decode(tried)
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("utf-8" if name in ("utf-8", "us-ascii") else "cp1250", "replace")


def looks_like_a_file(*, text: str) -> bool:
    """Is what calls itself text none: more than a hundredth of it letters that nobody types?"""
    odd = sum(unicodedata.category(c) in ("Cc", "Cn", "Co") and c not in "\n\r\t\f\v\x1b" for c in text[:MOST_LETTERS])
    return odd > 8 and odd * 100 > len(text[:MOST_LETTERS])


def tidy(*, text: str) -> str:
    """Return words as they are kept: lines as we count them, without pictures written as text and letters that only programs use."""
    text = re.sub(r"\n{3,}", "\n\n", _PICTURE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    kept = "".join(c for c in text[: 2 * MOST_LETTERS] if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Cn", "Co"))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t\xa0]+(?=\n|$)", "", kept)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.pictures = False
        self._unread, self._link, self._from = 0, "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: (value or "").strip() for name, value in attrs}
        self.pictures |= any(value.lower().startswith(("data:", "cid:")) for value in given.values())
        if tag in _UNREAD:
            self._unread += 1
        elif tag in _BREAKS:
            self.parts.append("\n")
        elif tag == "a":
            href = given.get("href", "")
            self._link = href if re.match(r"https?://[^\s<>]+$", href, re.IGNORECASE) and len(href) <= 4096 else ""
            self._from = len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        elif tag in _BREAKS:
            self.parts.append("\n")
        elif tag == "a" and self._link:
            if self._link not in "".join(self.parts[self._from :]):
                self.parts.append(f" <{self._link}>")
            self._link = ""

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.parts.append(re.sub(r"\s+", " ", data))


def of_html(*, html: str) -> tuple[str, bool]:
    """Return the words and links of a page, and whether it holds a picture of its own."""
    reader = _Reader()
    try:
        reader.feed(html[:MOST_BYTES])
        reader.close()
    except (AssertionError, ValueError, RecursionError):
        return tidy(text=re.sub(r"<[^>]{0,1000}>", " ", html[:MOST_BYTES])), reader.pictures
    text = re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", "".join(reader.parts)))
    return tidy(text=text), reader.pictures
