"""What somebody types who means harm, in every place where the desk keeps words; and a reader that says what of it came to life."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, Final

from odzew.entrypoints.reporter.pages import css as reporter_css

# Tags, attributes, addresses that run, lines of a header, letters that turn a line around, templates, formulas, quotes, our own letters.
CORPUS: Final = (
    "<script>korpus(1)</script>",
    '"><img src=x onerror=korpus(2)>',
    "'><svg/onload=korpus(3)>",
    '" autofocus onfocus="korpus(4)',
    "' onmouseover='korpus(5)",
    "</title></textarea></style></script><korpus-tag korpus-attr=1>",
    '<a href="javascript:korpus(6)">korpus</a>',
    "javascript:korpus(7)//",
    '<iframe srcdoc="<script>korpus(8)</script>"></iframe>',
    '<base href="//korpus.example/"><meta http-equiv=refresh content="0;url=//korpus.example">',
    "korpus\r\nX-Korpus: 1\r\nSet-Cookie: korpus=1\r\n\r\n<b>korpus</b>",
    "korpus\u202esuprok\u2066\u200f",
    "korpus{{7*7}}korpus {% x %} ${7*7} {0} {korpus} %s %(korpus)s",
    "=cmd|korpus",
    "+1korpus",
    "-1korpus",
    "@korpus",
    "\t=korpus",
    "korpus \"double\" 'single' `tick` &amp; &lt;b&gt; \\ korpus",
    "korpus zażółć gęślą jaźń ŻÓŁĆ",
)
WHOLE: Final = "\n".join((*CORPUS, "ż" * 300))
LONG: Final = WHOLE + "\n" + "korpus " * 300
NUL: Final = "korpus\x00<b>korpus</b>"
# What must never stand in a page as it was typed.
_RAW: Final = tuple(text for text in CORPUS if "<" in text or re.match(r"[\"'] ", text))
_FORBIDDEN: Final = frozenset({"iframe", "object", "embed", "base", "frame", "applet", "animate", "set", "foreignobject"})
_ADDRESSES: Final = frozenset({"href", "src", "action", "formaction", "poster", "data", "xlink:href", "srcset", "ping"})
# Every header that the desk sends to anybody.
HEADERS: Final = frozenset(
    {
        "allow", "cache-control", "content-disposition", "content-language", "content-length", "content-security-policy", "content-type",
        "cross-origin-opener-policy", "etag", "location", "permissions-policy", "referrer-policy", "retry-after", "vary",
        "www-authenticate", "x-content-type-options", "x-frame-options", "x-robots-tag",
    }
)  # fmt: skip


def packed(*, most: int, printable: bool = False) -> list[str]:
    """Return the corpus as few texts of at most `most` letters; `printable`: as far as a name of the desk may hold it."""
    parts = ["" if printable and not " ".join(t.split()).isprintable() else " ".join(t.split()) if printable else t for t in CORPUS]
    out: list[str] = [""]
    for part in (p for p in parts if 0 < len(p) <= most):
        if len(out[-1]) + 1 + len(part) > most:
            out.append("")
        out[-1] = f"{out[-1]} {part}" if out[-1] else part
    return out


def flat(text: str) -> str:
    """Return a text as it is read: one blank for every run of them."""
    return " ".join(text.split())


class _Reader(HTMLParser):
    """Reads a page as a browser does, and notes what a page of the desk never has."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.faults: list[str] = []
        self._in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._in = tag
        self.words += given.values()
        if tag in _FORBIDDEN or "korpus" in tag:
            self.faults.append(f"<{tag}>")
        if tag == "script" and not re.fullmatch(r"/(console/)?[a-z]+-\w+\.js", given.get("src", "")):
            self.faults.append(f"<script {given}>")
        if tag == "meta" and given.keys() & {"http-equiv"}:
            self.faults.append(f"<meta {given}>")
        for name, value in given.items():
            if name.startswith("on") or name in ("srcdoc", "style") or "korpus" in name:
                self.faults.append(f"{tag} {name}={value!r}")
            if name in _ADDRESSES and (
                value.startswith("//") or not re.match(r"[/?#]|tel:|https?://|data:image/|data:,$", value or "#")
            ):
                self.faults.append(f"{tag} {name}={value!r}")
            if name in _ADDRESSES and "korpus" in value:
                self.faults.append(f"{tag} {name}={value!r}")

    def handle_data(self, data: str) -> None:
        if self._in in ("script", "style") and data.strip() and data.strip() != reporter_css().strip():
            self.faults.append(f"<{self._in}> {data[:60]!r}")
        self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}-->")


def wrong_headers(answer: Any) -> Iterator[str]:
    """Yield what in the headers of an answer is not the desk's own."""
    for name, value in answer.headers.items():
        if name.lower() not in HEADERS or "korpus" in value.lower() or re.search(r"[\r\n]", value):
            yield f"{name}: {value}"
    for name in getattr(answer, "cookies", {}):
        if name != "desk":
            yield f"cookie {name}"


def judged(answer: Any, *, where: str) -> str:
    """Return the words of an answer as a person or program reads them; fails if anything of the corpus came to life in it."""
    assert answer.status_code < 500, (where, answer.status_code)
    assert list(wrong_headers(answer)) == [], where
    assert answer.headers["X-Content-Type-Options"] == "nosniff", where
    text = answer.content.decode()
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    assert "\x00" not in text and "korpus49korpus" not in text, where
    if kind == "text/html":
        for raw in _RAW:
            assert raw not in text, (where, raw)
        reader = _Reader()
        reader.feed(text)
        reader.close()
        assert reader.faults == [], (where, reader.faults)
        return flat(" ".join(reader.words))
    if kind == "text/csv":
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        assert not [c for c in cells if re.match(r"\s*[=+\-@\t\r]", c) and not re.fullmatch(r"-?\d+(\.\d+)?", c)], where
        return flat(" ".join(cells))
    assert kind in ("application/json", "application/problem+json", "text/plain", ""), (where, kind)
    return flat(text)
