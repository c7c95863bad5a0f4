"""From the bytes of a text part to words: any encoding, HTML without anything but its words and links, nothing hidden in them."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
import unicodedata
from contextlib import suppress
from html import unescape
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
_PICTURE: Final = re.compile(r"data:[a-z]+/[a-z0-9.+-]+[^\s,]{0,100},[^\s\"'>)]*", re.IGNORECASE)
_BREAKS: Final = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "hr", "pre"})
_LONGEST_TAG: Final = 8192
_EMBEDDED: Final = re.compile(r"=\s*[\"']?\s*(?:data|cid):", re.IGNORECASE)
_HREF: Final = re.compile(r"\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))", re.IGNORECASE)
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


class _Page:
    """Reads a page once from its beginning to its end, so that no page takes longer than its length. No tag is kept, nor what it says."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.pictures = False
        self._unread, self._link, self._from = 0, "", 0

    def read(self, html: str) -> None:
        """Take a whole page. What is not closed is not read."""
        at = 0
        while (begin := html.find("<", at)) >= 0:
            self._words(html[at:begin])
            if html.startswith("<!--", begin):
                at = html.find("-->", begin + 4) + 3
            elif re.match(r"[a-zA-Z/!?]", html[begin + 1 : begin + 2]):
                end = html.find(">", begin)
                self._tag(html[begin + 1 : min(end, begin + _LONGEST_TAG)] if end >= 0 else "")
                at = end + 1
            else:
                self._words("<")
                at = begin + 1
            if at <= begin:
                return
        self._words(html[at:])

    def _words(self, text: str) -> None:
        if text and not self._unread:
            with suppress(ValueError):  # a number of thousands of digits
                text = unescape(text)
            self.parts.append(re.sub(r"\s+", " ", text))

    def _tag(self, inner: str) -> None:
        name = re.match(r"/?[a-zA-Z0-9]{0,20}", inner)
        tag = name[0].lower() if name else ""
        self.pictures |= _EMBEDDED.search(inner) is not None
        if tag.strip("/") in _UNREAD:
            self._unread = max(0, self._unread - 1) if tag.startswith("/") else self._unread + 1
        elif tag.strip("/") in _BREAKS:
            self.parts.append("\n")
        elif tag == "a":
            self._link, self._from = _link_in(inner), len(self.parts)
        elif tag == "/a" and self._link:
            if self._link not in "".join(self.parts[self._from :]):
                self.parts.append(f" <{self._link}>")
            self._link = ""


def _link_in(inner: str) -> str:
    """The address that a link leads to, if it is one of the web."""
    href, link = _HREF.search(inner), ""
    with suppress(ValueError):
        link = unescape(href[1] or href[2] or href[3] or "").strip() if href else ""
    return link if len(link) <= 4096 and re.fullmatch(r"https?://[^\s<>]+", link, re.IGNORECASE) else ""


def of_html(*, html: str) -> tuple[str, bool]:
    """Return the words and links of a page, and whether it holds a picture of its own."""
    page = _Page()
    page.read(html[:MOST_BYTES])
    lines = (re.sub(r" {2,}", " ", line).strip() for line in "".join(page.parts).split("\n"))
    return tidy(text="\n".join(lines)), page.pictures
